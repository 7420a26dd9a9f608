/** Audio a client still has to keep: everything written and not yet acknowledged, addressed by byte offset. */

/** Pieces are merged up to this size, so that an hour of small frames stays a few thousand arrays. */
const PIECE_BYTES = 32_000

export class HeldAudio {
  readonly #limit: number
  #pieces: Uint8Array[] = []
  /** Bytes used in the last piece. */
  #fill = 0
  #start = 0
  #end = 0

  /** `limit`: bytes kept at most; the oldest go first. `start`: offset of the first byte ever written. */
  constructor(limit: number, start = 0) {
    this.#limit = limit
    this.#start = start
    this.#end = start
  }

  /** Offset of the oldest byte still held. */
  get start(): number {
    return this.#start
  }
  /** Offset of the next byte to be written. */
  get end(): number {
    return this.#end
  }

  /** Appends a copy. Returns how many old bytes had to be given up to stay within the limit. */
  append(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; ) {
      let last = this.#pieces.at(-1)
      if (!last || this.#fill === last.length) {
        last = new Uint8Array(PIECE_BYTES)
        this.#pieces.push(last)
        this.#fill = 0
        if (this.#pieces.length === 1) this.#front = this.#end
      }
      const count = Math.min(bytes.length - at, last.length - this.#fill)
      last.set(bytes.subarray(at, at + count), this.#fill)
      this.#fill += count
      this.#end += count
      at += count
    }
    const lost = Math.max(0, this.#end - this.#start - this.#limit)
    if (lost > 0) this.release(this.#start + lost)
    return lost
  }

  /** Everything below `offset` is safe elsewhere. */
  release(offset: number): void {
    if (offset <= this.#start) return
    this.#start = Math.min(offset, this.#end)
    while (this.#pieces.length > 1 && this.#front + PIECE_BYTES <= this.#start) {
      this.#pieces.shift()
      this.#front += PIECE_BYTES
    }
    if (this.#start === this.#end) {
      this.#pieces = []
      this.#fill = 0
    }
  }

  /** A copy of at most `length` bytes from `offset`, which must lie in [start, end]. */
  read(offset: number, length: number): Uint8Array {
    if (offset < this.#start || offset > this.#end) throw new RangeError('not held')
    const result = new Uint8Array(Math.min(length, this.#end - offset))
    for (let done = 0; done < result.length; ) {
      const at = offset + done - this.#front
      const piece = this.#pieces[Math.floor(at / PIECE_BYTES)] as Uint8Array
      const part = piece.subarray(at % PIECE_BYTES, (at % PIECE_BYTES) + result.length - done)
      result.set(part, done)
      done += part.length
    }
    return result
  }

  /** Offset of the first byte of the first piece: at or below `start`. */
  #front = 0
}
