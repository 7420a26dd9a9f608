/** Original, translation or both, as this reader likes; there only where something is translated, or can be. */
import { languageName } from '../i18n/format.ts'
import { live } from '../i18n/index.ts'
import { useApp } from '../state/app.ts'
import type { CaptionsModelValue } from '../state/captions.ts'
import type { RoomModelValue } from '../state/room.ts'

/** Offered where there is a translation endpoint. */
const TARGETS = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'tr', 'uk', 'ar', 'hi', 'ja', 'ko', 'zh']

export function LanguageMenu({
  captions,
  room,
}: {
  captions: CaptionsModelValue
  room: Pick<RoomModelValue, 'abilities' | 'transcript'>
}) {
  const { settings } = useApp()
  const t = live.value.reader
  const ready = captions.languages.value
  const more = room.abilities.value.translation ? TARGETS.filter((code) => !ready.includes(code)) : []
  if (ready.length + more.length === 0) return null
  const { show, language } = settings.all.value
  const { failing } = room.transcript.value
  return (
    <>
      {show !== 'source' && failing.translation && (
        <span class="translation-failing" role="status" title={failing.translation}>
          {t.noTranslation}
        </span>
      )}
      <select
        class="input language-menu"
        aria-label={t.language}
        value={show === 'source' ? 'source' : `${show} ${language}`}
        onChange={(event) => {
          // Reading in another language asks for it (RoomModel).
          const [mode, code] = event.currentTarget.value.split(' ')
          settings.set(code ? { show: mode as 'translation' | 'both', language: code } : { show: 'source' })
        }}
      >
        <option value="source">{t.original}</option>
        {[...ready, ...more].map((code) => (
          <option key={code} value={`translation ${code}`}>
            {languageName(code)}
          </option>
        ))}
        {[...ready, ...more].map((code) => (
          <option key={code} value={`both ${code}`}>
            {t.both(languageName(code))}
          </option>
        ))}
      </select>
    </>
  )
}
