/** PCM16 mono 16 kHz in a WAV file. */

const RATE = 16_000
const HEADER_BYTES = 44

export function wavOf(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const bytes = new Uint8Array(HEADER_BYTES + length)
  const view = new DataView(bytes.buffer)
  const tag = (at: number, name: string) => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, name.charCodeAt(i))
  }
  tag(0, 'RIFF')
  view.setUint32(4, 36 + length, true)
  tag(8, 'WAVE')
  tag(12, 'fmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, RATE, true)
  view.setUint32(28, RATE * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  tag(36, 'data')
  view.setUint32(40, length, true)
  let at = HEADER_BYTES
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
