/** Markdown: headings and bold names; nothing that was said becomes markup. */
import { clockTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { dateOf, linesOf, namesOf, STAR, storyOf, titleOf } from './script.ts'

export function markdown(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  const blocks = [`# ${escapeText(titleOf(transcript))}`]
  const names = namesOf(linesOf(transcript, options)).map(escapeText)
  const facts = [dateOf(transcript), options.speakers ? names.join(', ') : ''].filter((fact) => fact !== '')
  if (facts.length > 0) blocks.push(`*${facts.join(' · ')}*`)
  for (const item of storyOf(transcript, options)) {
    if (item.kind === 'hole') {
      const { start, end, text } = item.hole
      blocks.push(`*\\[${clockTime(start)}–${clockTime(end)} ${escapeText(text)}\\]*`)
      continue
    }
    if (item.kind === 'note') {
      const when = options.timecodes ? ` \`${clockTime(item.note.start)}\`` : ''
      blocks.push(`> **Note**${when} ${escapeText(item.note.text)}`)
      continue
    }
    const { speaker, start, paragraphs, starred } = item.turn
    const head = [
      starred ? STAR : '',
      options.speakers ? `**${escapeText(speaker.name)}**` : '',
      options.timecodes ? `\`${clockTime(start)}\`` : '',
    ].filter((part) => part !== '')
    const [first = '', ...rest] = paragraphs.map((paragraph) => escapeLine(paragraph.text))
    blocks.push([...head, first].join(' '))
    for (const text of rest) blocks.push(`> ${text}`)
  }
  return `${blocks.join('\n\n')}\n`
}

/** Characters that could start markup, an HTML tag, a link or an image get a backslash. */
function escapeText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~!&$]/g, '\\$&')
}

/** Also what is special only at the start of a line: lists, headings and rules. */
function escapeLine(text: string): string {
  return escapeText(text)
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/^([-+=])/, '\\$1')
}
