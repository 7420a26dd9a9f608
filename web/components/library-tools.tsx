/** Above the list of meetings: choosing several, and what to do with them all. */
import type { SessionSummary } from '../../db/store.ts'
import { text } from '../i18n/text.ts'
import type { Api } from '../net/api.ts'
import { deletion } from '../net/browser-deletion.ts'
import { DownloadIcon, TrashIcon } from './icons-more.tsx'

export function LibraryTools({
  api,
  shown,
  chosen,
  onChoose,
}: {
  api: Pick<Api, 'exportUrl'>
  shown: readonly SessionSummary[]
  /** Null = nothing is being chosen. */
  chosen: ReadonlySet<string> | null
  onChoose: (chosen: ReadonlySet<string> | null) => void
}) {
  const t = text.value
  if (!chosen)
    return (
      <button type="button" class="button plain small" onClick={() => onChoose(new Set())}>
        {t.sessions.select}
      </button>
    )
  const picked = shown.filter((session) => chosen.has(session.id))
  const all = picked.length === shown.length
  return (
    <div class="library-tools" role="toolbar" aria-label={t.sessions.select}>
      <span role="status">{t.sessions.selected(picked.length)}</span>
      <button
        type="button"
        class="button small"
        aria-pressed={all}
        onClick={() => onChoose(all ? new Set() : new Set(shown.map((session) => session.id)))}
      >
        {t.sessions.selectAll}
      </button>
      <button
        type="button"
        class="button small"
        aria-disabled={picked.length === 0}
        onClick={() => {
          // One ZIP each: several downloads from one press, in the order of the list.
          for (const [index, session] of picked.entries())
            setTimeout(download, index * 400, api.exportUrl(session.id, 'zip', {}))
        }}
      >
        <DownloadIcon size={16} />
        {t.sessions.exportSelected}
      </button>
      <button
        type="button"
        class="button small danger"
        aria-disabled={picked.length === 0}
        onClick={() => {
          if (picked.length === 0) return
          deletion.begin(
            picked.map((session) => ({
              id: session.id,
              title: session.title || session.roomTitle || t.common.untitled,
            })),
          )
          onChoose(null)
        }}
      >
        <TrashIcon size={16} />
        {t.sessions.deleteSelected}
      </button>
      <button type="button" class="button small plain" onClick={() => onChoose(null)}>
        {t.sessions.selectDone}
      </button>
    </div>
  )
}

function download(url: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = ''
  link.click()
}
