/** What every media decoder produces: a stretch of audio, one array per channel, at the source's own rate. */

export interface AudioBlock {
  /** Samples −1…1, one array of the same length per channel. */
  planes: Float32Array[]
  /** Hz. */
  sampleRate: number
}

/** Bytes in, audio out, in the order of the bytes. `push` after `end` is a mistake of the caller. */
export interface StreamDecoder {
  push(bytes: Uint8Array): Promise<AudioBlock[]> | AudioBlock[]
  end(): Promise<AudioBlock[]> | AudioBlock[]
  close(): void
}

/** `a` followed by `b`. */
export function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
