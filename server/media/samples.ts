/** Uncompressed sample encodings: bytes → one float array per channel. */

const ENCODINGS = [
  'u8',
  's8',
  's16le',
  's16be',
  's24le',
  's24be',
  's32le',
  's32be',
  'f32le',
  'f32be',
  'f64le',
  'f64be',
  'alaw',
  'mulaw',
] as const
export type SampleEncoding = (typeof ENCODINGS)[number]

export function isSampleEncoding(name: string): name is SampleEncoding {
  return ENCODINGS.some((each) => each === name)
}

export function bytesPerSample(encoding: SampleEncoding): number {
  if (encoding === 'alaw' || encoding === 'mulaw') return 1
  return Number(/\d+/.exec(encoding)?.[0]) / 8
}

/** `bytes` must hold whole frames (all channels of a moment). Values beyond −1…1 of float files are kept; NaN becomes 0. */
export function decodeSamples(bytes: Uint8Array, encoding: SampleEncoding, channels: number): Float32Array[] {
  const width = bytesPerSample(encoding)
  const frames = Math.floor(bytes.length / (width * channels))
  const read = reader(encoding, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const planes = Array.from({ length: channels }, () => new Float32Array(frames))
  for (let frame = 0, at = 0; frame < frames; frame++) {
    for (const plane of planes) {
      plane[frame] = read(at)
      at += width
    }
  }
  return planes
}

function reader(encoding: SampleEncoding, view: DataView): (at: number) => number {
  switch (encoding) {
    case 'u8':
      return (at) => (view.getUint8(at) - 128) / 128
    case 's8':
      return (at) => view.getInt8(at) / 128
    case 's16le':
      return (at) => view.getInt16(at, true) / 32768
    case 's16be':
      return (at) => view.getInt16(at, false) / 32768
    case 's24le':
      return (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608
    case 's24be':
      return (at) => ((view.getInt8(at) << 16) | view.getUint16(at + 1, false)) / 8_388_608
    case 's32le':
      return (at) => view.getInt32(at, true) / 2_147_483_648
    case 's32be':
      return (at) => view.getInt32(at, false) / 2_147_483_648
    case 'f32le':
      return (at) => view.getFloat32(at, true) || 0
    case 'f32be':
      return (at) => view.getFloat32(at, false) || 0
    case 'f64le':
      return (at) => view.getFloat64(at, true) || 0
    case 'f64be':
      return (at) => view.getFloat64(at, false) || 0
    case 'alaw':
      return (at) => fromALaw(view.getUint8(at)) / 32768
    case 'mulaw':
      return (at) => fromMuLaw(view.getUint8(at)) / 32768
  }
}

/** ITU-T G.711 µ-law to 16-bit. */
export function fromMuLaw(byte: number): number {
  const bits = ~byte & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
  return bits & 0x80 ? -magnitude : magnitude
}

/** ITU-T G.711 A-law to 16-bit. */
export function fromALaw(byte: number): number {
  const bits = byte ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return bits & 0x80 ? magnitude : -magnitude
}
