/** Sound that waits for a recogniser that is behind, where no file keeps it: half the memory of what a recogniser holds, and no more than waits. */

export class Unheard {
  #pieces: Uint8Array[] = []
  /** Bytes of the first piece that are taken. */
  #taken = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** PCM16LE; kept, not copied. */
  push(pcm16: Uint8Array): void {
    this.#pieces.push(pcm16)
    this.#bytes += pcm16.length
  }

  /** The oldest bytes, at most `length` of them; they are forgotten here. */
  take(length: number): Uint8Array {
    const out = new Uint8Array(Math.min(length, this.#bytes))
    let used = 0
    for (let filled = 0; filled < out.length; ) {
      const piece = this.#pieces[used] as Uint8Array
      const part = piece.subarray(this.#taken, this.#taken + out.length - filled)
      out.set(part, filled)
      filled += part.length
      this.#taken += part.length
      if (this.#taken < piece.length) break
      used++
      this.#taken = 0
    }
    this.#pieces.splice(0, used)
    this.#bytes -= out.length
    return out
  }
}
