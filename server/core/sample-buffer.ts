/** Sound addressed by absolute sample number: append at the end, read any range, forget the beginning. */

export class SampleBuffer {
  #data = new Float32Array(32_000)
  #start = 0
  #end = 0

  /** The oldest sample still held. */
  get start(): number {
    return this.#start
  }

  /** One past the newest sample: how many have been appended in all. */
  get end(): number {
    return this.#end
  }

  /** Copies the samples. */
  append(samples: Float32Array): void {
    const held = this.#end - this.#start
    if (held + samples.length > this.#data.length) {
      const grown = new Float32Array(Math.max(this.#data.length * 2, held + samples.length))
      grown.set(this.#data.subarray(0, held))
      this.#data = grown
    }
    this.#data.set(samples, held)
    this.#end += samples.length
  }

  /** A copy of `from`…`to`, clipped to what is held. */
  slice(from: number, to: number): Float32Array {
    const first = Math.max(from, this.#start) - this.#start
    const last = Math.min(to, this.#end) - this.#start
    return this.#data.slice(first, Math.max(first, last))
  }

  /** The samples themselves, until the next `append` or `trim`. */
  view(from: number, to: number): Float32Array {
    return this.#data.subarray(
      Math.max(from, this.#start) - this.#start,
      Math.max(Math.min(to, this.#end) - this.#start, 0),
    )
  }

  /** Forget everything before `sample`; memory shrinks when little is left. */
  trim(sample: number): void {
    const drop = Math.min(sample, this.#end) - this.#start
    if (drop <= 0) return
    const held = this.#end - this.#start - drop
    // A second at a time: moving memory for every frame would cost more than it frees.
    if (drop < 16_000 && held > 0) return
    const next =
      this.#data.length > 128_000 && held < this.#data.length / 4
        ? new Float32Array(Math.max(32_000, held * 2))
        : this.#data
    if (next === this.#data) this.#data.copyWithin(0, drop, drop + held)
    else next.set(this.#data.subarray(drop, drop + held))
    this.#data = next
    this.#start += drop
  }

  /** Samples of memory in use. */
  get capacity(): number {
    return this.#data.length
  }
}
