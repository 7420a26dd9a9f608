/** The one decode a live stream has on its way at a time: dispatched, superseded, tried again, or given up. */
import { samplesToMs } from '../core/audio.ts'
import { AppError } from '../core/error.ts'
import { afterLeadIn, type LeadIn, withGuess, withoutLeadIn } from '../core/lead-in.ts'
import { BACKLOG_WITHIN, SLACK } from '../core/live.ts'
import type { OpenUtterance } from '../core/open-utterance.ts'
import type { SampleBuffer } from '../core/sample-buffer.ts'
import type { Ms } from '../core/transcript.ts'
import type { Arrival } from './arrival.ts'
import type { DecodeRequest, Hypothesis } from './backend.ts'
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
  readonly arrival: Arrival
  options(): SpeechOptions
  context(language: string | null): string
  /** What is heard in front of this flight's sound. */
  leadIn(flight: Flight): LeadIn | null
  /** Voiced sound of the utterance so far. */
  voiced(): Ms
  heard(flight: Flight, hypothesis: Hypothesis): void
  /** The flight's sound cannot be decoded and was skipped. */
  poisoned(flight: Flight): void
  /** Look for the next thing to decode. */
  pump(): void
}

/** Up to which sample sound is heard, and the chunk up to which speech is in it (−1 for drafts). */
interface Range {
  end: number
  covered: number
}

/** Waits before trying again, ms: doubling. */
const RETRY = { first: 100, most: 2000 }

export class Flights {
  current: Flight | null = null
  /** Sample up to which the newest dispatched decode heard. */
  asked = 0
  #failures = 0
  #ended = false

  constructor(private host: FlightHost) {}

  /** Starts a decode unless one is on its way; that one is stopped if it did not hear what this one would. */
  want(kind: Flight['kind'], utterance: OpenUtterance, range: () => Range): void {
    if (this.current) this.supersede(range().covered)
    else this.#start(kind, utterance, range)
  }

  /** `range` is asked when the decode really starts. */
  #start(kind: Flight['kind'], utterance: OpenUtterance, range: () => Range): void {
    const { services, buffer, language } = this.host
    const { scheduler, clock } = services
    const flight = newFlight(kind, utterance)
    this.current = flight
    const prepare = (threads: number) => {
      const { end, covered } = range()
      aim(flight, end, covered)
      this.asked = end
      language.decide(flight, this.host.voiced())
      const lead = this.#mayLookBack() ? this.host.leadIn(flight) : null
      const doubted = utterance.doubted !== null && utterance.doubted.covered >= covered
      flight.lead = doubted || kind === 'draft' ? lead : null
      flight.follows = !doubted && lead !== null
      flight.request = requestFor(flight, {
        buffer,
        options: this.host.options(),
        context: this.host.context(flight.language),
        overloaded: scheduler.overload.atLeast('short-windows', clock.now()),
        threads,
      })
      return flight.request
    }
    this.#ask(flight, samplesToMs(buffer.end - utterance.windowStart), prepare).then(
      (hypothesis) => this.#answered(flight, hypothesis),
      (thrown) => this.#failed(flight, thrown),
    )
  }

  /** More sound costs more (in a crowd three of four second hearings changed nothing), and only some recognisers take words as given. */
  #mayLookBack(): boolean {
    const { capabilities, clock, scheduler } = this.host.services
    const busy = scheduler.crowded || scheduler.overload.atLeast('no-refine', clock.now())
    return capabilities().forcedPrefix && !busy
  }

  #ask(
    flight: Flight,
    windowMs: Ms,
    prepare: (threads: number) => DecodeRequest,
  ): Promise<Hypothesis | null> {
    const { services, arrival, room } = this.host
    const { kind, controller } = flight
    const { hurried, backlog } = arrival
    return services.scheduler.run({
      kind,
      room,
      deadline: services.clock.now() + (backlog ? BACKLOG_WITHIN : SLACK[kind]),
      windowMs,
      hurried,
      backlog,
      signal: controller.signal,
      prepare,
    })
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

  #answered(flight: Flight, heard: Hypothesis | null): void {
    const { request, lead } = flight
    const hypothesis = heard && lead ? this.#behind(flight, heard, lead) : heard
    const second = hypothesis && !this.#ended ? this.host.language.second(flight, hypothesis) : null
    if (!hypothesis || !second || !request) return this.#settled(flight, hypothesis)
    const pcm = lead ? request.pcm.slice(lead.pcm.length) : request.pcm
    const windowMs = pcm.length / 16
    this.#ask(flight, windowMs, (threads) => ({ ...request, ...second.request, pcm, threads })).then(
      (answer) => this.#settled(flight, hypothesis, answer && { rival: second.language, answer }),
      (thrown) => this.#failed(flight, thrown),
    )
  }

  /** What an answer says after the lead-in; behind what is promised already all of it is. */
  #behind({ kind, utterance }: Flight, heard: Hypothesis, lead: LeadIn): Hypothesis {
    if (kind === 'final') return withoutLeadIn(heard, lead)
    if (utterance.pieces.length > 0) return afterLeadIn(heard, lead)
    utterance.ahead = withGuess(heard, lead)
    return withoutLeadIn(heard, lead)
  }

  #settled(
    flight: Flight,
    found: Hypothesis | null,
    second: { rival: string; answer: Hypothesis } | null = null,
  ): void {
    this.#landed(flight)
    if (this.#ended) return
    this.#failures = 0
    const answer = found && this.host.language.settle(flight, found, this.host.voiced(), second)
    if (answer) this.host.heard(flight, answer)
    else if (found) this.asked = flight.utterance.start
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
