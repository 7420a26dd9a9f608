/** One live speaker: voice activity, endpointing and a commit policy around the shared Decoder; feed, flush, finish. */
import { createAlignAtt } from '../core/align-att.ts'
import { msToSamples, samplesToMs } from '../core/audio.ts'
import type { CommitPolicy } from '../core/commit-policy.ts'
import { decideEndpoint, type EndpointOptions, endpointOptions } from '../core/endpointing.ts'
import { LONGEST, POST_ROLL, PRE_ROLL, STALL, WINDOW } from '../core/live.ts'
import { createLocalAgreement } from '../core/local-agreement.ts'
import { type Division, OpenUtterance } from '../core/open-utterance.ts'
import { CHUNK, CHUNK_MS, SpeechActivity, vadOptions } from '../core/vad.ts'
import { wants } from '../core/want.ts'
import type { Hypothesis } from './backend.ts'
import { Captions } from './captions.ts'
import { Divider } from './dividing.ts'
import { type Closed, endOf, Finals } from './finals.ts'
import type { Flight } from './flight.ts'
import { Flights } from './flights.ts'
import { endpointState, wantState } from './looking.ts'
import { Refiner } from './refiner.ts'
import type { SpeechEvent, SpeechOptions, SpeechStreamLike } from './speech-event.ts'
import { SpeechInput } from './speech-input.ts'
import { StallWatch } from './stall-watch.ts'
import { StreamLanguage } from './stream-language.ts'
import type { StreamServices } from './stream-services.ts'
import { takeAnswer } from './take-answer.ts'

/** How often a waiting `settle` looks, ms. */
const SETTLE_EVERY = 50

export class SpeechStream implements SpeechStreamLike {
  #options: SpeechOptions
  #input: SpeechInput
  #activity: SpeechActivity
  #endpoint: EndpointOptions
  #policy: CommitPolicy
  #captions = new Captions((event) => this.#emit(event))
  #language: StreamLanguage
  #refiner: Refiner
  #open: OpenUtterance | null = null
  #finals: Finals
  #flights: Flights
  /** Where the last utterance ended: the next may not reach back over it. */
  #boundary = 0
  #listeners = new Set<(event: SpeechEvent) => void>()
  #ended = false
  #divider: Divider
  #stall: StallWatch
  #idle: (() => void)[] = []

  constructor(
    options: SpeechOptions & { start: number; room: string },
    private services: StreamServices,
  ) {
    this.#options = options
    this.origin = options.start
    this.room = options.room
    this.#activity = new SpeechActivity(vadOptions(options.vadThreshold ?? services.vadThreshold))
    this.#endpoint = endpointOptions(options.endSilence)
    this.#policy = services.capabilities().forcedPrefix ? createAlignAtt() : createLocalAgreement()
    this.#language = new StreamLanguage(options)
    this.#input = new SpeechInput(
      services.openDetector(),
      (probability) => this.#chunk(probability),
      () => this.#pump(),
      () => this.#open !== null,
    )
    this.#flights = new Flights({
      room: this.room,
      services,
      buffer: this.#input.buffer,
      language: this.#language,
      options: () => this.#options,
      context: () => this.#finals.context,
      voiced: () => this.#activity.voiced * CHUNK_MS,
      heard: (flight, hypothesis) => this.#hear(flight, hypothesis),
      poisoned: ({ windowStart, end }) =>
        this.#emit({ type: 'gap', start: this.#ms(windowStart), end: this.#ms(end), reason: 'poison' }),
      pump: () => this.#pump(),
    })
    this.#divider = new Divider(this.#policy, services.newId)
    const stall = () => this.#options.stall ?? STALL
    const speaking = () => this.#open !== null && !this.#ended
    this.#stall = new StallWatch(services.clock, stall, speaking, () => this.flush())
    const emit = (event: SpeechEvent) => this.#emit(event)
    this.#refiner = new Refiner(this.room, services, emit)
    this.#finals = new Finals(this.#input.buffer, this.#refiner, this.#language, () => this.#options, emit)
  }

  readonly origin: number
  readonly room: string

  feed(pcm: Float32Array): void {
    if (this.#ended) return
    this.#stall.fed()
    this.#input.feed(pcm)
  }

  flush(): void {
    this.#input.whenSeen(() => {
      this.#close(this.#input.buffer.end)
      this.#pump()
    })
  }

  clear(): void {
    this.#input.whenSeen(() => {
      this.#drop()
      this.#pump()
    })
  }

  async finish(): Promise<void> {
    if (this.#ended) return
    this.flush()
    await new Promise<void>((resolve) => {
      this.#input.whenSeen(() => {
        this.#idle.push(resolve)
        this.#pump()
      })
    })
    await this.#refiner.settled()
    this.close()
  }

  async settle(): Promise<void> {
    while (!this.#ended && this.#finals.first)
      await new Promise<void>((resolve) => this.services.clock.after(SETTLE_EVERY, () => resolve()))
    await this.#refiner.settled()
  }

  configure(change: Partial<SpeechOptions>): void {
    this.#options = { ...this.#options, ...change }
    this.#endpoint = endpointOptions(this.#options.endSilence)
    this.#activity.options = vadOptions(this.#options.vadThreshold ?? this.services.vadThreshold)
    this.#language.configure(this.#options)
  }

  backlog(): number {
    const { end } = this.#input.buffer
    const decided = this.#finals.first?.utterance.start ?? this.#open?.windowStart ?? this.#input.cursor
    return samplesToMs(end - Math.min(decided, this.#input.cursor))
  }

  unsettled(): number {
    const { end } = this.#input.buffer
    const from = this.#finals.first?.utterance.start ?? this.#open?.start ?? this.#input.cursor
    return samplesToMs(end - Math.min(from, this.#input.cursor))
  }

  on(listener: (event: SpeechEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#listeners.clear()
    this.#stall.stop()
    this.#flights.end()
    this.#refiner.close()
    this.#input.close()
    this.#setActive(false)
    for (const resolve of this.#idle.splice(0)) resolve()
    this.services.onClose(this)
  }

  #emit(event: SpeechEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #ms(sample: number): number {
    return this.origin + samplesToMs(sample)
  }

  /** Session milliseconds of a chunk count. */
  #chunkSample(chunks: number): number {
    return chunks * CHUNK
  }

  #chunk(probability: number): void {
    const change = this.#activity.push(probability)
    if (change === 'started') this.#begin()
    const open = this.#open
    if (!open) return
    const activity = this.#activity
    const sinceWindow = samplesToMs(this.#input.cursor - open.windowStart)
    const decision = decideEndpoint(endpointState(open, activity, this.#input.cursor), this.#endpoint)
    const stuck = open.pieces.length + open.settled.length === 0
    const unsplit = (decision === 'close-unsplit' && stuck) || sinceWindow > LONGEST - 1000
    if (decision === 'close') this.#close(this.#input.cursor)
    else if (unsplit) this.#close(this.#input.cursor, true)
  }

  #begin(): void {
    const first = this.#chunkSample(this.#activity.firstVoiced)
    const preRoll = msToSamples(this.#options.preRoll ?? PRE_ROLL)
    const start = Math.max(this.#boundary, first - preRoll, this.#input.buffer.start)
    this.#open = this.#newUtterance(start)
    this.#setActive(true)
    this.#emit({ type: 'speech-started', at: this.#ms(first) })
    this.#stall.watch()
  }

  #newUtterance(start: number): OpenUtterance {
    this.#captions.reset()
    this.#policy.shift()
    this.#language.newUtterance()
    this.#flights.asked = start
    const { language, probability } = this.#language.tracker
    return new OpenUtterance(this.services.newId(), start, this.origin, language ?? 'en', probability)
  }

  /** The speech is over (or, with `goOn`, cut without a pause). Words follow when they are known. */
  #close(end: number, goOn = false): void {
    const utterance = this.#open
    if (!utterance) return
    const activity = this.#activity
    const covered = activity.afterVoiced
    const voiced = activity.voiced * CHUNK_MS
    this.#boundary = goOn ? end : Math.min(end, this.#chunkSample(covered) + msToSamples(POST_ROLL / 2))
    this.#open = null
    this.#finals.add({ utterance, end, covered, voiced })
    if (goOn) {
      this.#open = this.#newUtterance(end)
      activity.firstVoiced = activity.chunks
    } else {
      activity.reset()
      this.#setActive(false)
      this.#emit({ type: 'speech-ended', at: this.#ms(this.#chunkSample(covered)) })
    }
  }

  /** The open utterance was never said: no words follow, and its line disappears. */
  #drop(): void {
    const utterance = this.#open
    this.#boundary = this.#input.buffer.end
    if (!utterance) return
    this.#open = null
    if (this.#flights.current?.utterance === utterance) this.#flights.supersede(Number.POSITIVE_INFINITY)
    const end = this.#chunkSample(this.#activity.afterVoiced)
    this.#activity.reset()
    this.#setActive(false)
    this.#emit({ type: 'speech-ended', at: this.#ms(end) })
    this.#finals.publish(utterance, [], end, end, 0)
  }

  #setActive(active: boolean): void {
    this.services.setActive(this, active)
  }

  /** Starts whatever decode is wanted most; at most one at a time per stream, since each needs what the last one said. */
  #pump(): void {
    if (this.#ended) return
    this.#finals.settle(this.#endpoint.minVoiced)
    const closed = this.#finals.first
    if (closed) this.#decodeClosed(closed)
    else if (this.#open) this.#decodeOpen(this.#open)
    this.#forget()
    this.#reportLag()
    if (!this.#open && !this.#finals.first && !this.#flights.current)
      for (const resolve of this.#idle.splice(0)) resolve()
  }

  #decodeClosed(closed: Closed): void {
    const { utterance, covered } = closed
    if (this.#flights.current) this.#flights.supersede(covered)
    else this.#flights.start('final', utterance, () => ({ end: endOf(closed), covered }))
  }

  #decodeOpen(open: OpenUtterance): void {
    const activity = this.#activity
    const fresh = samplesToMs(this.#input.buffer.end - Math.max(this.#flights.asked, open.start))
    const wanted = wants(wantState(open, activity, fresh, this.services), this.#endpoint)
    if (this.#flights.current) {
      if (wanted === 'final') this.#flights.supersede(activity.afterVoiced)
    } else if (wanted === 'final') {
      this.#flights.start('final', open, () => ({ end: this.#input.cursor, covered: activity.afterVoiced }))
    } else if (wanted === 'draft') {
      this.#flights.start('draft', open, () => ({ end: this.#input.buffer.end, covered: -1 }))
    }
  }

  /** Takes an answer into the utterance it was about, whether still open or closed meanwhile. */
  #hear(flight: Flight, hypothesis: Hypothesis): void {
    const { utterance, windowStart } = flight
    if (!flight.whole && utterance.windowStart !== windowStart) return
    if (this.#language.rejects(flight, hypothesis, this.#activity.voiced * CHUNK_MS)) {
      this.#flights.asked = utterance.start
      return
    }
    const committed = utterance.committed().length
    const { forcedPrefix } = this.services.capabilities()
    const suppressed = takeAnswer(flight, hypothesis, this.#policy, forcedPrefix)
    if (suppressed) this.#emit({ type: 'suppressed', at: this.#ms(windowStart), ...suppressed })
    if (utterance !== this.#open) return
    this.#captions.show(utterance, committed, this.#ms(utterance.heard))
    this.#shorten(utterance, samplesToMs(flight.end - utterance.windowStart))
  }

  /** Keeps the window short, and the utterance itself where people never pause. */
  #shorten(open: OpenUtterance, window: number): void {
    const division = this.#divider.divide(open, this.#endpoint)
    if (division) return this.#goOn(open, division)
    const { clock, scheduler } = this.services
    const short = scheduler.overload.atLeast('short-windows', clock.now())
    this.#divider.shorten(open, window, short ? WINDOW.overload : WINDOW.normal)
  }

  /** The first words of a divided utterance become a final of their own; speech goes on in a new one. */
  #goOn(open: OpenUtterance, { words, end, rest }: Division): void {
    this.#boundary = end
    this.#open = rest
    this.#captions.reset()
    this.#finals.publish(open, words, end, end, samplesToMs(end - open.start))
    this.#captions.show(rest, rest.committed().length, this.#ms(rest.heard))
  }

  /** Sound that nobody will ask for again. */
  #forget(): void {
    const keep =
      this.#finals.first?.utterance.start ?? this.#open?.start ?? this.#input.cursor - msToSamples(1000)
    this.#input.buffer.trim(Math.max(0, Math.min(keep, this.#input.cursor)))
  }

  #reportLag(): void {
    const utterance = this.#finals.first?.utterance ?? this.#open
    const heard = utterance?.heard ?? this.#input.buffer.end
    this.#captions.lag(Math.max(0, samplesToMs(this.#input.buffer.end - heard)))
  }
}
