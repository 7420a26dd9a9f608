/** CSV (RFC 4180) for spreadsheets: a row per utterance. */
import { vttTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { linesOf, notesOf, starredLines } from './script.ts'

/** Spreadsheets take a file without this mark for the machine's old 8-bit encoding. */
const UTF8_MARK = '\ufeff'

export function csv(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  const { language } = options
  const header = ['start', 'end', 'start_ms', 'end_ms']
  if (options.speakers) header.push('speaker')
  header.push('language', 'text')
  if (options.both && language !== null) header.push(`text_${language}`)
  const marked = options.marks.length > 0
  if (marked) header.push('starred', 'notes')
  const lines = linesOf(transcript, options)
  const stars = starredLines(lines, options.marks)
  const notes = notesOf(options.marks)
  const rows = lines.map(({ utterance, speaker, texts }, i) => {
    const { start, end } = utterance
    const [first, second] = texts
    const row = [vttTime(start), vttTime(end), String(start), String(end)]
    if (options.speakers) row.push(cell(speaker.name))
    row.push(cell(first?.language ?? ''), cell(first?.text ?? ''))
    if (options.both && language !== null) row.push(cell(second?.text ?? ''))
    if (marked) {
      const until = lines[i + 1]?.utterance.start ?? Number.POSITIVE_INFINITY
      const from = i === 0 ? 0 : start
      const here = notes.filter((note) => note.start >= from && note.start < until).map(({ text }) => text)
      row.push(stars.has(utterance.id) ? '1' : '', cell(here.join(' / ')))
    }
    return row
  })
  return `${UTF8_MARK}${[header.map(cell), ...rows].map((row) => row.join(',')).join('\r\n')}\r\n`
}

/** Quoted where needed. What a spreadsheet would run as a formula starts with an apostrophe instead (OWASP CSV injection). */
function cell(text: string): string {
  const inert = /^[=+\-@\t\r\n\0＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n']|^\s|\s$/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
