/** Plain text: a paragraph per turn. */
import { clockTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { dateOf, STAR, storyOf, titleOf } from './script.ts'

export function txt(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  const blocks = [[titleOf(transcript), dateOf(transcript)].filter((line) => line !== '').join('\n')]
  for (const item of storyOf(transcript, options)) {
    if (item.kind === 'hole') {
      const { start, end, text } = item.hole
      blocks.push(`[${clockTime(start)}–${clockTime(end)} ${text}]`)
      continue
    }
    if (item.kind === 'note') {
      const when = options.timecodes ? ` ${clockTime(item.note.start)}` : ''
      blocks.push(`[Note${when}: ${item.note.text}]`)
      continue
    }
    const { speaker, start, paragraphs, starred } = item.turn
    const head = [
      starred ? STAR : '',
      options.timecodes ? `[${clockTime(start)}]` : '',
      options.speakers ? `${speaker.name}:` : '',
    ]
    const [first = '', ...rest] = paragraphs.map((paragraph) => paragraph.text)
    blocks.push([[...head, first].filter((part) => part !== '').join(' '), ...rest].join('\n'))
  }
  return `${blocks.join('\n\n')}\n`
}
