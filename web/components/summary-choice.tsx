/** How a summary is to be: after which template, and in which language. */
import { languageName } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import type { TemplateName } from '../net/api.ts'

/** Built in templates have names in every language; one's own is called what its owner called it. */
export function templateName(id: string, name = id): string {
  const known: Record<string, string> = text.value.summary.templates
  return known[id.toLowerCase()] ?? name
}

export function SummaryChoice({
  templates,
  template,
  onTemplate,
  languages,
  language,
  onLanguage,
  disabled,
}: {
  /** Empty = not known yet: the usual one is shown. */
  templates: readonly TemplateName[]
  template: string
  onTemplate: (id: string) => void
  languages: readonly string[]
  /** '' = that of the meeting. */
  language: string
  onLanguage: (code: string) => void
  disabled: boolean
}) {
  const t = text.value
  return (
    <>
      <select
        class="input small"
        aria-label={t.summary.template}
        value={template}
        disabled={disabled}
        onChange={(event) => onTemplate(event.currentTarget.value)}
      >
        {templates.length === 0 && <option value={template}>{templateName(template)}</option>}
        {templates.map(({ id, name, own }) => (
          <option key={id} value={id}>
            {own ? name : templateName(id, name)}
          </option>
        ))}
      </select>
      <select
        class="input small"
        aria-label={t.summary.language}
        value={language}
        disabled={disabled}
        onChange={(event) => onLanguage(event.currentTarget.value)}
      >
        <option value="">{t.reader.original}</option>
        {languages.map((code) => (
          <option key={code} value={code}>
            {languageName(code)}
          </option>
        ))}
      </select>
    </>
  )
}
