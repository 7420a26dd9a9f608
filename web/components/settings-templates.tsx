/** Templates for summaries: one's own can be added, changed and removed. */
import { useEffect, useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import type { Api, ShownTemplate } from '../net/api.ts'
import { Problem, useProblem } from './problem.tsx'
import { templateName } from './summary-choice.tsx'

type TemplateApi = Pick<Api, 'templates' | 'addTemplate' | 'changeTemplate' | 'deleteTemplate'>

export function SettingsTemplates({ api }: { api: TemplateApi }) {
  const t = text.value.setup
  const [templates, setTemplates] = useState<ShownTemplate[]>([])
  /** Which is being written: an id, '' = a new one. */
  const [open, setOpen] = useState<string | null>(null)
  const problem = useProblem()
  const load = () =>
    api.templates().then(
      (answer) => setTemplates(answer.templates),
      () => {},
    )
  useEffect(() => {
    void load()
  }, [])
  const attempt = async (work: Promise<unknown>) => {
    if (await problem.attempt(work)) setOpen(null)
    await load()
  }
  const edited = templates.find(({ id }) => id === open)
  return (
    <>
      <ul class="templates">
        {templates.map((template) => (
          <li key={template.id} class="row">
            <span>{template.own ? template.name : templateName(template.id, template.name)}</span>
            {template.own && (
              <button type="button" class="button small plain" onClick={() => setOpen(template.id)}>
                {t.change}
              </button>
            )}
            {template.own && (
              <button
                type="button"
                class="button small plain"
                aria-label={`${t.remove}: ${template.name}`}
                onClick={() => void attempt(api.deleteTemplate(template.id))}
              >
                {t.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      <Problem reason={problem.reason} />
      {open === null ? (
        <button type="button" class="button small" onClick={() => setOpen('')}>
          {t.newTemplate}
        </button>
      ) : (
        <form
          class="endpoint"
          key={open}
          aria-label={t.newTemplate}
          onSubmit={(event) => {
            event.preventDefault()
            const data = new FormData(event.currentTarget)
            const template = {
              name: String(data.get('name') ?? ''),
              focus: String(data.get('focus') ?? ''),
              sections: String(data.get('sections') ?? '')
                .split('\n')
                .map((line) => line.trim())
                .filter(Boolean),
            }
            void attempt(open ? api.changeTemplate(open, template) : api.addTemplate(template))
          }}
        >
          <label class="field">
            <span>{t.templateName}</span>
            <input class="input" name="name" maxLength={80} defaultValue={edited?.name ?? ''} required />
          </label>
          <label class="field">
            <span>{t.templateFocus}</span>
            <textarea
              class="input"
              name="focus"
              rows={3}
              maxLength={1500}
              defaultValue={edited?.focus ?? ''}
            />
          </label>
          <label class="field">
            <span>{t.templateSections}</span>
            <textarea
              class="input"
              name="sections"
              rows={3}
              defaultValue={edited?.sections.join('\n') ?? ''}
            />
          </label>
          <div class="row">
            <button type="submit" class="button small primary">
              {text.value.review.saveName}
            </button>
            <button type="button" class="button small plain" onClick={() => setOpen(null)}>
              {text.value.common.cancel}
            </button>
          </div>
        </form>
      )}
    </>
  )
}
