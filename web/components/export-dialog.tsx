/** Everything a meeting can leave in, with what goes into it. */
import { useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import type { Api } from '../net/api.ts'
import { Dialog } from './dialog.tsx'
import { DownloadIcon } from './icons-more.tsx'

const FORMATS = ['txt', 'md', 'docx', 'srt', 'vtt', 'html', 'json', 'csv'] as const

export function ExportDialog({
  api,
  id,
  hasAudio,
  onClose,
}: {
  api: Pick<Api, 'exportUrl' | 'audioUrl'>
  id: string
  hasAudio: boolean
  onClose: () => void
}) {
  const t = text.value.review
  const [speakers, setSpeakers] = useState(true)
  const [timecodes, setTimecodes] = useState(true)
  return (
    <Dialog title={t.export} onClose={onClose}>
      <div class="row">
        <label class="check">
          <input
            type="checkbox"
            checked={speakers}
            onChange={(event) => setSpeakers(event.currentTarget.checked)}
          />
          {t.speakers}
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={timecodes}
            onChange={(event) => setTimecodes(event.currentTarget.checked)}
          />
          {t.timecodes}
        </label>
      </div>
      <ul class="formats">
        {FORMATS.map((format) => (
          <li key={format}>
            <a class="button wide" download href={api.exportUrl(id, format, { speakers, timecodes })}>
              <DownloadIcon size={18} />
              <span>{t.formats[format]}</span>
              <span class="quiet small mono">.{format}</span>
            </a>
          </li>
        ))}
        {hasAudio && (
          <li>
            <a class="button wide" download href={api.audioUrl(id)}>
              <DownloadIcon size={18} />
              <span>{t.mixed}</span>
              <span class="quiet small mono">.wav</span>
            </a>
          </li>
        )}
      </ul>
    </Dialog>
  )
}
