/** What SRT and VTT share: the cues of a transcript. */
import { type Cue, subtitlesOf } from '../core/subtitle.ts'
import type { Transcript } from '../core/transcript.ts'
import type { ExportOptions } from './options.ts'
import { linesOf } from './script.ts'

/** One language only (with `both`, the translation). With `labels`, a name stands before the first words of each turn. */
export function cuesOf(transcript: Transcript, options: ExportOptions, labels: boolean): Cue[] {
  const lines = linesOf(transcript, { language: options.language, both: false })
  return subtitlesOf(
    lines.map(({ speaker, texts }, index) => {
      const changed = lines[index - 1]?.speaker.id !== speaker.id
      return {
        participantId: speaker.id,
        label: labels && changed ? `${speaker.name}:` : '',
        words: texts[0]?.words ?? [],
      }
    }),
    options.subtitles,
  )
}
