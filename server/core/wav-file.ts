/** WAV files of 16-bit samples (RIFF, format 1): the header, and small ones whole. */
import { SAMPLE_RATE } from './audio.ts'

/**
 * The 44 bytes before `bytes` bytes of PCM16LE samples (0xffffffff while that is not known); `sampleRate` in Hz, `channels`
 * interleaved.
 */
export function wavHeader(bytes: number, sampleRate = SAMPLE_RATE, channels = 1): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(44)
  const view = new DataView(header.buffer)
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at)
  put(0, 'RIFF')
  view.setUint32(4, Math.min(0xffffffff, bytes + 36), true)
  put(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * channels * 2, true)
  view.setUint16(32, channels * 2, true)
  view.setUint16(34, 16, true)
  put(36, 'data')
  view.setUint32(40, bytes, true)
  return header
}

/** These bytes of PCM16LE, mono 16 kHz, one after the other as a file. */
export function wavFile(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const header = wavHeader(length)
  const bytes = new Uint8Array(header.length + length)
  bytes.set(header)
  let at = header.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
