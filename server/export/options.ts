/** What can be chosen about an export, the same in the browser, the API and the command line. */
import { SUBTITLE_RULES, type SubtitleRules } from '../core/subtitle.ts'

export interface ExportOptions {
  /** Names before the text. */
  speakers: boolean
  /** Times beside the text (reading copies; subtitles always have theirs). */
  timecodes: boolean
  /** Text in this language where a translation exists, else as spoken; null = as spoken. */
  language: string | null
  /** With `language`: the original as well, before the translation. */
  both: boolean
  subtitles: SubtitleRules
  /** The recording, carried inside the HTML page. */
  audio: { contentType: string; bytes: Uint8Array } | null
  /** Stars and notes to carry along. */
  marks: readonly ExportMark[]
}

/** The parts of db's Mark that exports show. */
export interface ExportMark {
  kind: 'star' | 'highlight' | 'note' | 'section' | 'action'
  utteranceId: string | null
  start: number
  end: number
  text: string
}

export const EXPORT_OPTIONS: ExportOptions = {
  speakers: true,
  timecodes: true,
  language: null,
  both: false,
  subtitles: SUBTITLE_RULES,
  audio: null,
  marks: [],
}
