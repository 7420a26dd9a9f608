/** A speaker's place in a Room: one continuous recording, kept as it arrives and fed to one SpeechStream. */
import type { SpeechEvent, SpeechOptions, SpeechStreamLike } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import { LiveEdge } from '../core/live-edge.ts'
import { toFloat32, toPcm16 } from '../core/pcm.ts'
import { type SilenceReason, Silences } from '../core/silences.ts'
import type { Ms } from '../core/transcript.ts'
import { BYTES_PER_MS } from '../core/wire.ts'
import type { SpeakerSeat } from '../protocol/protocol.ts'
import { Acknowledging } from './acknowledging.ts'
import { Keeping } from './keeping.ts'
import { Listening } from './listening.ts'
import type { TrackFile } from './track-file.ts'

/** Where the audio goes: a TrackFile, or a counter in rooms that keep none (it cannot be read again). */
export type AudioSink = Pick<TrackFile, 'written' | 'durable' | 'append' | 'sync' | 'recover' | 'close'> &
  Partial<Pick<TrackFile, 'read' | 'extend' | 'reclaim'>>

export interface SeatParts {
  roomId: string
  participantId: string
  /** Chosen by the client; the same one continues this seat after a reconnect. */
  stream: string
  trackId: string
  /** Session time of the recording's first sample. */
  start: Ms
  sink: AudioSink
  speech: SpeechStreamLike
  /** Byte up to which an earlier process recognised this recording; the rest of the file is heard first. */
  heard?: number
  /** Taken up after a restart in a room that keeps no audio: what was acknowledged before is no loss. */
  resumedWithoutAudio?: boolean
  /** Told now and then how much of the recording is safely on disk; it is acknowledged when this is written down. */
  onDurable: (bytes: number) => unknown
  onLost: (from: Ms, to: Ms) => void
  /** Closed with so many bytes; `ended` = nothing more is expected of it. */
  onLeave: (bytes: number, ended: boolean) => Promise<void>
  /** Resolves when everything heard so far is stored. Default: at once. */
  stored?: () => Promise<void>
  /** What was really said while the recording takes silence for `off-the-record`; nothing else ever sees it. */
  onUnrecorded?: (pcm: Float32Array) => void
}

/** A page may have begun to record so long before it was let in, ms. */
const EARLIER = 1_000

/** Longest hole that is filled with silence, and all of them in one recording: one hour and twelve, whatever a client says. */
const MAX_LOST_BYTES = 3_600_000 * BYTES_PER_MS
const MAX_LOST_IN_ALL = 12 * MAX_LOST_BYTES
const TOO_MUCH = 'More than an hour is missing at once, or too much in all; start a new stream.'

export class Seat implements SpeakerSeat {
  readonly #parts: SeatParts
  /** Sound came without byte numbers: nobody sends it again. */
  #unnumbered = false
  #left: Promise<void> | null = null
  /** Silence in place of what nobody has any more, bytes. */
  #lost = 0
  readonly #listening: Listening
  /** Silences of a recording that goes on, over before any more of it came: of what comes some may have been spoken meanwhile. */
  readonly #late: { reason: SilenceReason; to: number }[] = []
  readonly #silences = new Silences()
  readonly #edge = new LiveEdge()
  readonly #keeping: Keeping
  readonly #acknowledging: Acknowledging
  /** Nothing came since it was taken up after a restart: what is missing then was acknowledged, and is no loss. */
  #fresh: boolean
  /** Nothing more is written down of it. */
  #abandoned = false

  constructor(parts: SeatParts) {
    this.#parts = parts
    const { sink, speech, start, heard = sink.written } = parts
    this.#listening = new Listening(sink, speech, start, heard)
    this.#keeping = new Keeping(sink, (from, to) => parts.onLost(this.#time(from), this.#time(to)))
    this.#acknowledging = new Acknowledging({
      sink,
      keeping: this.#keeping,
      unsettled: () => speech.unsettled() + this.#listening.waiting / BYTES_PER_MS,
      stored: parts.stored,
      save: parts.onDurable,
    })
    this.#fresh = parts.resumedWithoutAudio ?? false
  }

  /** Hears what is on the disk and was not heard yet; call it once, when somebody listens. */
  begin(): void {
    this.#listening.readOn()
  }

  get participantId(): string {
    return this.#parts.participantId
  }
  get roomId(): string {
    return this.#parts.roomId
  }
  get stream(): string {
    return this.#parts.stream
  }
  get trackId(): string {
    return this.#parts.trackId
  }
  get start(): Ms {
    return this.#parts.start
  }
  /** The byte offset wanted next. */
  get offset(): number {
    return this.#keeping.written
  }
  get closed(): boolean {
    return this.#left !== null
  }

  /** The disk refuses the audio: it is heard, not kept, and not acknowledged. */
  get refused(): boolean {
    return this.#keeping.refused
  }
  /** Everything on the disk has been given to the recogniser. */
  get caughtUp(): boolean {
    return this.#listening.caughtUp
  }

  /**
   * Numbered audio: takes exactly the wanted range. Bytes already here are ignored, bytes that begin after a hole are
   * refused (returns false) and the caller asks for the hole again. While the disk refuses, what comes is heard all the
   * same; the speaker keeps it and sends it again when `recover` says so.
   */
  accept(offset: number, pcm16: Uint8Array): boolean {
    this.#open()
    const have = this.offset
    for (const { reason, to } of this.#late.splice(0)) this.#silences.between(reason, have, to)
    this.#edge.note(performance.now(), (offset + pcm16.length) / BYTES_PER_MS)
    if (offset > have) {
      if (!this.#keeping.waits) return false
      this.#listening.hear(offset, this.#silenced(offset, pcm16))
      return true
    }
    const skip = have - offset
    if (skip >= pcm16.length) return true
    this.#take(this.#silenced(have, skip === 0 ? pcm16 : pcm16.subarray(skip)))
    return true
  }

  /** The client no longer has bytes up to `to`: silence takes their place so that times stay true, and the hole is recorded. */
  lost(to: number): void {
    this.#open()
    this.#reclaim(to)
    const from = this.offset
    const missing = to - from
    if (missing <= 0) return
    if (missing > MAX_LOST_BYTES || this.#lost + missing > MAX_LOST_IN_ALL)
      throw new AppError('too-large', TOO_MUCH)
    const known = this.#fresh
    if (!this.#skip(missing)) Keeping.silence(missing, (step) => this.#take(step))
    this.#lost += missing
    if (!known) this.#parts.onLost(this.#time(from), this.#time(to))
  }

  /** Audio without numbers (foreign protocols): what arrives is what there is; it is heard even if it cannot be kept. */
  feed(pcm: Float32Array): void {
    this.#open()
    this.#unnumbered = true
    const at = this.#keeping.end
    const said = toPcm16(pcm)
    const bytes = this.#silenced(at, said)
    this.#keeping.offer(bytes)
    this.#listening.hear(at, bytes, bytes === said ? pcm : undefined)
  }

  /**
   * From what is spoken now on, silence is kept and heard instead, or no longer. Sound that was spoken before and is still
   * on its way stays; where that is not certain, silence wins. `now`: session time.
   */
  silence(reason: SilenceReason, on: boolean, now: Ms): void {
    const edge = this.#edge.at(performance.now())
    if (on) return this.#silences.begin(reason, Math.max(this.offset, (edge?.from ?? 0) * BYTES_PER_MS))
    this.#silences.end(reason, Math.max(this.offset, (edge?.to ?? 0) * BYTES_PER_MS))
    // Who is muted knows it, and sends silence or nothing.
    if (!edge && this.offset > 0 && reason === 'off-the-record')
      this.#late.push({ reason, to: this.#spokenBy(now) })
  }

  /**
   * For a recording that goes on in a new seat, where nobody knows any more which of its bytes were spoken when: what is
   * still to come and may have been spoken before session time `until` is silence. Returns from when on, or null if
   * everything of then is here.
   */
  silenceUntil(reason: SilenceReason, until: Ms): Ms | null {
    const [from, to] = [this.offset, this.#spokenBy(until + EARLIER)]
    if (until <= this.#parts.start || to <= from) return null
    this.#silences.between(reason, from, to)
    return this.#time(from)
  }

  /**
   * Tries a refusing disk again. True when it has just begun to take audio: the caller then asks for the bytes from
   * `offset` on.
   */
  recover(): boolean {
    return !this.#left && this.#keeping.recover()
  }

  /** Make everything accepted so far durable; resolves to that byte offset, which may then be acknowledged. */
  sync(): Promise<number> {
    return this.#acknowledging.sync()
  }

  /** Resolves when every accepted byte is on the disk, in rooms that keep sound; rejects while the disk refuses. */
  async secure(): Promise<void> {
    const { sink } = this.#parts
    while (!this.#left && sink.durable < sink.written) await this.#keeping.sync()
  }

  /** Level between two session times, dB relative to full scale. */
  decibels(from: Ms, to: Ms): number {
    return this.#listening.decibels(from, to)
  }

  flush(): void {
    this.#listening.flush()
  }
  /** The sound stays in the recording; what was said in it is not told. */
  clear(): void {
    this.#parts.speech.clear()
  }
  async finish(): Promise<void> {
    await this.#listening.toTheEnd()
    await this.#parts.speech.finish()
  }
  configure(change: Partial<SpeechOptions>): void {
    this.#parts.speech.configure(change)
  }
  /** Ms of audio received and not yet recognised, in memory and on disk. */
  backlog(): number {
    return this.#listening.backlog()
  }
  on(listener: (event: SpeechEvent) => void): () => void {
    return this.#parts.speech.on(listener)
  }

  /**
   * The server stops in the middle of it: what was said is stored, and the next start goes on in the middle of the word.
   * Sound that nobody will send again and no file keeps is finished now.
   */
  suspend(): Promise<void> {
    if (this.#unnumbered && !this.#parts.sink.read) return this.leave()
    this.#left ??= (async () => {
      await this.#parts.speech.settle().catch(() => {})
      await this.#shut(this.#acknowledging.safeOf(this.offset), false)
    })()
    return this.#left
  }

  leave(): Promise<void> {
    this.#left ??= (async () => {
      this.#reclaim()
      await this.#listening.toTheEnd()
      await this.#parts.speech.finish().catch(() => {})
      await this.#shut(this.offset, true)
    })()
    return this.#left
  }

  /** The server ends before everything is recognised: nothing more is written down, so that the next start goes on here. */
  abandon(): void {
    this.#abandoned = true
  }

  async #shut(bytes: number, ended: boolean): Promise<void> {
    // The engine's end is not the end of the recording.
    if (this.#abandoned) await new Promise<never>(() => {})
    this.#listening.stop()
    this.#parts.speech.close()
    await this.#parts.sink.close()
    await this.#parts.onLeave(bytes, ended)
  }

  #silenced(at: number, pcm16: Uint8Array): Uint8Array {
    const kept = this.#silences.apply(at, pcm16)
    if (kept !== pcm16 && this.#silences.lasts('off-the-record') && !this.#silences.lasts('muted'))
      this.#parts.onUnrecorded?.(toFloat32(pcm16))
    return kept
  }

  #take(pcm16: Uint8Array): void {
    const at = this.offset
    this.#fresh = false
    try {
      this.#keeping.append(pcm16)
    } finally {
      // Refused or not: it is heard.
      this.#listening.hear(at, pcm16)
    }
  }

  /** Zeros that an earlier process left are what was said: their speaker has nothing else. */
  #reclaim(to?: number): void {
    this.#parts.sink.reclaim?.(to)
    this.#listening.readOn()
  }

  /** An hour of silence must keep nobody waiting: as a hole in the file, and heard from there. */
  #skip(bytes: number): boolean {
    if (this.#keeping.refused || !this.#parts.sink.extend?.(bytes)) return false
    this.#fresh = false
    this.#listening.readOn()
    return true
  }

  #open(): void {
    if (this.#left) throw new AppError('conflict', 'This stream has ended; start a new one.')
  }

  /** Up to this byte at most was spoken by then, as far as is known before any sound came; not before the wanted one. Only where bytes have numbers: other programs send when they like. */
  #spokenBy(now: Ms): number {
    return Math.max(this.offset, (now - this.#parts.start) * BYTES_PER_MS)
  }

  #time(bytes: number): Ms {
    return this.#parts.start + Math.round(bytes / BYTES_PER_MS)
  }
}
