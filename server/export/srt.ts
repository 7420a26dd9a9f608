/** SubRip subtitles. */
import { srtTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { oneLine } from './script.ts'
import { cuesOf } from './subtitles.ts'

export function srt(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  return cuesOf(transcript, options, options.speakers)
    .map(({ start, end, parts }, index) => {
      const lines = parts.flatMap((part) => part.lines.map(safeLine))
      return `${index + 1}\r\n${srtTime(start)} --> ${srtTime(end)}\r\n${lines.join('\r\n')}\r\n`
    })
    .join('\r\n')
}

/** Invisible, and forbids a line break. */
const WORD_JOINER = '\u2060'
/** How players recognise HTML's tags (`<b>`, `< /i`) and those of SubStation (`{\an8}`). */
const OPENS_TAG = /<(?=\s*(?:\/\s*)?(?:[a-z]|$))|\{(?=\\)/gi

/** SubRip has no escapes: an arrow in the text would read as a time line, and players would obey a tag. */
function safeLine(line: string): string {
  return oneLine(line).replaceAll('-->', '→').replace(OPENS_TAG, `$&${WORD_JOINER}`)
}
