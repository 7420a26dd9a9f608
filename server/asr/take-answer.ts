/** What a decode's answer does to the utterance it was about: commit, tail, final; pure but for the utterance it changes. */
import { msToSamples, samplesToMs } from '../core/audio.ts'
import type { CommitPolicy } from '../core/commit-policy.ts'
import { confirm } from '../core/improve.ts'
import { worthHearingAgain, worthMore } from '../core/lead-in.ts'
import { LEAST_SHARE, UNHEARD, UNHEARD_WORDS } from '../core/live.ts'
import { afterCommitted } from '../core/local-agreement.ts'
import type { Final } from '../core/open-utterance.ts'
import { type Judgement, judge } from '../core/suppression.ts'
import type { Ms } from '../core/transcript.ts'
import { CHUNK } from '../core/vad.ts'
import { bareWord, countWords, type Piece, toWords } from '../core/word.ts'
import type { AsrCapabilities, Hypothesis } from './backend.ts'
import type { Flight } from './flight.ts'

/** What was held back of a final, if anything. */
export function takeAnswer(
  flight: Flight,
  hypothesis: Hypothesis,
  policy: CommitPolicy,
  { forcedPrefix }: AsrCapabilities,
  /** Of the clock. */
  now: Ms,
): Judgement['suppressed'] {
  const { utterance, whole, windowStart } = flight
  utterance.language = hypothesis.language
  if (flight.detecting) utterance.languageProbability = hypothesis.languageProbability
  const { language } = utterance
  const window = samplesToMs(flight.end - windowStart)
  const tokens =
    forcedPrefix || whole ? hypothesis.tokens : afterCommitted(hypothesis.tokens, utterance.pieces, language)
  const before = whole ? [] : utterance.committed().map((word) => bareWord(word.text))
  const { pieces, suppressed } = judge({ ...hypothesis, tokens }, window, before, language)
  utterance.heard = flight.end
  if (whole) takeWhole(flight, pieces, suppressed, hypothesis.stop, now)
  else {
    const doubtful = hypothesis.stop === 'loop' || hypothesis.stop === 'limit'
    const committedEnd = utterance.pieces.at(-1)?.end ?? null
    const input = { pieces, window, committedEnd, language, before: utterance.tail, doubtful }
    utterance.update(pieces, suppressed ? 0 : policy.decide(input))
    if (flight.kind === 'final')
      utterance.final = { words: utterance.all(), covered: flight.covered, resume: null }
    else if (pieces.length === 0) unstick(flight, policy, window)
  }
  return flight.kind === 'final' ? suppressed : null
}

/** A decode of the whole utterance is its final, and shows the words at its end meanwhile. */
function takeWhole(
  flight: Flight,
  pieces: Piece[],
  suppressed: Judgement['suppressed'],
  stop: Hypothesis['stop'],
  now: Ms,
): void {
  const { utterance, windowStart, covered, lead } = flight
  const time = utterance.origin + samplesToMs(windowStart)
  const before = flight.resuming ? (utterance.final?.words ?? []) : []
  const heard = before.concat(toWords(pieces, utterance.language, time, before.at(-1)?.end))
  // How sure two readings are says which is right only where they heard the same sound.
  const words =
    lead && !utterance.ahead
      ? heard
      : confirm(utterance.committed(), heard, utterance.readUntil(flight.end, now))
  const resume = unheardFrom(flight, pieces)
  const streamed = utterance.all()
  // The decoder sometimes ends its text early, and a look at the rest did not help: the words heard live are better.
  const promised = utterance.committed().length
  const lost = !suppressed && (resume === null || flight.resuming) && words.length < promised * LEAST_SHARE
  const doubted = suppressed?.reason === 'low-confidence'
  const final: Final = lost
    ? { words: streamed, covered, resume: null }
    : { words, covered, resume, doubted, lead, ...(!flight.resuming && { pieces }) }
  const alone = lead && utterance.doubted
  const better = stop === 'end' && !lost && worthMore(words, alone?.words)
  const again = flight.follows && resume === null && (doubted || worthHearingAgain(words, utterance.language))
  utterance.final = again ? null : alone && !better ? alone : final
  utterance.doubted = again ? final : null
  if (!flight.resuming && resume === null) utterance.adopt(pieces)
}

/** Where speech without words begins, in samples, if the decoder ended its text before the speech did. */
function unheardFrom(flight: Flight, pieces: readonly Piece[]): number | null {
  const { utterance, covered, windowStart, resuming } = flight
  const last = pieces.at(-1)
  if (!last) return null
  const from = windowStart + msToSamples(last.end)
  const left = samplesToMs(covered * CHUNK - from)
  if (left > UNHEARD) return from
  if (resuming || left < UNHEARD_WORDS) return null
  // What comes after a short pause is easily left out. A single word there is mostly a guess.
  const at = utterance.origin + samplesToMs(from)
  const unheard = utterance.all().filter((word) => word.start >= at)
  return countWords(unheard, utterance.language) >= 2 ? from : null
}

/** Nothing follows the committed words though somebody speaks: the decoder takes its text for finished. Start a new window. */
function unstick({ utterance }: Flight, policy: CommitPolicy, window: number): void {
  const last = utterance.pieces.at(-1)
  if (!last || window - last.end < UNHEARD) return
  policy.shift(utterance.cutTime(utterance.pieces.length))
  utterance.cut(utterance.pieces.length)
}
