/** A flight: one decode of a live stream that is under way. Which sound it hears, and its request to the decoder. */
import { msToSamples, samplesToMs } from '../core/audio.ts'
import { LIVE_CONTEXT, lastWords } from '../core/context.ts'
import { behind, type LeadIn } from '../core/lead-in.ts'
import { LONGEST, PADDING, WHOLE } from '../core/live.ts'
import type { OpenUtterance } from '../core/open-utterance.ts'
import type { SampleBuffer } from '../core/sample-buffer.ts'
import { textOf } from '../core/transcript.ts'
import type { DecodeRequest } from './backend.ts'
import type { SpeechOptions } from './speech-event.ts'

export interface Flight {
  kind: 'draft' | 'final'
  utterance: OpenUtterance
  controller: AbortController
  /** The window as dispatched, in samples; times in the answer count from its start. */
  windowStart: number
  end: number
  /** Speech up to this chunk (SpeechActivity.afterVoiced) is in it; −1 for drafts. */
  covered: number
  /** The window is the whole utterance and no words are forced… */
  whole: boolean
  /** …but begins where an earlier final of the same utterance ended. */
  resuming: boolean
  /** Its speaker said something just before it… */
  follows: boolean
  /** …which is decoded in front of it. */
  lead: LeadIn | null
  /** The language is to be detected… */
  detecting: boolean
  /** …or is this one. */
  language: string | null
  /** As dispatched. */
  request: DecodeRequest | null
}

export function newFlight(kind: Flight['kind'], utterance: OpenUtterance): Flight {
  return {
    kind,
    utterance,
    controller: new AbortController(),
    windowStart: utterance.windowStart,
    end: 0,
    covered: -1,
    whole: false,
    resuming: false,
    follows: false,
    lead: null,
    detecting: false,
    language: null,
    request: null,
  }
}

/** Decides, at the moment of dispatch, which sound is decoded: the window for a draft, the whole utterance for a final. */
export function aim(flight: Flight, end: number, covered: number): void {
  const { utterance, kind } = flight
  const { final, start, windowStart } = utterance
  flight.end = end
  flight.covered = covered
  flight.resuming = kind === 'final' && final?.resume != null && final.covered >= covered
  flight.whole =
    kind === 'final' && (flight.resuming || (!utterance.broken && samplesToMs(end - start) <= WHOLE))
  flight.windowStart = flight.resuming ? (final?.resume ?? start) : flight.whole ? start : windowStart
}

export interface RequestParts {
  buffer: SampleBuffer
  options: SpeechOptions
  /** What was said before the utterance. */
  context: string
  overloaded: boolean
  threads: number
}

export function requestFor(flight: Flight, parts: RequestParts): DecodeRequest {
  const { kind, utterance, whole, resuming, windowStart, lead } = flight
  const { task, vocabulary, languages } = parts.options
  const promised = whole ? [] : utterance.pieces
  const before = lead && promised.length === 0 ? lead.guessed : []
  const settled = whole ? (resuming ? textOf(utterance.final?.words ?? []) : '') : textOf(utterance.settled)
  const pcm = parts.buffer.slice(windowStart, Math.min(flight.end, windowStart + msToSamples(LONGEST)))
  return {
    kind,
    pcm: lead ? behind(lead, pcm) : pcm,
    language: flight.language,
    languages,
    task,
    vocabulary,
    context: lastWords(lead ? lead.context : `${parts.context} ${settled}`, LIVE_CONTEXT),
    prefix: lead ? [...lead.given, ...promised] : promised,
    // Words that are expected are verified in one batch: a decode that confirms them costs little more than its encoder.
    draft: resuming ? [] : [...before, ...(whole ? utterance.expected() : utterance.tail)],
    padding: kind === 'final' ? PADDING.final : parts.overloaded ? PADDING.overload : PADDING.draft,
    beamSize: 1,
    temperatures: [0],
    threads: parts.threads,
  }
}
