/** PCM16LE bytes ↔ float samples. */

/** Little-endian 16-bit bytes as floats in −1…1 (÷ 32768, as whisper.cpp reads WAV). `bytes.length` must be even. */
export function toFloat32(bytes: Uint8Array): Float32Array {
  const count = bytes.length >> 1
  const samples = new Float32Array(count)
  if (bytes.byteOffset % 2 === 0) {
    const words = new Int16Array(bytes.buffer, bytes.byteOffset, count) // every platform Bun runs on is little-endian
    for (let i = 0; i < count; i++) samples[i] = (words[i] as number) / 32768
  } else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let i = 0; i < count; i++) samples[i] = view.getInt16(i * 2, true) / 32768
  }
  return samples
}

/** Floats in −1…1 as little-endian 16-bit bytes; louder samples are clipped, NaN becomes 0. */
export function toPcm16(samples: Float32Array): Uint8Array {
  const words = new Int16Array(samples.length)
  for (let i = 0; i < samples.length; i++) {
    words[i] = Math.min(32767, Math.max(-32768, Math.round((samples[i] as number) * 32768)))
  }
  return new Uint8Array(words.buffer)
}
