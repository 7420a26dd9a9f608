/** The newest bytes of one audio stream, addressed by absolute byte offset; may have holes; the oldest give way when full. */

interface Chunk {
  offset: number
  bytes: Uint8Array
}

export class AudioRing {
  #chunks: Chunk[] = []
  #size = 0
  #end: number

  /** `capacity` in bytes. `origin` is the offset of the first byte to come. */
  constructor(
    readonly capacity: number,
    origin = 0,
  ) {
    this.#end = origin
  }

  /** Offset after the newest byte. */
  get end(): number {
    return this.#end
  }

  /** Bytes held. */
  get size(): number {
    return this.#size
  }

  /** Appends at `end`. The bytes are kept, not copied. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#chunks.push({ offset: this.#end, bytes })
    this.#end += bytes.length
    this.#size += bytes.length
    while (this.#size > this.capacity && this.#chunks.length > 1) this.#shift()
  }

  /** Leaves a hole of `count` bytes: time passed in which nothing could be recorded. */
  skip(count: number): void {
    this.#end += count
  }

  /** Bytes below `offset` are safe elsewhere: let them go. */
  release(offset: number): void {
    for (;;) {
      const first = this.#chunks[0]
      if (!first || first.offset >= offset) return
      this.#shift()
      const end = first.offset + first.bytes.length
      if (end <= offset) continue
      const rest = first.bytes.subarray(offset - first.offset)
      this.#chunks.unshift({ offset, bytes: rest })
      this.#size += rest.length
      return
    }
  }

  /** The first offset at or after `offset` that can be read; `end` when there is none. */
  nextAvailable(offset: number): number {
    const chunk = this.#chunks[this.#indexOf(offset)]
    return chunk ? Math.max(offset, chunk.offset) : this.#end
  }

  /** A copy of at most `length` bytes from `offset`, up to the next hole; empty when nothing is there. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array[] = []
    let at = offset
    for (let index = this.#indexOf(offset); at < offset + length; index++) {
      const chunk = this.#chunks[index]
      if (!chunk || chunk.offset > at) break
      const part = chunk.bytes.subarray(at - chunk.offset, at - chunk.offset + (offset + length - at))
      parts.push(part)
      at += part.length
    }
    const out = new Uint8Array(at - offset)
    let filled = 0
    for (const part of parts) {
      out.set(part, filled)
      filled += part.length
    }
    return out
  }

  /** Index of the first chunk that ends after `offset`. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const chunk = this.#chunks[middle] as Chunk
      if (chunk.offset + chunk.bytes.length > offset) high = middle
      else low = middle + 1
    }
    return low
  }

  #shift(): void {
    const first = this.#chunks.shift()
    if (first) this.#size -= first.bytes.length
  }
}
