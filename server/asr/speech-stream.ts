/** One live speaker: voice activity, endpointing and a commit policy around the shared Decoder; feed, flush, finish. */
import { createAlignAtt } from '../core/align-att.ts'
import { msToSamples, samplesToMs } from '../core/audio.ts'
import type { CommitPolicy } from '../core/commit-policy.ts'
import { type EndpointOptions, endpointOptions } from '../core/endpointing.ts'
import { LAST_PASSES, POST_ROLL, PRE_ROLL, STALL, UNSEEN } from '../core/live.ts'
import { createLocalAgreement } from '../core/local-agreement.ts'
import { type Division, OpenUtterance } from '../core/open-utterance.ts'
import { CHUNK, CHUNK_MS, SpeechActivity, vadOptions } from '../core/vad.ts'
import { wants } from '../core/want.ts'
import { Arrival } from './arrival.ts'
import type { Hypothesis } from './backend.ts'
import { Captions } from './captions.ts'
import { Divider } from './dividing.ts'
import { Finals, rangeOf } from './finals.ts'
import type { Flight } from './flight.ts'
import { Flights } from './flights.ts'
import { Listeners } from './listeners.ts'
import { endOfSpeech, longestWindow, wantState } from './looking.ts'
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
  readonly origin: number
  readonly room: string
  #options: SpeechOptions
  #input: SpeechInput
  #arrival: Arrival
  #activity: SpeechActivity
  #endpoint: EndpointOptions
  #policy: CommitPolicy
  #listeners = new Listeners()
  #tell = this.#listeners.tell
  #captions = new Captions(this.#tell)
  #language: StreamLanguage
  #refiner: Refiner
  #open: OpenUtterance | null = null
  #finals: Finals
  #flights: Flights
  /** Where the last utterance ended: the next may not reach back over it. */
  #boundary = 0
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
    const { buffer } = this.#input
    const live = () => this.#options.live ?? false
    this.#arrival = new Arrival(services.clock, buffer, () => this.#unheard(), live)
    this.#flights = new Flights({
      room: this.room,
      services,
      buffer,
      arrival: this.#arrival,
      language: this.#language,
      options: () => this.#options,
      context: (language) => this.#finals.contextIn(language),
      leadIn: (flight) => this.#finals.leadIn(flight),
      voiced: () => this.#activity.voiced * CHUNK_MS,
      heard: (flight, hypothesis) => this.#hear(flight, hypothesis),
      poisoned: ({ windowStart, end }) =>
        this.#tell({ type: 'gap', start: this.#ms(windowStart), end: this.#ms(end), reason: 'poison' }),
      pump: () => this.#pump(),
    })
    this.#divider = new Divider(this.#policy, services.newId)
    const stall = () => this.#options.stall ?? STALL
    const speaking = () => this.#open !== null && !this.#ended
    this.#stall = new StallWatch(services.clock, stall, speaking, () => this.flush())
    const goesOn = () => this.#open !== null || this.#finals.first !== undefined
    this.#refiner = new Refiner(this.room, services, this.#tell, goesOn, this.#arrival)
    this.#finals = new Finals(
      buffer,
      this.#refiner,
      this.#language,
      () => this.#options,
      this.#tell,
      services.clock,
    )
    this.#finals.context = options.context ?? ''
  }

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
    const file = this.#arrival.backlog
    this.flush()
    await new Promise<void>((resolve) => {
      this.#input.whenSeen(() => {
        this.#idle.push(resolve)
        this.#pump()
      })
    })
    // A file's words are nobody's who waits for the end of their own: it is told with all that becomes of them.
    await this.#refiner.settled(file ? null : LAST_PASSES.end)
    this.close()
  }

  async settle(): Promise<void> {
    while (!this.#ended && this.#finals.first)
      await new Promise<void>((resolve) => this.services.clock.after(SETTLE_EVERY, () => resolve()))
    await this.#refiner.settled(LAST_PASSES.stop)
  }

  configure(change: Partial<SpeechOptions>): void {
    this.#options = { ...this.#options, ...change }
    this.#endpoint = endpointOptions(this.#options.endSilence)
    this.#activity.options = vadOptions(this.#options.vadThreshold ?? this.services.vadThreshold)
    this.#language.configure(this.#options)
  }

  backlog(): number {
    return this.#from(this.#open?.windowStart)
  }

  unsettled(): number {
    return this.#from(this.#open?.start)
  }

  /** Ms of sound from the oldest final that is due on; else from this sample of what is being said, if anything is. */
  #from(open = this.#input.cursor): number {
    const { buffer, cursor } = this.#input
    return samplesToMs(buffer.end - Math.min(this.#finals.first?.utterance.start ?? open, cursor))
  }

  on(listener: (event: SpeechEvent) => void): () => void {
    return this.#listeners.add(listener)
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#listeners.clear()
    this.#stall.stop()
    this.#flights.end()
    this.#refiner.close()
    this.#input.close()
    this.services.setActive(this, false)
    for (const resolve of this.#idle.splice(0)) resolve()
    this.services.onClose(this)
  }

  #ms(sample: number): number {
    return this.origin + samplesToMs(sample)
  }

  #chunk(probability: number): void {
    if (this.#activity.push(probability) === 'started') this.#begin()
    const open = this.#open
    if (!open) return
    const end = endOfSpeech(open, this.#activity, this.#input.cursor, this.#endpoint)
    if (end !== 'none') this.#close(this.#input.cursor, end === 'cut')
  }

  #begin(): void {
    const first = this.#activity.firstVoiced * CHUNK
    const preRoll = msToSamples(this.#options.preRoll ?? PRE_ROLL)
    this.#open = this.#newUtterance(Math.max(this.#boundary, first - preRoll, this.#input.buffer.start))
    this.services.setActive(this, !this.#arrival.backlog)
    this.#tell({ type: 'speech-started', at: this.#ms(first) })
    this.#stall.watch()
  }

  #newUtterance(start: number): OpenUtterance {
    this.#captions.reset()
    this.#policy.shift()
    this.#language.newUtterance()
    this.#flights.asked = start
    const { language, probability } = this.#language.tracker
    const begun = this.services.clock.now() - samplesToMs(this.#input.cursor - start)
    const id = this.services.newId()
    return new OpenUtterance(id, start, this.origin, language ?? 'en', probability, begun)
  }

  /** The speech is over (or, with `goOn`, cut without a pause). Words follow when they are known. */
  #close(end: number, goOn = false): void {
    const utterance = this.#open
    if (!utterance) return
    const activity = this.#activity
    const [covered, voiced] = [activity.afterVoiced, activity.voiced * CHUNK_MS]
    this.#boundary = goOn ? end : Math.min(end, covered * CHUNK + msToSamples(POST_ROLL / 2))
    this.#open = null
    this.#finals.add({ utterance, end, covered, voiced })
    if (goOn) {
      this.#open = this.#newUtterance(end)
      activity.firstVoiced = activity.chunks
    } else this.#fallSilent()
  }

  /** Returns the sample after the last voice. */
  #fallSilent(): number {
    const end = this.#activity.afterVoiced * CHUNK
    this.#activity.reset()
    this.services.setActive(this, false)
    this.#tell({ type: 'speech-ended', at: this.#ms(end) })
    return end
  }

  /** The open utterance was never said: no words follow, and its line disappears. */
  #drop(): void {
    const utterance = this.#open
    this.#boundary = this.#input.buffer.end
    this.#open = null
    if (!utterance) return
    if (this.#flights.current?.utterance === utterance) this.#flights.supersede(Number.POSITIVE_INFINITY)
    const end = this.#fallSilent()
    this.#finals.publish(utterance, [], end, end, 0)
  }

  /** Starts whatever decode is wanted most; at most one at a time per stream, since each needs what the last one said. */
  #pump(): void {
    if (this.#ended) return
    this.#finals.settle(this.#endpoint.minVoiced)
    const closed = this.#finals.first
    if (closed) this.#flights.want('final', closed.utterance, () => rangeOf(closed))
    else if (this.#open) this.#decodeOpen(this.#open)
    this.#forget()
    this.#captions.lag(this.#lag())
    if (!this.#open && !this.#finals.first && !this.#flights.current)
      for (const resolve of this.#idle.splice(0)) resolve()
  }

  #decodeOpen(open: OpenUtterance): void {
    const activity = this.#activity
    const hearable = () => Math.min(this.#input.buffer.end, this.#input.cursor + msToSamples(UNSEEN))
    const fresh = samplesToMs(hearable() - Math.max(this.#flights.asked, open.start))
    const wanted = wants(wantState(open, activity, fresh, this.services), this.#endpoint)
    if (wanted === 'final')
      this.#flights.want('final', open, () => ({ end: this.#input.cursor, covered: activity.afterVoiced }))
    else if (wanted === 'draft') this.#flights.want('draft', open, () => ({ end: hearable(), covered: -1 }))
  }

  /** Takes an answer into the utterance it was about, whether still open or closed meanwhile. */
  #hear(flight: Flight, hypothesis: Hypothesis): void {
    const { utterance, windowStart, whole } = flight
    if (!whole && utterance.windowStart !== windowStart) return
    const committed = utterance.committed().length
    const { capabilities, clock } = this.services
    const suppressed = takeAnswer(flight, hypothesis, this.#policy, capabilities(), clock.now())
    if (suppressed) this.#tell({ type: 'suppressed', at: this.#ms(windowStart), ...suppressed })
    if (utterance !== this.#open) return
    this.#captions.show(utterance, committed, this.#ms(utterance.heard))
    // The window is kept short, and the utterance itself where people never pause.
    const window = samplesToMs(flight.end - utterance.windowStart)
    const division = this.#divider.divide(utterance, this.#endpoint)
    if (division) this.#goOn(utterance, division)
    else this.#divider.shorten(utterance, window, longestWindow(this.services))
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
    const { buffer, cursor } = this.#input
    const keep = this.#finals.first?.utterance.start ?? this.#open?.start ?? cursor - msToSamples(1000)
    buffer.trim(Math.max(0, Math.min(keep, cursor)))
  }

  /** Ms of sound that no decode has heard of what is said or due. */
  #lag(): number {
    const { end } = this.#input.buffer
    const { heard = end } = this.#finals.first?.utterance ?? this.#open ?? {}
    return Math.max(0, samplesToMs(end - heard))
  }

  /** …and what nobody has looked at. */
  #unheard(): number {
    const { buffer, cursor } = this.#input
    return Math.max(this.#lag(), samplesToMs(buffer.end - cursor))
  }
}
