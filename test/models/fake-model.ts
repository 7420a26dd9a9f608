/** A file with the skeleton of a whisper model and no useful weights: 200 kB instead of 80 MB. */

/** Little-endian, the layout of `whisper_model_load`. Different seeds give different weights, thus different hashes. */
export function fakeWhisperFile(seed = 1): Buffer {
  const parts: Buffer[] = []
  const integers = (...values: number[]) => {
    const bytes = Buffer.alloc(values.length * 4)
    values.forEach((value, index) => {
      bytes.writeInt32LE(value, index * 4)
    })
    parts.push(bytes)
  }
  integers(0x67676d6c)
  integers(51_865, 1500, 64, 2, 1, 448, 64, 2, 1, 80, 1) // one encoder and one decoder layer
  integers(80, 201)
  parts.push(Buffer.alloc(80 * 201 * 4, 7))
  integers(1000)
  for (let i = 0; i < 1000; i++) {
    const word = Buffer.from(`w${i}`)
    integers(word.length)
    parts.push(word)
  }
  for (let i = 0; i < 45; i++) {
    const name = Buffer.from(`tensor.${i}`)
    integers(2, name.length, 1, 32, 32)
    parts.push(name, Buffer.alloc(32 * 32 * 2, (seed + i) % 251))
  }
  return Buffer.concat(parts)
}

export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
}

/** Bytes that look random and are the same in every run. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
