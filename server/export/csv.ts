/** CSV (RFC 4180) for spreadsheets: a row per utterance. */
import { vttTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { linesOf } from './script.ts'

/** Spreadsheets take a file without this mark for the machine's old 8-bit encoding. */
const UTF8_MARK = '\ufeff'

export function csv(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  const { language } = options
  const header = ['start', 'end', 'start_ms', 'end_ms']
  if (options.speakers) header.push('speaker')
  header.push('language', 'text')
  if (options.both && language !== null) header.push(`text_${language}`)
  const rows = linesOf(transcript, options).map(({ utterance, speaker, texts }) => {
    const { start, end } = utterance
    const [first, second] = texts
    const row = [vttTime(start), vttTime(end), String(start), String(end)]
    if (options.speakers) row.push(cell(speaker.name))
    row.push(cell(first?.language ?? ''), cell(first?.text ?? ''))
    if (options.both && language !== null) row.push(cell(second?.text ?? ''))
    return row
  })
  return `${UTF8_MARK}${[header.map(cell), ...rows].map((row) => row.join(',')).join('\r\n')}\r\n`
}

/** Quoted where needed. What a spreadsheet would run as a formula starts with an apostrophe instead (OWASP CSV injection). */
function cell(text: string): string {
  const inert = /^[=+\-@\t\r\n\0＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n']|^\s|\s$/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
