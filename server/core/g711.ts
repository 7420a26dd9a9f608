/** ITU-T G.711: one byte per sample of telephone sound → floats, by table. */

const MU_LAW = table((byte) => {
  const bits = ~byte & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
  return bits & 0x80 ? -magnitude : magnitude
})

const A_LAW = table((byte) => {
  const bits = byte ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return bits & 0x80 ? magnitude : -magnitude
})

export function decodeG711(bytes: Uint8Array, law: 'mulaw' | 'alaw'): Float32Array {
  const values = law === 'mulaw' ? MU_LAW : A_LAW
  const samples = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) samples[i] = values[bytes[i] as number] as number
  return samples
}

function table(decode: (byte: number) => number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => decode(byte) / 32768)
}
