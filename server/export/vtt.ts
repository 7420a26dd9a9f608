/** WebVTT subtitles with voice tags. */
import { vttTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { notesOf, oneLine, speakerOf } from './script.ts'
import { cuesOf } from './subtitles.ts'

export function vtt(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  const cues = cuesOf(transcript, options, false).map(({ start, end, parts }, index) => {
    const text = parts.map(({ participantId, lines }) => {
      const voice = options.speakers ? `<v ${escapeText(speakerOf(transcript, participantId).name)}>` : ''
      return voice + lines.map(escapeText).join('\n')
    })
    return `${index + 1}\n${vttTime(start)} --> ${vttTime(end)}\n${text.join('\n')}\n`
  })
  const notes = notesOf(options.marks).map(
    ({ start, text }) => `NOTE ${vttTime(start)} ${escapeText(text)}\n`,
  )
  return `WEBVTT\n\n${[...notes, ...cues].join('\n')}`
}

/** With `>` escaped there is no arrow either. */
function escapeText(text: string): string {
  return oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
