/** Utterances whose speech is over: published in order as soon as their words are known, then handed to the second pass. */
import { msToSamples, samplesToMs } from '../core/audio.ts'
import type { Clock } from '../core/clock.ts'
import { lastWords } from '../core/context.ts'
import { newId } from '../core/id.ts'
import { newestTogether, type Spoken } from '../core/joined.ts'
import { DRAFT_LEAD_IN, halts, isDoubtful, type LeadIn, leadIn, type Said } from '../core/lead-in.ts'
import { POST_ROLL } from '../core/live.ts'
import type { OpenUtterance } from '../core/open-utterance.ts'
import type { SampleBuffer } from '../core/sample-buffer.ts'
import { type Ms, textOf, type Word } from '../core/transcript.ts'
import { CHUNK } from '../core/vad.ts'
import { countWords } from '../core/word.ts'
import { spoken } from './captions.ts'
import type { Flight } from './flight.ts'
import type { Refiner } from './refiner.ts'
import type { RefineTask } from './second-hearing.ts'
import type { SpeechEvent, SpeechOptions } from './speech-event.ts'
import type { StreamLanguage } from './stream-language.ts'

/** What was said before, kept for prompts, in characters. */
const CONTEXT_KEPT = 400
/** So much of what was said is kept as sound, ms. */
const KEPT: Ms = 20_000

export interface Closed {
  utterance: OpenUtterance
  /** Sample at which it was closed. */
  end: number
  /** Chunk after its last voiced one. */
  covered: number
  voiced: Ms
}

export class Finals {
  /** What was said before, as a prompt; empty after anything that was doubted. */
  context = ''
  /** Its language; null while it is what the stream was opened with. */
  #written: string | null = null
  #closed: Closed[] = []
  /** The newest finals, oldest first: what comes soon after them is heard behind them. */
  #said: Said[] = []

  constructor(
    private buffer: SampleBuffer,
    private refiner: Refiner,
    private language: StreamLanguage,
    private options: () => SpeechOptions,
    private emit: (event: SpeechEvent) => void,
    private clock: Clock,
  ) {}

  /** For a decode in this language (null = detected): after another one the recogniser would translate instead of write. */
  contextIn(language: string | null): string {
    return this.#written === null || language === this.#written ? this.context : ''
  }

  /**
   * What this flight may be heard behind: a final in a known language, by itself a fragment, is understood better so, and so
   * are the drafts of a speaker who halts.
   */
  leadIn({ utterance, kind, whole, resuming, end, language }: Flight): LeadIn | null {
    if (language === null) return null
    const { start, origin } = utterance
    const next = { time: origin + samplesToMs(start), length: samplesToMs(end - start) }
    if (kind === 'final') return whole && !resuming ? leadIn(this.#said, next, language) : null
    const begun = utterance.settled.length > 0 || utterance.windowStart !== start
    if (begun || !halts(this.#said) || next.length > DRAFT_LEAD_IN.own) return null
    return utterance.pieces.length > 0 ? utterance.ahead : leadIn(this.#said, next, language, DRAFT_LEAD_IN)
  }

  /** The oldest one that still waits for its words. */
  get first(): Closed | undefined {
    return this.#closed[0]
  }

  add(closed: Closed): void {
    this.#closed.push(closed)
  }

  has(utterance: OpenUtterance): boolean {
    return this.#closed.some((closed) => closed.utterance === utterance)
  }

  /** Publishes from the oldest on whatever is known, or too short to be worth a decode. */
  settle(minVoiced: Ms): void {
    for (let closed = this.first; closed; closed = this.first) {
      const { utterance, covered, voiced } = closed
      const known =
        utterance.final !== null && utterance.final.covered >= covered && utterance.final.resume === null
      if (!known && (voiced >= minVoiced || utterance.text !== '')) return
      this.#closed.shift()
      this.publish(utterance, utterance.final?.words ?? [], endOf(closed), covered * CHUNK, voiced)
    }
  }

  /** The fast final; `end` and `voicedEnd` in samples. */
  publish(utterance: OpenUtterance, words: Word[], end: number, voicedEnd: number, voiced: Ms): void {
    const heard = Math.min(end, voicedEnd + msToSamples(POST_ROLL / 2))
    const final = { ...spoken(utterance, words), heard: utterance.origin + samplesToMs(heard) }
    const context = this.contextIn(utterance.language)
    const sound = this.#soundOf(utterance, end, voicedEnd)
    const readUntil = utterance.readUntil(Math.min(voicedEnd, end), this.clock.now())
    // A division's words come from the drafts.
    const decoded = utterance.final?.words === words ? utterance.final : null
    const { doubted, pieces = [], lead = null } = decoded ?? {}
    if (words.length === 0) {
      this.#said = []
      // Its line disappears, if it had one.
      if (utterance.shown !== '') this.emit({ type: 'utterance-finished', utterance: final })
      this.context = ''
      // By itself it is a guess; heard with what stands around it, it may be a sentence (DF13). Its line was taken back.
      if (doubted) {
        const language = this.language.tracker.language ?? this.#written ?? final.language
        const late = { ...final, id: newId('utt'), language }
        this.#improve(utterance, { ...sound, spoken: late, context: '', lead: null, readUntil, voiced })
      }
      return
    }
    this.emit({ type: 'utterance-finished', utterance: final })
    this.#written = utterance.language
    this.context = lastWords(`${context} ${textOf(words)}`, CONTEXT_KEPT)
    const { language } = utterance
    const doubt = isDoubtful(words)
    const said = {
      ...sound,
      pieces,
      doubted: doubt,
      halting: doubt || lead !== null,
      language,
      context,
      words: countWords(words, language),
    }
    this.#said = newestTogether([...this.#said, said], KEPT)
    this.#improve(utterance, { ...sound, spoken: final, context, lead, readUntil, voiced })
  }

  #soundOf({ start, origin }: OpenUtterance, end: number, voicedEnd: number): Spoken {
    const pcm = this.buffer.slice(start, end)
    const speechEnd = samplesToMs(Math.min(voicedEnd, end) - start)
    return { pcm, time: origin + samplesToMs(start), speechEnd }
  }

  #improve({ broken }: OpenUtterance, task: Omit<RefineTask, 'language' | 'options'>): void {
    const options = this.options()
    if (options.refine && !broken) this.refiner.add({ ...task, language: this.language.tracker, options })
  }
}

/** The sound of a closed utterance: it ends for the decoder a little after its last voice. */
export function rangeOf(closed: Closed): { end: number; covered: number } {
  return { end: endOf(closed), covered: closed.covered }
}

function endOf({ end, covered }: Closed): number {
  return Math.min(end, covered * CHUNK + msToSamples(POST_ROLL))
}
