/** Small WAV files for tests: read samples, write samples, add silence. */
import { readFileSync, writeFileSync } from 'node:fs'

/** PCM16LE mono 16 kHz of a plain 44-byte-header WAV. */
export function readPcm16(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path)).subarray(44)
}

export function writeWav(path: string, pcm16: Uint8Array): string {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + pcm16.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(16_000, 24)
  header.writeUInt32LE(32_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(pcm16.length, 40)
  writeFileSync(path, Buffer.concat([header, pcm16]))
  return path
}

/** The recordings one after the other, with silence before, between and after (seconds). */
export function joinWithSilence(
  path: string,
  clips: string[],
  before: number,
  between = 1,
  after = 3,
): string {
  const silence = (seconds: number) => new Uint8Array(Math.round(seconds * 16_000) * 2)
  const parts = clips.flatMap((clip, index) => [silence(index === 0 ? before : between), readPcm16(clip)])
  return writeWav(path, Buffer.concat([...parts, silence(after)]))
}
