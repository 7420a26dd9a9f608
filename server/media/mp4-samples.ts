/** Where the packets of an MP4 track lie: by its sample tables, or by its fragments. */
import { boxes, child, u32, u64 } from './mp4-boxes.ts'

export interface Sample {
  offset: number
  size: number
}

/** stsz, stsc and stco/co64 joined: where each sample lies. */
export function* tableSamples(stbl: Uint8Array): Generator<Sample> {
  const stsz = child(stbl, 'stsz')
  const stsc = child(stbl, 'stsc')
  const stco = child(stbl, 'stco')
  const co64 = child(stbl, 'co64')
  const chunks = stco ?? co64
  if (!stsz || !stsc || !chunks) return
  const fixed = u32(stsz, 4)
  const count = u32(stsz, 8)
  const sizeOf = (index: number) => fixed || u32(stsz, 12 + index * 4)
  const chunkCount = u32(chunks, 4)
  const runs = u32(stsc, 4)
  let run = 0
  let index = 0
  for (let chunk = 1; chunk <= chunkCount && index < count; chunk++) {
    while (run + 1 < runs && u32(stsc, 8 + (run + 1) * 12) <= chunk) run++
    const perChunk = u32(stsc, 12 + run * 12)
    let offset = co64 && !stco ? u64(co64, 8 + (chunk - 1) * 8) : u32(chunks, 8 + (chunk - 1) * 4)
    for (let i = 0; i < perChunk && index < count; i++, index++) {
      const size = sizeOf(index)
      yield { offset, size }
      offset += size
    }
  }
}

export interface FragmentedTrack {
  id: number
  /** Of samples whose size no fragment names. */
  defaultSize: number
  /** Where the fragment begins in the file: data offsets count from there. */
  origin: number
}

/** The samples that a fragment (`moof`) holds of a track. */
export function* fragmentSamples(moof: Uint8Array, wanted: FragmentedTrack): Generator<Sample> {
  for (const box of boxes(moof)) {
    if (box.type !== 'traf') continue
    const traf = moof.subarray(box.start, box.end)
    const tfhd = child(traf, 'tfhd')
    if (tfhd && u32(tfhd, 4) === wanted.id) yield* runSamples(traf, readTrackHeader(tfhd, wanted))
  }
}

/** `tfhd`: a base offset and a size of its own, where it has them. */
function readTrackHeader(tfhd: Uint8Array, { origin, defaultSize }: FragmentedTrack) {
  const has = flagsOf(tfhd)
  let at = 8
  const base = has & 1 ? u64(tfhd, at) : origin
  at += (has & 1 ? 8 : 0) + (has & 2 ? 4 : 0) + (has & 8 ? 4 : 0)
  return { base, size: has & 0x10 ? u32(tfhd, at) : defaultSize }
}

/** Every `trun`: samples one after the other, from where it says or where the last one ended. */
function* runSamples(traf: Uint8Array, track: { base: number; size: number }): Generator<Sample> {
  let offset = track.base
  for (const box of boxes(traf)) {
    if (box.type !== 'trun') continue
    const trun = traf.subarray(box.start, box.end)
    const has = flagsOf(trun)
    const count = u32(trun, 4)
    if (has & 1) offset = track.base + (u32(trun, 8) | 0)
    // Of each sample: duration, size, flags, composition offset, as far as the run says so.
    const before = has & 0x100 ? 4 : 0
    const stride = before + (has & 0x200 ? 4 : 0) + (has & 0x400 ? 4 : 0) + (has & 0x800 ? 4 : 0)
    let at = 8 + (has & 1 ? 4 : 0) + (has & 4 ? 4 : 0)
    for (let i = 0; i < count && at <= trun.length; i++, at += stride) {
      const size = has & 0x200 ? u32(trun, at + before) : track.size
      yield { offset, size }
      offset += size
    }
  }
}

/** The lower three bytes of a full box's first word; the upper one is its version. */
function flagsOf(box: Uint8Array): number {
  return u32(box, 0) & 0xffffff
}

/** The size of samples whose size no fragment names (`trex`). */
export function fragmentDefault(moov: Uint8Array, trackId: number): number {
  const mvex = child(moov, 'mvex')
  for (const box of mvex ? boxes(mvex) : []) {
    const trex = mvex?.subarray(box.start, box.end)
    if (box.type === 'trex' && trex && u32(trex, 4) === trackId) return u32(trex, 16)
  }
  return 0
}
