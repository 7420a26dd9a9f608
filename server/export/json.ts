/** Everything as JSON, words included; `exportSchema` is its documentation and is checked against every export in tests. */
import * as v from 'valibot'
import { type Transcript, textOf } from '../core/transcript.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { linesOf, titleOf } from './script.ts'

const ms = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.description('Milliseconds from the start of the session.'),
)
const wallClock = v.pipe(v.string(), v.isoTimestamp(), v.description('UTC, ISO 8601.'))
const language = v.pipe(v.string(), v.description('ISO 639-1.'))

export const exportSchema = v.object({
  format: v.literal('parley-transcript'),
  version: v.pipe(
    v.literal(1),
    v.description('Grows when a field changes its meaning or goes; new fields may come.'),
  ),
  session: v.object({
    id: v.string(),
    room: v.string(),
    title: v.string(),
    started: v.nullable(wallClock),
    ended: v.nullable(wallClock),
  }),
  speakers: v.array(
    v.object({ id: v.string(), name: v.string(), role: v.picklist(['host', 'speaker', 'viewer']) }),
  ),
  utterances: v.pipe(
    v.array(
      v.object({
        id: v.string(),
        speaker: v.pipe(v.string(), v.description('Id of one of `speakers`.')),
        start: ms,
        end: ms,
        language,
        state: v.picklist(['final', 'refined', 'edited']),
        revision: v.pipe(v.number(), v.integer(), v.minValue(0)),
        text: v.string(),
        words: v.array(
          v.object({
            text: v.pipe(
              v.string(),
              v.description('With its leading space where the script has one: words join by concatenation.'),
            ),
            start: ms,
            end: ms,
            probability: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
          }),
        ),
        translations: v.array(
          v.object({
            language,
            text: v.string(),
            stale: v.pipe(v.boolean(), v.description('The original was changed after this was translated.')),
          }),
        ),
      }),
    ),
    v.description('In order of start.'),
  ),
  marks: v.pipe(
    v.array(
      v.object({
        kind: v.picklist(['star', 'highlight', 'note', 'section', 'action']),
        utterance: v.pipe(v.nullable(v.string()), v.description('The line; null = a moment.')),
        start: ms,
        end: ms,
        text: v.string(),
      }),
    ),
    v.description('What people starred and noted, in order of start.'),
  ),
  gaps: v.array(
    v.object({
      speaker: v.string(),
      start: ms,
      end: ms,
      reason: v.picklist(['network', 'poison', 'overload', 'off-the-record', 'paused-by-system']),
    }),
  ),
})

export type ExportedTranscript = v.InferOutput<typeof exportSchema>

/** The whole transcript; `language` keeps only that translation. */
export function json(transcript: Transcript, options: ExportOptions = EXPORT_OPTIONS): string {
  return `${JSON.stringify(exportedTranscript(transcript, options), null, 2)}\n`
}

function exportedTranscript(
  transcript: Transcript,
  options: ExportOptions = EXPORT_OPTIONS,
): ExportedTranscript {
  const { session } = transcript
  const all = [...transcript.translations.values()]
  return {
    format: 'parley-transcript',
    version: 1,
    session: {
      id: session?.id ?? '',
      room: session?.roomId ?? '',
      title: titleOf(transcript),
      started: isoTime(session?.startedAt ?? null),
      ended: isoTime(session?.endedAt ?? null),
    },
    speakers: [...transcript.participants.values()].map(({ id, name, role }) => ({ id, name, role })),
    utterances: linesOf(transcript, { language: null, both: false }).map(({ utterance }) => ({
      id: utterance.id,
      speaker: utterance.participantId,
      start: utterance.start,
      end: utterance.end,
      language: utterance.language,
      state: utterance.state === 'pending' ? 'final' : utterance.state,
      revision: utterance.rev,
      text: textOf(utterance.committed),
      words: utterance.committed.map(({ text, start, end, probability }) => ({
        text,
        start,
        end,
        probability,
      })),
      translations: all
        .filter(
          (one) => one.utteranceId === utterance.id && (options.language ?? one.language) === one.language,
        )
        .map(({ language, text, rev }) => ({ language, text, stale: rev < utterance.rev })),
    })),
    marks: [...options.marks]
      .sort((a, b) => a.start - b.start)
      .map(({ kind, utteranceId, start, end, text }) => ({ kind, utterance: utteranceId, start, end, text })),
    gaps: transcript.gaps.map(({ participantId, start, end, reason }) => ({
      speaker: participantId,
      start,
      end,
      reason,
    })),
  }
}

function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
