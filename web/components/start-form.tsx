/** One press starts a meeting; what can be chosen first is folded away. */
import { useEffect, useState } from 'preact/hooks'
import type { Keep, RoomSettings } from '../../server/core/transcript.ts'
import { languageName } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import { api } from '../net/browser-api.ts'
import { go } from '../router.ts'
import { reasonOf } from './problem.tsx'

/** Offered first; every other one is recognised by itself. */
export const SPOKEN = [
  'en',
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'nl',
  'pl',
  'tr',
  'ru',
  'uk',
  'ar',
  'hi',
  'ja',
  'ko',
  'zh',
]

export function StartForm() {
  const t = text.value
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const [usual, setUsual] = useState<Keep>({ what: 'text+audio', days: 30 })
  useEffect(() => {
    api.info().then(
      (info) => setUsual(info.keep),
      () => {},
    )
  }, [])

  async function start(form: HTMLFormElement): Promise<void> {
    setBusy(true)
    setProblem('')
    const data = new FormData(form)
    const title = String(data.get('title') ?? '').trim()
    const settings: Partial<RoomSettings> = {}
    const language = String(data.get('language') ?? '')
    if (language) settings.language = language
    const what = String(data.get('keep') ?? usual.what)
    // What the server keeps by itself needs no words; the number of days is always its own.
    if (what !== usual.what) settings.keep = { what: what as Keep['what'], days: usual.days }
    try {
      const { room, links } = await api.createRoom({ ...(title ? { title } : {}), settings })
      const host = new URL(links.host, location.href)
      go(`/r/${room.id}${host.search}${host.hash}`)
    } catch (error) {
      setProblem(reasonOf(error))
      setBusy(false)
    }
  }

  return (
    <form
      class="start-form"
      onSubmit={(event) => {
        event.preventDefault()
        void start(event.currentTarget)
      }}
    >
      <button type="submit" class="button primary huge" disabled={busy}>
        {busy ? t.home.starting : t.home.start}
      </button>
      {problem && (
        <p class="field-error" role="alert">
          {problem}
        </p>
      )}
      <details class="start-options">
        <summary>{t.home.options}</summary>
        <div class="fields">
          <label>
            {t.home.title}
            <input class="input" name="title" maxLength={200} placeholder={t.home.titleHint} />
          </label>
          <label>
            {t.home.spoken}
            <select class="input" name="language">
              <option value="">{t.home.detect}</option>
              {SPOKEN.map((code) => (
                <option key={code} value={code}>
                  {languageName(code)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t.home.keep}
            <select class="input" name="keep" key={usual.what} defaultValue={usual.what}>
              <option value="text+audio">{t.home.keepAudio}</option>
              <option value="text">{t.home.keepText}</option>
              <option value="nothing">{t.home.keepNothing}</option>
            </select>
          </label>
        </div>
      </details>
    </form>
  )
}
