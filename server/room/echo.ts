/** One line for one voice: which lines of a room a new one repeats, and which it shows to be repetitions. */
import { isEcho, MAX_OFFSET_MS } from '../core/crosstalk.ts'
import type { Transcript, Utterance } from '../core/transcript.ts'

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

export function findEchoes(utterance: Utterance, transcript: Transcript, levelOf: LevelOf): EchoVerdict {
  const heard = (line: Utterance) => ({
    utterance: line,
    decibels: levelOf(line.participantId, line.start, line.end),
  })
  const verdict: EchoVerdict = { echo: false, repeated: [] }
  let own: ReturnType<typeof heard> | undefined
  for (const other of transcript.utterances.slice(-LOOK_BACK)) {
    if (other.participantId === utterance.participantId || other.state === 'edited') continue
    if (other.end + MAX_OFFSET_MS < utterance.start || other.start - MAX_OFFSET_MS > utterance.end) continue
    own ??= heard(utterance)
    const line = heard(other)
    if (isEcho(own, line)) verdict.echo = true
    else if (isEcho(line, own)) verdict.repeated.push(other)
  }
  return verdict
}
