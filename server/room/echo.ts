/** One voice heard by two microphones becomes one line: does a new line repeat another, or others repeat it? */
import { isEcho, MAX_OFFSET_MS } from '../core/crosstalk.ts'
import { type Transcript, type Utterance, wordsSoFar } from '../core/transcript.ts'

/** Level of a participant's own microphone between two session times, dB. */
export type LevelOf = (participantId: string, from: number, to: number) => number

export interface EchoVerdict {
  /** The utterance itself only repeats somebody louder. */
  echo: boolean
  /** Lines of others that only repeat this one. */
  repeated: Utterance[]
}

/** Lines so far back are not compared: an utterance lasts half a minute at most. */
const LOOK_BACK = 40

/**
 * Two microphones divide one voice at different places, so a line is compared with all that another participant's one heard
 * about that time.
 */
export function findEchoes(
  utterance: Utterance,
  transcript: Pick<Transcript, 'utterances'>,
  levelOf: LevelOf,
): EchoVerdict {
  const verdict: EchoVerdict = { echo: false, repeated: [] }
  const recent = transcript.utterances.slice(-LOOK_BACK).filter(({ id }) => id !== utterance.id)
  const own = recent.filter(({ participantId }) => participantId === utterance.participantId)
  const others = recent.filter((line) => line.participantId !== utterance.participantId)
  const near = others.filter((line) => line.state !== 'edited' && isNear(line, utterance))
  for (const [, lines] of Map.groupBy(near, ({ participantId }) => participantId)) {
    if (repeats(utterance, lines, levelOf)) verdict.echo = true
    else
      for (const line of lines) {
        const around = own.filter((each) => each.state !== 'edited' && isNear(each, line))
        if (repeats(line, [...around, utterance], levelOf)) verdict.repeated.push(line)
      }
  }
  return verdict
}

function isNear(a: Utterance, b: Utterance): boolean {
  return a.end + MAX_OFFSET_MS >= b.start && a.start - MAX_OFFSET_MS <= b.end
}

/** Whether `line` only repeats what these lines of another, louder participant say together. */
function repeats(line: Utterance, lines: readonly Utterance[], levelOf: LevelOf): boolean {
  const [first] = lines
  if (!first) return false
  const { start, end } = line
  const words = lines.toSorted((a, b) => a.start - b.start).flatMap(wordsSoFar)
  return isEcho(
    { utterance: line, decibels: levelOf(line.participantId, start, end) },
    {
      utterance: { start, end, committed: words, pending: [] },
      decibels: levelOf(first.participantId, start, end),
    },
  )
}
