/** Every format a meeting can be downloaded in, and what goes into it. */

import { useState } from 'preact/hooks'
import { languageName } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import type { Api } from '../net/api.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { CheckBox } from './check-box.tsx'
import { Dialog } from './dialog.tsx'
import { DownloadIcon } from './icons-more.tsx'

const FORMATS = ['txt', 'md', 'docx', 'srt', 'vtt', 'html', 'json', 'csv'] as const

export function ExportDialog({
  api,
  id,
  review,
  onClose,
}: {
  api: Pick<Api, 'exportUrl' | 'audioUrl'>
  id: string
  review: ReviewModelValue
  onClose: () => void
}) {
  const t = text.value.review
  const [speakers, setSpeakers] = useState(true)
  const [timecodes, setTimecodes] = useState(true)
  const [notes, setNotes] = useState(true)
  const [language, setLanguage] = useState('')
  const [both, setBoth] = useState(false)
  const hasAudio = review.hasAudio.value
  const languages = [...new Set(review.translations.value.map((each) => each.language))]
  const options = {
    speakers,
    timecodes,
    notes,
    language: language || undefined,
    both: language !== '' && both,
  }
  return (
    <Dialog title={t.export} onClose={onClose}>
      <div class="row">
        <CheckBox checked={speakers} onChange={setSpeakers}>
          {t.speakers}
        </CheckBox>
        <CheckBox checked={timecodes} onChange={setTimecodes}>
          {t.timecodes}
        </CheckBox>
        {review.marks.value.length > 0 && (
          <CheckBox checked={notes} onChange={setNotes}>
            {t.withNotes}
          </CheckBox>
        )}
      </div>
      {languages.length > 0 && (
        <div class="row">
          <label class="field">
            <span>{t.exportLanguage}</span>
            <select
              class="input small"
              value={language}
              onChange={(event) => setLanguage(event.currentTarget.value)}
            >
              <option value="">{text.value.reader.original}</option>
              {languages.map((code) => (
                <option key={code} value={code}>
                  {languageName(code)}
                </option>
              ))}
            </select>
          </label>
          {language !== '' && (
            <CheckBox checked={both} onChange={setBoth}>
              {t.withOriginal}
            </CheckBox>
          )}
        </div>
      )}
      <ul class="formats">
        {FORMATS.map((format) => (
          <li key={format}>
            <Download
              href={api.exportUrl(id, format, options)}
              label={t.formats[format]}
              extension={format}
            />
          </li>
        ))}
        {hasAudio && (
          <li>
            <Download
              href={api.exportUrl(id, 'html', { ...options, audio: true })}
              label={t.pageWithSound}
              extension="html"
            />
          </li>
        )}
        {hasAudio && (
          <li>
            <Download href={api.audioUrl(id)} label={t.mixed} extension="wav" />
          </li>
        )}
        <li class="whole">
          <Download href={api.exportUrl(id, 'zip', options)} label={t.everything} extension="zip" />
        </li>
      </ul>
    </Dialog>
  )
}

function Download({ href, label, extension }: { href: string; label: string; extension: string }) {
  return (
    <a class="button wide" download href={href}>
      <DownloadIcon size={18} />
      <span>{label}</span>
      <span class="quiet small mono" dir="ltr">
        .{extension}
      </span>
    </a>
  )
}
