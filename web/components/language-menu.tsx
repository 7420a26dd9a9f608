/** Original, translation or both, as this reader likes; there only when something has been translated. */
import { languageName, live } from '../i18n/index.ts'
import { useApp } from '../state/app.ts'
import type { CaptionsModelValue } from '../state/captions.ts'

export function LanguageMenu({ captions }: { captions: CaptionsModelValue }) {
  const { settings } = useApp()
  const t = live.value.reader
  const languages = captions.languages.value
  if (languages.length === 0) return null
  const { show, language } = settings.all.value
  return (
    <select
      class="input language-menu"
      aria-label={t.language}
      value={show === 'source' ? 'source' : `${show} ${language}`}
      onChange={(event) => {
        const [mode, code] = event.currentTarget.value.split(' ')
        settings.set(code ? { show: mode as 'translation' | 'both', language: code } : { show: 'source' })
      }}
    >
      <option value="source">{t.original}</option>
      {languages.map((code) => (
        <option key={code} value={`translation ${code}`}>
          {languageName(code)}
        </option>
      ))}
      {languages.map((code) => (
        <option key={code} value={`both ${code}`}>
          {t.both(languageName(code))}
        </option>
      ))}
    </select>
  )
}
