/** A stream that only wants finals (files, protocols without interim results): speech decoded once, carefully, in parallel, told in order. */
import { msToSamples, samplesToMs } from '../core/audio.ts'
import { type EndpointOptions, endpointOptions } from '../core/endpointing.ts'
import { apart, joined } from '../core/joined.ts'
import { LanguageTracker } from '../core/language.ts'
import type { Word } from '../core/transcript.ts'
import { CHUNK, CHUNK_MS, quietest, SpeechActivity, vadOptions } from '../core/vad.ts'
import { toWords } from '../core/word.ts'
import type { DecodeKind } from './backend.ts'
import { inBelievedLanguage } from './believed.ts'
import { CAREFUL_PADDING, CAREFUL_TEMPERATURES, type CarefulAnswer, decodeCarefully } from './careful.ts'
import { Doubts } from './doubts.ts'
import { Gathering, type Part, poisoned } from './gathering.ts'
import { Listeners } from './listeners.ts'
import type { SpeechEvent, SpeechOptions, SpeechStreamLike } from './speech-event.ts'
import { SpeechInput } from './speech-input.ts'
import type { StreamServices } from './stream-services.ts'
import { PoisonedWindow } from './worker-pool.ts'

const PRE_ROLL = 300
const POST_ROLL = 320
/** Speech without a pause is cut at its quietest moment between these lengths, ms. */
const CUT = { from: 14_000, to: 27_000 }
/** A decode that fails for want of a worker is tried again after so long, ms, doubling to the most. */
const RETRY = { first: 200, most: 5000 }
/** Deadline of a batch decode: behind everything that is live. */
const START_WITHIN = 60_000

export class BatchStream implements SpeechStreamLike {
  #options: SpeechOptions
  #input: SpeechInput
  #activity: SpeechActivity
  #endpoint: EndpointOptions
  #language: LanguageTracker
  #parts: Part[] = []
  #gathering: Gathering
  #doubts: Doubts
  #open: { start: number; probabilities: number[] } | null = null
  #boundary = 0
  #listeners = new Listeners()
  #controller = new AbortController()
  #idle: (() => void)[] = []
  #ended = false
  readonly origin: number
  readonly room: string

  constructor(
    options: SpeechOptions & { start: number; room: string },
    private services: StreamServices,
  ) {
    this.#options = options
    this.origin = options.start
    this.room = options.room
    this.#activity = new SpeechActivity(vadOptions(options.vadThreshold ?? services.vadThreshold))
    this.#endpoint = endpointOptions(options.endSilence)
    this.#language = new LanguageTracker(options.language, options.languages)
    this.#doubts = new Doubts(this.#language)
    this.#gathering = new Gathering(services.clock, (group) => this.#decide(group))
    this.#input = new SpeechInput(
      services.openDetector(),
      (probability) => this.#chunk(probability),
      () => this.#forget(),
      () => true,
    )
  }

  feed(pcm: Float32Array): void {
    if (!this.#ended) this.#input.feed(pcm)
  }

  flush(): void {
    this.#input.whenSeen(() => {
      this.#cut(this.#input.buffer.end, false)
      this.#gathering.release()
    })
  }

  clear(): void {
    this.#input.whenSeen(() => {
      this.#boundary = this.#input.buffer.end
      if (!this.#open) return
      this.#open = null
      const end = this.#activity.afterVoiced * CHUNK
      this.#activity.reset()
      this.#listeners.tell({ type: 'speech-ended', at: this.#ms(end) })
      this.#tell()
    })
  }

  async finish(): Promise<void> {
    if (this.#ended) return
    this.flush()
    await new Promise<void>((resolve) => {
      this.#input.whenSeen(() => {
        this.#idle.push(resolve)
        this.#tell()
      })
    })
    this.close()
  }

  async settle(): Promise<void> {
    while (!this.#ended && this.#parts.length > 0)
      await new Promise<void>((resolve) => this.services.clock.after(RETRY.first, () => resolve()))
  }

  configure(change: Partial<SpeechOptions>): void {
    this.#options = { ...this.#options, ...change }
    this.#endpoint = endpointOptions(this.#options.endSilence)
    this.#activity.options = vadOptions(this.#options.vadThreshold ?? this.services.vadThreshold)
    this.#language.configure(this.#options.language, this.#options.languages)
  }

  backlog(): number {
    const { cursor, buffer } = this.#input
    const first = this.#parts[0]
    const decided = first ? msToSamples(first.time - this.origin) : (this.#open?.start ?? cursor)
    return samplesToMs(buffer.end - Math.min(decided, cursor))
  }

  unsettled(): number {
    return this.backlog()
  }

  on(listener: (event: SpeechEvent) => void): () => void {
    return this.#listeners.add(listener)
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#listeners.clear()
    this.#gathering.stop()
    this.#controller.abort(new DOMException('stream closed', 'AbortError'))
    this.#input.close()
    for (const resolve of this.#idle.splice(0)) resolve()
    this.services.onClose(this)
  }

  #ms(sample: number): number {
    return this.origin + samplesToMs(sample)
  }

  #chunk(probability: number): void {
    const activity = this.#activity
    if (activity.push(probability) === 'started') {
      const first = activity.firstVoiced * CHUNK
      const preRoll = msToSamples(this.#options.preRoll ?? PRE_ROLL)
      this.#open = { start: Math.max(this.#boundary, first - preRoll), probabilities: [] }
      this.#listeners.tell({ type: 'speech-started', at: this.#ms(first) })
    }
    if (!this.#open) return
    this.#open.probabilities.push(probability)
    if (activity.silence >= this.#endpoint.openSilence) return this.#cut(this.#input.cursor, false)
    if (samplesToMs(this.#input.cursor - this.#open.start) < CUT.to) return
    this.#cut(this.#quietest(this.#open), true)
  }

  /** The sample in the middle of the quietest moment within the range where a cut is allowed. */
  #quietest({ start, probabilities }: { start: number; probabilities: number[] }): number {
    const first = this.#input.cursor - probabilities.length * CHUNK
    const from = Math.ceil((start + msToSamples(CUT.from) - first) / CHUNK)
    return first + quietest(probabilities, from) * CHUNK + CHUNK / 2
  }

  #cut(end: number, goOn: boolean): void {
    const open = this.#open
    if (!open) return
    const activity = this.#activity
    const voicedEnd = activity.afterVoiced * CHUNK
    const last = goOn ? end : Math.min(end, voicedEnd + msToSamples(POST_ROLL))
    const voiced = activity.voiced * CHUNK_MS
    this.#boundary = goOn ? end : Math.min(end, voicedEnd + msToSamples(POST_ROLL / 2))
    this.#open = null
    if (goOn) {
      const left = Math.max(0, Math.floor((this.#input.cursor - end) / CHUNK))
      this.#open = { start: end, probabilities: open.probabilities.slice(-left || open.probabilities.length) }
    } else {
      activity.reset()
      this.#listeners.tell({ type: 'speech-ended', at: this.#ms(Math.min(end, voicedEnd)) })
    }
    if (voiced < this.#endpoint.minVoiced) return
    const part: Part = {
      pcm: this.#input.buffer.slice(open.start, last),
      time: this.#ms(open.start),
      speechEnd: samplesToMs(Math.min(voicedEnd, last) - open.start),
      voiced,
      events: null,
    }
    this.#parts.push(part)
    this.#gathering.add(part, samplesToMs(this.#input.buffer.end))
  }

  /** Decodes parts that lie close together in one. */
  async #decide(group: Part[]): Promise<void> {
    const { pcm, starts } = joined(group)
    const voiced = group.reduce((sum, part) => sum + part.voiced, 0)
    const speechEnd = (starts.at(-1) ?? 0) + (group.at(-1)?.speechEnd ?? 0)
    for (let wait = RETRY.first; !this.#ended; wait = Math.min(RETRY.most, wait * 2)) {
      try {
        const decodeIn = (language: string | null) => this.#decode(pcm, speechEnd, language)
        const tracker = this.#language
        const { detects, language, rules } = tracker
        const found = await decodeIn(detects && voiced >= rules.minVoiced ? null : language)
        const answer = found && (await inBelievedLanguage(tracker, found, voiced, decodeIn))
        this.#answered(group, starts, answer)
        if (found && answer && answer.language !== found.language && !tracker.established)
          this.#doubts.hold({
            group,
            detected: found.language,
            again: async () => this.#answered(group, starts, await decodeIn(found.language)),
          })
        break
      } catch (thrown) {
        if (thrown instanceof PoisonedWindow) {
          // Only the part that cannot be decoded is left out.
          if (group.length > 1) return void (await Promise.all(group.map((part) => this.#decide([part]))))
          for (const part of group) part.events = [poisoned(part)]
          break
        }
        await new Promise<void>((resolve) => this.services.clock.after(wait, resolve))
      }
    }
    await this.#doubts.settle(this.#parts.every((part) => part.events))
    this.#tell()
  }

  #decode(pcm: Float32Array, speechEnd: number, language: string | null): Promise<CarefulAnswer | null> {
    const { scheduler, clock, beamSize } = this.services
    const { languages, task, vocabulary, refine } = this.#options
    const kind: DecodeKind = refine ? 'refine' : 'final'
    // Parts are decoded side by side, so none knows what was said before it.
    return decodeCarefully(pcm, speechEnd, '', (window, context, beam) =>
      scheduler.run({
        kind,
        room: this.room,
        deadline: clock.now() + START_WITHIN,
        windowMs: window.length / 16,
        signal: this.#controller.signal,
        prepare: (threads) => ({
          kind,
          pcm: window,
          language,
          languages,
          task,
          vocabulary,
          context,
          prefix: [],
          draft: [],
          padding: CAREFUL_PADDING,
          beamSize: refine && beam ? beamSize : 1,
          temperatures: refine ? CAREFUL_TEMPERATURES : [0],
          threads,
        }),
      }),
    )
  }

  #answered(group: Part[], starts: readonly number[], answer: CarefulAnswer | null): void {
    const words = answer ? apart(toWords(answer.pieces, answer.language, 0), group, starts) : []
    for (const [index, part] of group.entries()) {
      const mine = words[index] ?? []
      part.events = []
      if (index === 0 && answer?.suppressed)
        part.events.push({ type: 'suppressed', at: part.time, ...answer.suppressed })
      if (answer && mine.length > 0)
        part.events.push({ type: 'utterance-finished', utterance: this.#spoken(mine, answer) })
    }
  }

  #spoken(words: Word[], { language, languageProbability }: CarefulAnswer) {
    const start = words[0]?.start ?? 0
    // A part decoded in a language found before is as sure of it as that finding was.
    const found = language === this.#language.language ? this.#language.probability : undefined
    return {
      id: this.services.newId(),
      start,
      end: words.at(-1)?.end ?? start,
      language,
      languageProbability: found ?? languageProbability,
      committed: words,
      pending: [],
    }
  }

  #tell(): void {
    while (this.#parts[0]?.events && !this.#parts[0].held) {
      for (const event of this.#parts.shift()?.events ?? []) this.#listeners.tell(event)
    }
    if (this.#parts.length === 0 && !this.#open) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Parts took their own copy; only what an open one needs is kept. */
  #forget(): void {
    this.#input.buffer.trim(Math.max(0, this.#open?.start ?? this.#input.cursor - msToSamples(1000)))
  }
}
