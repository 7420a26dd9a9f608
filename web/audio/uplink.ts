/** One audio stream on its way to the server: every byte exactly once by offset, across any number of reconnects. */
import { Patience } from '../../server/core/patience.ts'
import { BYTES_PER_SECOND, packAudioFrame } from '../../server/core/wire.ts'
import { AudioRing } from './ring.ts'

export interface UplinkPorts {
  /** Only called between `connected` and `disconnected`. */
  sendJson(message: UplinkMessage): void
  sendBytes(frame: Uint8Array<ArrayBuffer>): void
  /** Bytes the browser still holds back; above a limit we wait instead of filling its memory. */
  buffered(): number
  now(): number
}

export type UplinkMessage =
  | { type: 'audio-start'; stream: string; number: number }
  | { type: 'audio-end'; number: number; length: number }
  | { type: 'audio-lost'; number: number; from: number; to: number }

/** Older audio than the memory holds, kept on this device (see spool.ts): what begins at or first after `offset`. */
export interface SpoolReader {
  read(offset: number, length: number): Promise<{ offset: number; bytes: Uint8Array } | null>
}

/** Ten minutes in memory: 19 MB. */
const RING_BYTES = 600 * BYTES_PER_SECOND
/** Catching up is bounded to four times real time, so that one returning speaker does not swamp the recogniser. */
const CATCH_UP = 4
const REPLAY_FRAME_BYTES = BYTES_PER_SECOND / 2
const MAX_BUFFERED = 256 * 1024

export class AudioUplink {
  ring: AudioRing
  /** The stream of an earlier meeting all of whose unconfirmed bytes this one has taken over. */
  carriedFrom: string | null = null
  readonly #name: string
  readonly #owed: boolean
  /** Of the meeting it is in; '' = none has welcomed it yet. */
  #epoch = ''
  #meetings = 1
  readonly #patience = new Patience()
  /** Offset of the next byte to send, or null until the server has said where to go on. */
  #next: number | null = null
  #acked = 0
  #finished = false
  #endSent = false
  #tokens = 0
  #refilled = 0
  #fetching = false
  #ended = false
  /** Resolves when the server has stored the whole stream and said so. */
  readonly whenEnded: Promise<void>
  #resolveEnded: () => void = () => {}

  constructor(
    public stream: string,
    readonly number: number,
    private readonly ports: UplinkPorts,
    /** Where what the memory had to give up lies; null on devices that cannot keep anything. */
    private readonly spool: SpoolReader | null = null,
    /** Of a stream that an earlier page owes: its length, all of it in the spool. */
    owed: number | null = null,
  ) {
    this.#name = stream
    this.#owed = owed !== null
    this.ring = new AudioRing(RING_BYTES, owed ?? 0)
    this.whenEnded = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
  }

  /** The server has all of it: nothing is kept any more. */
  end(): void {
    this.#ended = true
    this.confirm(this.ring.end)
    this.#resolveEnded()
  }

  /** The server has everything below this on disk. */
  get acked(): number {
    return this.#acked
  }

  /** Milliseconds of audio that only this device has. */
  get keptMs(): number {
    return Math.round(((this.ring.end - this.#acked) / BYTES_PER_SECOND) * 1000)
  }

  /** The part of it that is in memory. */
  get inMemoryMs(): number {
    return Math.round((this.ring.size / BYTES_PER_SECOND) * 1000)
  }

  /** Milliseconds recorded and not yet sent. */
  get behindMs(): number {
    return Math.round(((this.ring.end - (this.#next ?? this.#acked)) / BYTES_PER_SECOND) * 1000)
  }

  append(pcm16: Uint8Array): void {
    if (this.#finished) return
    this.ring.append(pcm16)
    this.#patience.heard(pcm16)
    this.pump()
  }

  /** The device gave nothing for so long (phone locked, call): the hole is told to the server, never hidden. */
  skip(ms: number): void {
    this.ring.skip(Math.round((ms * BYTES_PER_SECOND) / 2000) * 2)
  }

  /** The socket is welcomed (again): announce the stream, then wait for `ready`. */
  connected(): void {
    this.#next = null
    this.#endSent = false
    if (!this.#ended) this.ports.sendJson({ type: 'audio-start', stream: this.stream, number: this.number })
  }

  disconnected(): void {
    this.#next = null
  }

  /** The meeting it was begun in may have ended while the line was cut: it goes on in this one, or (false) it cannot. */
  follow(epoch: string): boolean {
    const before = this.#epoch
    this.#epoch = epoch
    return before === '' || before === epoch || this.anew()
  }

  /**
   * Another meeting has begun under it, with a clock of its own: what nobody has confirmed is said there, as a recording
   * of another name from its first byte on. What only the spool of the meeting before has stays there; false = all of it.
   */
  anew(): boolean {
    if (this.#owed) return false
    const from = this.ring.nextAvailable(this.#acked)
    const ring = new AudioRing(RING_BYTES)
    for (let at = from; at < this.ring.end; at = from + ring.end) {
      const bytes = this.ring.read(at, REPLAY_FRAME_BYTES)
      if (bytes.length > 0) ring.append(bytes)
      else ring.skip(this.ring.nextAvailable(at) - at)
    }
    this.carriedFrom = from === this.#acked || from === this.ring.end ? this.stream : null
    this.stream = `${this.#name}-${++this.#meetings}`
    this.ring = ring
    this.#acked = 0
    this.disconnected()
    return true
  }

  /** The server wants what follows `offset`. What is before it may not be on its disk yet, or never come there: it stays. */
  ready(offset: number): void {
    if (offset > this.ring.end) this.ring.skip(offset - this.ring.end)
    this.#next = offset
    this.#tokens = BYTES_PER_SECOND
    this.#refilled = this.ports.now()
    this.pump()
  }

  confirm(offset: number): void {
    if (offset <= this.#acked) return
    this.#acked = offset
    this.ring.release(offset)
  }

  /** No more audio will come; the end is announced when all of it has been sent. */
  finish(): void {
    this.#finished = true
    this.pump()
  }

  /** Sends what may be sent now. Call on every new frame and on a slow timer while catching up. */
  pump(): void {
    if (this.#mayWait()) return
    const now = this.ports.now()
    this.#tokens = Math.min(
      BYTES_PER_SECOND * CATCH_UP,
      this.#tokens + ((now - this.#refilled) / 1000) * BYTES_PER_SECOND * CATCH_UP,
    )
    this.#refilled = now
    while (this.#next !== null && this.#next < this.ring.end) {
      if (this.#tokens <= 0 || this.ports.buffered() > MAX_BUFFERED) return
      const next = this.#next
      const available = this.ring.nextAvailable(next)
      if (available > next) {
        if (this.spool && !this.#fetching) this.#fetch(next, available)
        if (this.#fetching) return
        this.#lost(next, available)
        continue
      }
      this.#send(next, this.ring.read(next, REPLAY_FRAME_BYTES))
    }
    if (this.#finished && !this.#endSent && this.#next === this.ring.end) {
      this.#endSent = true
      this.ports.sendJson({ type: 'audio-end', number: this.number, length: this.ring.end })
    }
  }

  #mayWait(): boolean {
    return this.#next !== null && !this.#finished && this.#patience.mayWait(this.ring.end - this.#next)
  }

  #send(offset: number, pcm16: Uint8Array): void {
    this.ports.sendBytes(packAudioFrame({ number: this.number, offset, pcm16 }) as Uint8Array<ArrayBuffer>)
    this.#next = offset + pcm16.length
    this.#tokens -= pcm16.length
  }

  /** The server answers `audio-ready`; until then nothing is sent. */
  #lost(from: number, to: number): void {
    this.#next = null
    this.ports.sendJson({ type: 'audio-lost', number: this.number, from, to })
  }

  /** Memory no longer has `from`…`to`; the spool may. What neither has is lost, and said so. */
  #fetch(from: number, to: number): void {
    this.#fetching = true
    const resume = (found: { offset: number; bytes: Uint8Array } | null) => {
      this.#fetching = false
      if (this.#next === from) {
        if (found && found.offset === from && found.bytes.length > 0) this.#send(from, found.bytes)
        else this.#lost(from, found ? Math.min(found.offset, to) : to)
      }
      this.pump()
    }
    this.spool?.read(from, Math.min(REPLAY_FRAME_BYTES, to - from)).then(resume, () => resume(null))
  }
}
