/** Every export format: how it is named, what it is, and the function that renders it. */
import type { Transcript } from '../core/transcript.ts'
import { csv } from './csv.ts'
import { docx } from './docx.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { markdown } from './markdown.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { titleOf } from './script.ts'
import { srt } from './srt.ts'
import { txt } from './txt.ts'
import { vtt } from './vtt.ts'

export type { ExportMark, ExportOptions } from './options.ts'
export { EXPORT_OPTIONS } from './options.ts'

export const FORMATS = ['txt', 'md', 'srt', 'vtt', 'json', 'csv', 'docx', 'html'] as const
export type Format = (typeof FORMATS)[number]

export interface Exporter {
  contentType: string
  /** Without dot. */
  extension: string
  render(transcript: Transcript, options?: ExportOptions): string | Promise<Uint8Array>
}

export const exporters: Record<Format, Exporter> = {
  txt: { contentType: 'text/plain; charset=utf-8', extension: 'txt', render: txt },
  md: { contentType: 'text/markdown; charset=utf-8', extension: 'md', render: markdown },
  srt: { contentType: 'application/x-subrip; charset=utf-8', extension: 'srt', render: srt },
  vtt: { contentType: 'text/vtt; charset=utf-8', extension: 'vtt', render: vtt },
  json: { contentType: 'application/json; charset=utf-8', extension: 'json', render: json },
  csv: { contentType: 'text/csv; charset=utf-8', extension: 'csv', render: csv },
  docx: {
    contentType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    extension: 'docx',
    render: docx,
  },
  html: { contentType: 'text/html; charset=utf-8', extension: 'html', render: html },
}

export function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text)
}

/** Renders with the defaults for whatever is not chosen. */
export async function exportTranscript(
  format: Format,
  transcript: Transcript,
  options: Partial<ExportOptions> = {},
): Promise<string | Uint8Array> {
  return exporters[format].render(transcript, { ...EXPORT_OPTIONS, ...options })
}

/** A name every system takes: the title and the date; never a path, never a header's end. */
export function fileStem(transcript: Transcript): string {
  const short = safeName(titleOf(transcript)) || 'Meeting'
  const date = transcript.session
    ? ` ${new Date(transcript.session.startedAt).toISOString().slice(0, 10)}`
    : ''
  return `${short}${date}`
}

export function exportFileName(format: Format, transcript: Transcript): string {
  return `${fileStem(transcript)}.${exporters[format].extension}`
}

/** File systems take 255 bytes: a date, an id and the ending of an unfinished file come to it. Hindi takes three a letter. */
const MOST_BYTES = 180
const MOST_CHARACTERS = 80

/** A name that no file system and no shell minds, in whole characters; may be empty. */
export function safeName(text: string): string {
  const clean = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>:"/\\|?*%;,'`$]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[.\s-]+|[.\s]+$/g, '')
  let name = ''
  let count = 0
  for (const { segment } of new Intl.Segmenter().segment(clean)) {
    if (++count > MOST_CHARACTERS || Buffer.byteLength(name + segment) > MOST_BYTES) break
    name += segment
  }
  return name.trim()
}
