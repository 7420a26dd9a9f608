/** The one decode a live stream has on its way at a time: dispatched, superseded, tried again, or given up. */
import { samplesToMs } from '../core/audio.ts'
import { AppError } from '../core/error.ts'
import { SLACK } from '../core/live.ts'
import type { OpenUtterance } from '../core/open-utterance.ts'
import type { SampleBuffer } from '../core/sample-buffer.ts'
import type { Ms } from '../core/transcript.ts'
import type { Hypothesis } from './backend.ts'
import { aim, type Flight, newFlight, requestFor } from './flight.ts'
import type { SpeechOptions } from './speech-event.ts'
import type { StreamLanguage } from './stream-language.ts'
import type { StreamServices } from './stream-services.ts'
import { PoisonedWindow } from './worker-pool.ts'

/** What a flight needs of its stream, asked at the moment it is needed. */
export interface FlightHost {
  readonly room: string
  readonly services: StreamServices
  readonly buffer: SampleBuffer
  readonly language: StreamLanguage
  options(): SpeechOptions
  context(): string
  /** Voiced sound of the utterance so far. */
  voiced(): Ms
  heard(flight: Flight, hypothesis: Hypothesis): void
  /** The flight's sound cannot be decoded and was skipped. */
  poisoned(flight: Flight): void
  /** Look for the next thing to decode. */
  pump(): void
}

/** So much more sound than time has passed since the stream was opened: a file or an old recording, nobody's voice now, ms. */
const HURRIED = 5000
/** Waits before trying again, ms: doubling. */
const RETRY = { first: 100, most: 2000 }

export class Flights {
  current: Flight | null = null
  /** Sample up to which the newest dispatched decode heard. */
  asked = 0
  #failures = 0
  #ended = false
  readonly #openedAt: number

  constructor(private host: FlightHost) {
    this.#openedAt = host.services.clock.now()
  }

  /** `range` is asked when the decode really starts. */
  start(kind: Flight['kind'], utterance: OpenUtterance, range: () => { end: number; covered: number }): void {
    const { services, buffer, room, language } = this.host
    const { scheduler, clock } = services
    const flight = newFlight(kind, utterance)
    this.current = flight
    const prepare = (threads: number) => {
      const { end, covered } = range()
      aim(flight, end, covered)
      this.asked = end
      language.decide(flight, this.host.voiced())
      return requestFor(flight, {
        buffer,
        options: this.host.options(),
        language: language.tracker.language,
        context: this.host.context(),
        overloaded: scheduler.overload.atLeast('short-windows', clock.now()),
        threads,
      })
    }
    const windowMs = samplesToMs(buffer.end - utterance.windowStart)
    const deadline = clock.now() + SLACK[kind]
    const hurried = samplesToMs(buffer.end) - (clock.now() - this.#openedAt) > HURRIED
    const { signal } = flight.controller
    scheduler.run({ kind, room, deadline, windowMs, hurried, signal, prepare }).then(
      (hypothesis) => this.#answered(flight, hypothesis),
      (thrown) => this.#failed(flight, thrown),
    )
  }

  /** Stops a decode that did not hear speech up to chunk `covered`: it only costs time once a final is wanted. */
  supersede(covered: number): void {
    if (this.current && this.current.covered < covered) this.#abort('superseded by the final')
  }

  /** The stream is closed: nothing is told any more. */
  end(): void {
    this.#ended = true
    this.#abort('stream closed')
  }

  #abort(reason: string): void {
    this.current?.controller.abort(new DOMException(reason, 'AbortError'))
  }

  #answered(flight: Flight, hypothesis: Hypothesis | null): void {
    this.#landed(flight)
    if (this.#ended) return
    this.#failures = 0
    if (hypothesis) this.host.heard(flight, hypothesis)
    this.host.pump()
  }

  #failed(flight: Flight, thrown: unknown): void {
    this.#landed(flight)
    if (this.#ended) return
    if (thrown instanceof PoisonedWindow) {
      flight.utterance.skip(flight.end, flight.kind === 'final' ? flight.covered : null)
      this.host.poisoned(flight)
    } else if (!flight.controller.signal.aborted) return this.#tryAgain(flight, thrown)
    this.host.pump()
  }

  #landed(flight: Flight): void {
    if (this.current === flight) this.current = null
  }

  /** Nothing is lost by a failed draft; a final is tried until the recogniser is back, unless it never will be. */
  #tryAgain({ kind, utterance, covered }: Flight, thrown: unknown): void {
    const refused = thrown instanceof AppError && thrown.code !== 'unavailable' && thrown.code !== 'internal'
    if (refused && kind === 'final') utterance.final = { words: utterance.all(), covered, resume: null }
    const wait = Math.min(RETRY.most, RETRY.first * 2 ** this.#failures++)
    this.host.services.clock.after(wait, () => {
      if (!this.#ended) this.host.pump()
    })
  }
}
