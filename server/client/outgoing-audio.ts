/** One recording on its way to the server: every byte until it is acknowledged, across any number of connections. */
import { Patience } from '../core/patience.ts'
import { type AudioFrame, BYTES_PER_MS, BYTES_PER_SECOND } from '../core/wire.ts'
import { HeldAudio } from './held-audio.ts'

/** What one connection lends to its recordings. */
export interface Line {
  start(stream: string, number: number): void
  end(number: number, length: number): void
  lost(number: number, from: number, to: number): void
  frame(frame: AudioFrame): void
  /** Bytes handed to the socket and not yet sent. */
  waiting(): number
}

export interface OutgoingOptions {
  /** Bytes held at most while the server does not acknowledge. */
  keepBytes: number
  /** Times real time at most when catching up. */
  resendSpeed: number
  /** Milliseconds, monotonic. */
  now: () => number
  /** The client itself could not keep bytes `from`…`to`. */
  onLost: (from: number, to: number) => void
  newStreamId: () => string
}

/** Longest frame sent: half a second; the server takes one second. */
const FRAME_BYTES = BYTES_PER_SECOND / 2
/** Stop handing frames to a socket that holds this much. */
const MAX_WAITING = 256 * 1024
/** What may be sent at once after a pause, so that live speech is never held back by the pacing: two seconds. */
const BURST_BYTES = 2 * BYTES_PER_SECOND

export class OutgoingAudio {
  readonly #options: OutgoingOptions
  readonly #held: HeldAudio
  readonly #patience = new Patience()
  #stream: string
  /** Offset in `#held` of byte 0 of the current stream: moves when a new meeting begins under a running recording. */
  #base = 0
  #epoch = ''
  #number = 0
  #line: Line | null = null
  /** Next byte to send, or null until the server has named the offset it wants. */
  #next: number | null = null
  #allowance = BURST_BYTES
  #allowanceAt = 0
  #ending: PromiseWithResolvers<void> | null = null
  #endSent = false
  #finished = false
  #over = false

  constructor(options: OutgoingOptions) {
    this.#options = options
    this.#held = new HeldAudio(options.keepBytes)
    this.#stream = options.newStreamId()
    this.#allowanceAt = options.now()
  }

  get stream(): string {
    return this.#stream
  }
  /** Number on the current connection. */
  get number(): number {
    return this.#number
  }
  /** Bytes written so far. */
  get written(): number {
    return this.#held.end
  }
  /** Bytes below this are safe on the server's disk (or were given up, see `onLost`). */
  get acknowledged(): number {
    return this.#held.start
  }
  get finished(): boolean {
    return this.#finished
  }

  /** PCM16LE mono 16 kHz, an even number of bytes. Copied. Ignored once the server has refused (see `refused`). */
  write(pcm16: Uint8Array): void {
    if (this.#finished) return
    if (this.#ending) throw new Error('This recording has ended.')
    const before = this.#held.start
    const lost = this.#held.append(pcm16)
    this.#patience.heard(pcm16)
    if (lost > 0) {
      this.#options.onLost(before, before + lost)
      if (this.#next !== null && this.#next < this.#held.start) this.#skipTo(this.#next)
    }
    this.pump()
  }

  /** No more audio. Resolves when the server has stored and finished everything. */
  end(): Promise<void> {
    this.#ending ??= Promise.withResolvers<void>()
    this.pump()
    return this.#ending.promise
  }

  /** A connection is greeted: announce the recording on it. A new epoch is a new meeting, hence a new stream. */
  attach(line: Line, number: number, epoch: string): void {
    if (this.#epoch && this.#epoch !== epoch) {
      this.#stream = this.#options.newStreamId()
      this.#base = this.#held.start
    }
    this.#epoch = epoch
    this.#line = line
    this.#number = number
    this.#next = null
    this.#endSent = false
    if (!this.#finished) line.start(this.#stream, number)
  }

  detach(): void {
    this.#line = null
    this.#next = null
  }

  /** The server wants the bytes from `offset` on. */
  ready(offset: number): void {
    const wanted = offset + this.#base
    if (this.#over) return this.#giveUp() // it wants what it has no meeting for
    this.#endSent = false
    if (wanted < this.#held.start) this.#skipTo(wanted)
    // The server may know more than we do: an acknowledgement that was cut off on its way.
    else this.#next = Math.min(wanted, this.#held.end)
    this.pump()
  }

  acknowledge(offset: number): void {
    this.#held.release(offset + this.#base)
    if (this.#next !== null && this.#next < this.#held.start) this.#next = this.#held.start
  }

  ended(): void {
    this.#finished = true
    this.#held.release(this.#held.end)
    this.#ending?.resolve()
  }

  /** The meeting has ended under it. What is not with the server by now is lost; what is, is still being finished. */
  meetingOver(): void {
    if (this.#finished) return
    this.#over = true
    if (!this.#endSent) this.#giveUp()
  }

  #giveUp(): void {
    if (this.#held.end > this.#held.start) this.#options.onLost(this.#held.start, this.#held.end)
    this.abandon(new Error('The meeting has ended; what was not stored by then is lost.'))
  }

  /** The server will not take any more of it. */
  abandon(reason: Error): void {
    this.#finished = true
    this.#ending ??= Promise.withResolvers<void>()
    this.#ending.promise.catch(() => {})
    this.#ending.reject(reason)
  }

  /** Sends what may be sent now. Called on every write and from the client's timer. */
  pump(): void {
    const line = this.#line
    if (!line || this.#next === null || this.#finished) return
    if (!this.#ending && this.#patience.mayWait(this.#held.end - this.#next)) return
    this.#refill()
    while (this.#next < this.#held.end && line.waiting() < MAX_WAITING) {
      const length = Math.min(FRAME_BYTES, this.#held.end - this.#next)
      if (length > this.#allowance) return
      this.#allowance -= length
      line.frame({
        number: this.#number,
        offset: this.#next - this.#base,
        pcm16: this.#held.read(this.#next, length),
      })
      this.#next += length
    }
    if (this.#ending && !this.#endSent && this.#next === this.#held.end) {
      this.#endSent = true
      line.end(this.#number, this.#held.end - this.#base)
    }
  }

  #skipTo(from: number): void {
    this.#line?.lost(this.#number, from - this.#base, this.#held.start - this.#base)
    this.#next = this.#held.start
  }

  #refill(): void {
    const now = this.#options.now()
    const grown = (now - this.#allowanceAt) * BYTES_PER_MS * this.#options.resendSpeed
    this.#allowance = Math.min(BURST_BYTES, this.#allowance + grown)
    this.#allowanceAt = now
  }
}

/** Bytes of a recording that could not be kept, in words. */
export function lostSound({ from, to }: { from: number; to: number }): string {
  return `${((to - from) / BYTES_PER_SECOND).toFixed(1)} s of sound could not be kept.`
}
