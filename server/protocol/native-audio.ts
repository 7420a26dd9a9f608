/** The recordings one native connection carries: announced, taken frame by frame, acknowledged when they are durable. */
import { AppError, toAppError } from '../core/error.ts'
import type { ClientMessage, ServerMessage } from '../core/wire.ts'
import { unpackAudioFrame } from '../core/wire.ts'
import type { Log } from '../log.ts'
import { type Room, STALL } from '../room/room.ts'
import type { Seat } from '../room/seat.ts'

export interface NativeAudioParts {
  room: Room
  log: Log
  /** Recordings at once. */
  most: number
  send(message: ServerMessage): void
  /** Told to the client; the connection goes on. */
  error(error: AppError): void
  isClosed(): boolean
  /** This is the speaker's connection still. */
  isCurrent(): boolean
  /** Default RESUME_WITHIN. */
  resumeWithin?: number
}

type Message<T extends ClientMessage['type']> = Extract<ClientMessage, { type: T }>

export const ACK_EVERY = 1000
/** While something cannot be saved, speakers are told so often. */
const TROUBLE_EVERY = 5000
/**
 * Whoever reconnects continues all recordings at once; a page loaded anew begins a new one and then sends what it kept of
 * the last, if anything. What is not continued within this time is finished, and its line need not wait for more; who
 * continues it later all the same goes on where it ended.
 */
const RESUME_WITHIN = 4000

export class NativeAudio {
  readonly #parts: NativeAudioParts
  readonly #seats = new Map<number, Seat>()
  /** Offsets asked for, by stream number: once each, not once per frame that follows a hole. */
  readonly #asked = new Map<number, number>()
  /** Announced, and not begun because the disk takes no new recording: tried again until it does. */
  readonly #refused = new Map<number, { message: Message<'audio-start'>; participantId: string }>()
  #troubleTold = Number.NEGATIVE_INFINITY
  #acker: ReturnType<typeof setInterval> | null = null

  constructor(parts: NativeAudioParts) {
    this.#parts = parts
  }

  async start(message: Message<'audio-start'>, participantId: string): Promise<void> {
    const { room, most, isClosed, send } = this.#parts
    const { number, stream } = message
    this.#refused.delete(number)
    if (this.#seats.size + this.#refused.size >= most && !this.#seats.has(number))
      throw new AppError('too-many', `At most ${most} recordings at once.`)
    const seat = await room.seat(participantId, stream, { stall: STALL, live: true }).catch((thrown) => {
      // Its speaker keeps the sound meanwhile.
      if (toAppError(thrown).code === 'storage') this.#refused.set(number, { message, participantId })
      if (!isClosed()) this.#acker ??= setInterval(() => this.#ack(), ACK_EVERY)
      throw thrown
    })
    if (isClosed()) return
    this.#asked.delete(number)
    this.#seats.set(number, seat)
    this.#acker ??= setInterval(() => this.#ack(), ACK_EVERY)
    this.#finishOthersLater(participantId)
    send({ type: 'audio-ready', number, offset: seat.offset })
  }

  async end({ number, length }: Message<'audio-end'>): Promise<void> {
    const seat = this.#seat(number)
    const { send } = this.#parts
    if (seat.offset < length) {
      // While the disk refuses, the speaker waits; the acknowledging timer asks when it works again.
      if (!seat.refused) send({ type: 'audio-ready', number, offset: seat.offset })
      return
    }
    // Who is told that it has ended forgets all of it. While the disk fails the acknowledging timer asks for it again.
    const onDisk = await seat.secure().then(
      () => true,
      () => false,
    )
    if (!onDisk) return this.#tellTrouble()
    await seat.leave()
    this.#seats.delete(number)
    send({ type: 'audio-ended', number })
  }

  lost({ number, to }: Message<'audio-lost'>): void {
    const seat = this.#seat(number)
    seat.lost(to)
    this.#parts.send({ type: 'audio-ready', number, offset: seat.offset })
  }

  frame(bytes: Uint8Array): void {
    const { error, send } = this.#parts
    const frame = unpackAudioFrame(bytes)
    if (typeof frame === 'string') return error(new AppError('invalid', frame))
    const { number } = frame
    const seat = this.#seats.get(number)
    if (!seat) return error(new AppError('invalid', 'Announce the stream with audio-start before its audio.'))
    try {
      if (seat.accept(frame.offset, frame.pcm16)) return
      // A hole: ask once for what is wanted, not once per frame that follows it.
      if (this.#asked.get(number) === seat.offset) return
      this.#asked.set(number, seat.offset)
      send({ type: 'audio-ready', number, offset: seat.offset })
    } catch (thrown) {
      const failure = toAppError(thrown)
      if (failure.code === 'storage') this.#tellTrouble()
      else error(failure)
    }
  }

  /** The connection is gone; the seats wait for their speaker. */
  close(): void {
    if (this.#acker) clearInterval(this.#acker)
    this.#acker = null
    this.#refused.clear()
  }

  #finishOthersLater(participantId: string): void {
    const { room, isClosed, isCurrent, resumeWithin = RESUME_WITHIN } = this.#parts
    setTimeout(() => {
      if (!isClosed() && isCurrent()) room.finishOthers(participantId, new Set(this.#seats.values()))
    }, resumeWithin).unref()
  }

  #seat(number: number): Seat {
    const seat = this.#seats.get(number)
    if (!seat) throw new AppError('not-found', 'That stream was not started here.')
    return seat
  }

  /** Every second: what is durable is acknowledged, a refusing disk is tried again. */
  #ack(): void {
    const { room, log, send } = this.#parts
    if (room.trouble) this.#tellTrouble()
    for (const { message, participantId } of [...this.#refused.values()])
      this.start(message, participantId).catch((thrown) => this.#tellTrouble(toAppError(thrown)))
    for (const [number, seat] of this.#seats) {
      if (seat.closed) continue
      if (seat.recover()) {
        this.#asked.set(number, seat.offset)
        send({ type: 'audio-ready', number, offset: seat.offset })
      }
      if (seat.refused) continue
      seat.sync().then(
        (offset) => send({ type: 'ack', number, offset }),
        (cause) => {
          log.error('audio not durable', { room: room.id, track: seat.trackId }, toAppError(cause).cause)
          this.#tellTrouble()
        },
      )
    }
  }

  /** What is wrong with saving, in words, every few seconds for as long as it lasts. */
  #tellTrouble(trouble = this.#parts.room.trouble): void {
    const now = performance.now()
    if (!trouble || now - this.#troubleTold < TROUBLE_EVERY) return
    this.#troubleTold = now
    this.#parts.error(trouble)
  }
}
