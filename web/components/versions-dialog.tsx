/** Versions of a meeting's text: transcribe the recording again, watch it, compare, choose. */
import { useEffect, useState } from 'preact/hooks'
import type { Difference } from '../../server/core/version.ts'
import { dayAndTime, languageName } from '../i18n/format.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { Api, ShownVersion, Versions } from '../net/api.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { LANGUAGES } from '../state/settings.ts'
import { Dialog } from './dialog.tsx'
import { Problem, useProblem } from './problem.tsx'

type VersionApi = Pick<
  Api,
  'versions' | 'transcribeAgain' | 'chooseVersion' | 'differences' | 'deleteVersion'
>

/** While one is being made, its progress is asked for so often, ms. */
const LOOK_MS = 1_000

export function VersionsDialog({
  api,
  id,
  review,
  onGo,
  onClose,
}: {
  api: VersionApi
  id: string
  review: ReviewModelValue
  onGo: (ms: number) => void
  onClose: () => void
}) {
  const t = text.value.review
  const [known, setKnown] = useState<Versions | null>(null)
  const problem = useProblem()
  const [model, setModel] = useState('')
  const [language, setLanguage] = useState('')
  const running = known?.versions.some((version) => version.state === 'running') ?? false

  const load = () => api.versions(id).then(setKnown)
  /** What is shown stays when it fails; the next look tries again. */
  const look = () => void load().catch(() => {})
  /** Says what went wrong, and looks again either way. */
  const attempt = async (work: Promise<unknown>) => {
    await problem.attempt(work)
    look()
  }
  useEffect(() => {
    void problem.attempt(load())
  }, [])
  useEffect(() => {
    if (!running) return
    const timer = setInterval(look, LOOK_MS)
    return () => clearInterval(timer)
  }, [running])

  return (
    <Dialog title={t.versions} onClose={onClose} wide>
      <p class="quiet small">{t.versionsHint}</p>
      <Problem reason={problem.reason} />
      {known && known.versions.length > 0 && (
        <ul class="versions">
          {known.versions.map((version) => (
            <li key={version.id}>
              <Version
                version={version}
                api={api}
                id={id}
                onGo={onGo}
                onUse={() => void attempt(review.carriedOut(api.chooseVersion(id, version.id)))}
                onDelete={() => void attempt(api.deleteVersion(id, version.id))}
              />
            </li>
          ))}
        </ul>
      )}
      {known && !review.hasAudio.value && <p class="quiet">{t.versionNoAudio}</p>}
      {known && review.hasAudio.value && !running && (
        <form
          class="version-make"
          onSubmit={(event) => {
            event.preventDefault()
            void attempt(api.transcribeAgain(id, { model: model || null, language: language || null }))
          }}
        >
          <label class="field">
            <span>{t.versionModel}</span>
            <select
              class="input small"
              value={model}
              onChange={(event) => setModel(event.currentTarget.value)}
            >
              {known.models.map((name, index) => (
                <option key={name} value={index === 0 ? '' : name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{t.versionLanguage}</span>
            <select
              class="input small"
              value={language}
              onChange={(event) => setLanguage(event.currentTarget.value)}
            >
              <option value="">{text.value.home.detect}</option>
              {LANGUAGES.map((code) => (
                <option key={code} value={code}>
                  {languageName(code)}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" class="button primary">
            {t.versionAgain}
          </button>
        </form>
      )}
    </Dialog>
  )
}

function Version({
  version,
  api,
  id,
  onGo,
  onUse,
  onDelete,
}: {
  version: ShownVersion
  api: Pick<VersionApi, 'differences'>
  id: string
  onGo: (ms: number) => void
  onUse: () => void
  onDelete: () => void
}) {
  const t = text.value.review
  const [differences, setDifferences] = useState<Difference[] | null>(null)
  const { state, chosen } = version
  const percent = Math.floor((version.progress ?? 0) * 100)
  const title =
    state === 'live'
      ? t.versionLive
      : [version.model, version.language && languageName(version.language)].filter(Boolean).join(' · ')
  return (
    <article class={chosen ? 'version chosen' : 'version'}>
      <div>
        <strong>{title || t.versionAgain}</strong>
        {chosen && <span class="live-badge chosen-badge"> {t.versionInUse}</span>}
        <p class="quiet small">
          {state !== 'live' && dayAndTime(version.createdAt)}
          {state === 'ready' && ` · ${t.versionLines(version.lines)}`}
          {state === 'cancelled' && ` · ${t.versionCancelled}`}
        </p>
        {state === 'failed' && (
          <p class="field-error">
            {t.versionFailed}: {version.detail}
          </p>
        )}
        {state === 'running' && (
          <>
            <p role="status">{t.versionRunning(percent)}</p>
            <progress max={100} value={percent} aria-label={t.versionRunning(percent)} />
          </>
        )}
      </div>
      <div class="row">
        {!chosen && (state === 'ready' || state === 'live') && (
          <button type="button" class="button small" onClick={onUse}>
            {t.versionUse}
          </button>
        )}
        {!chosen && (state === 'ready' || state === 'live') && (
          <button
            type="button"
            class="button small plain"
            aria-expanded={differences !== null}
            onClick={() =>
              differences
                ? setDifferences(null)
                : void api.differences(id, version.id).then(
                    (answer) => setDifferences(answer.differences),
                    () => {},
                  )
            }
          >
            {t.versionCompare}
          </button>
        )}
        {state === 'running' && (
          <button type="button" class="button small" onClick={onDelete}>
            {text.value.common.cancel}
          </button>
        )}
        {!chosen && state !== 'running' && state !== 'live' && (
          <button type="button" class="button small plain" onClick={onDelete}>
            {t.versionDelete}
          </button>
        )}
      </div>
      {differences && (
        <>
          <p class="small" role="status">
            {differences.length === 0 ? t.versionSame : t.versionDiffers(differences.length)}
          </p>
          <ul class="differences">
            {differences.map((each, index) => (
              <li key={index}>
                <button type="button" onClick={() => onGo(each.start)}>
                  <span class="quiet small mono">{clock(each.start)} </span>
                  <span dir="auto">
                    {each.before && <del>{each.before}</del>} {each.after && <ins>{each.after}</ins>}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </article>
  )
}
