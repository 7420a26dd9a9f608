/** The open recordings of one Room: opened once, continued after cuts and restarts, finished when nobody comes for them. */
import type { SpeechOptions } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import type { Seat } from './seat.ts'

export interface SeatsParts {
  /** Opens a recording, or continues it from disk; `forget` is to be called when the seat is left. */
  open(
    participantId: string,
    stream: string,
    speech: Partial<SpeechOptions>,
    forget: (seat: Seat) => void,
  ): Promise<Seat>
  /** It is among the room's seats: now it may be heard. */
  opened(seat: Seat): void
  failed(what: string, cause: unknown): void
}

export class Seats {
  readonly #parts: SeatsParts
  readonly #byStream = new Map<string, Seat>()
  readonly #opening = new Map<string, Promise<Seat>>()
  /** Recordings taken up after a restart whose speakers have not come back. */
  readonly #recovered = new Set<string>()

  constructor(parts: SeatsParts) {
    this.#parts = parts
  }

  get all(): readonly Seat[] {
    return [...this.#byStream.values()]
  }
  get empty(): boolean {
    return this.#byStream.size === 0 && this.#opening.size === 0
  }
  has(stream: string): boolean {
    return this.#byStream.has(stream)
  }
  of(participantId: string): Seat[] {
    return this.all.filter((seat) => seat.participantId === participantId)
  }

  /** The seat for one recording of a participant: the open one, one continued from disk, or a new one. */
  async take(participantId: string, stream: string, speech: Partial<SpeechOptions> = {}): Promise<Seat> {
    const recovered = this.#recovered.delete(stream)
    const seat = await this.#take(participantId, stream, speech).catch((thrown) => {
      if (recovered) this.#recovered.add(stream)
      throw thrown
    })
    // Taken up as something of the past, it is their speaker's voice again.
    if (recovered) seat.configure(speech)
    return seat
  }

  /** Takes a recording up after a restart; it is finished unless somebody continues it within `grace` ms. */
  async takeUp(
    participantId: string,
    stream: string,
    speech: Partial<SpeechOptions>,
    grace: number,
  ): Promise<void> {
    this.#recovered.add(stream)
    const seat = await this.#take(participantId, stream, speech)
    setTimeout(() => {
      if (this.#recovered.delete(stream)) this.#leave(seat, 'recover')
    }, grace).unref()
  }

  /** Finishes the participant's recordings but `kept`: their speaker has begun anew and does not continue them. */
  finishOthers(participantId: string, kept: ReadonlySet<Seat>): void {
    for (const seat of this.of(participantId)) if (!kept.has(seat)) this.#leave(seat, 'leave')
  }

  /** Everybody's speech is finished, also of those who are just coming in. */
  async leaveAll(): Promise<void> {
    await Promise.allSettled(this.#opening.values())
    await Promise.all(this.all.map((seat) => seat.leave()))
  }

  #leave(seat: Seat, why: string): void {
    seat.leave().catch((cause) => this.#parts.failed(why, cause))
  }

  async #take(participantId: string, stream: string, speech: Partial<SpeechOptions>): Promise<Seat> {
    const open = this.#byStream.get(stream)
    if (open) this.#demandOwn(open, participantId)
    if (open && !open.closed) return open
    const opening = this.#opening.get(stream) ?? this.#open(participantId, stream, speech, open)
    this.#opening.set(stream, opening)
    const seat = await opening.finally(() => this.#opening.delete(stream))
    // Somebody else may have announced the same stream at the same moment.
    this.#demandOwn(seat, participantId)
    return seat
  }

  #demandOwn(seat: Seat, participantId: string): void {
    if (seat.participantId !== participantId)
      throw new AppError('forbidden', 'That stream is someone else’s.')
  }

  /** Two seats must not write one file: the next waits until the last has finished its words and closed it. */
  async #open(
    participantId: string,
    stream: string,
    speech: Partial<SpeechOptions>,
    last?: Seat,
  ): Promise<Seat> {
    await last?.leave().catch(() => {})
    const seat = await this.#parts.open(participantId, stream, speech, (left) => {
      if (this.#byStream.get(stream) === left) this.#byStream.delete(stream)
    })
    this.#byStream.set(stream, seat)
    this.#parts.opened(seat)
    return seat
  }
}
