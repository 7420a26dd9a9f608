/** Kept recordings as files to take away: Ogg Opus as it lies there, or raw samples as WAV; and all of them mixed. */
import { join, normalize } from 'node:path'
import { AppError } from '../core/error.ts'
import { wavHeader } from '../core/wav-file.ts'
import { isThere, mixTracks, openTrack, type StoredTrack, type TrackAudio } from './track-audio.ts'

export interface NamedTrack extends StoredTrack {
  /** Session time of its first sample, ms. */
  start: number
  participantId: string
}

export interface NamedFile {
  name: string
  stream(): AsyncGenerator<Uint8Array>
}

/** Samples per piece. */
const STEP = 160_000
const PIECE = 256 * 1024

/** Recordings with sound whose files are there: a database can be restored by itself. */
export function takeable<T extends NamedTrack & { bytes: number }>(
  dataDir: string,
  tracks: readonly T[],
): T[] {
  return tracks.filter((track) => track.bytes > 0 && isThere(dataDir, track))
}

/** One file per recording: `1 Ada.ogg`, `2 Grace.wav`; the number is the order of their beginnings. */
export function recordingFiles(
  dataDir: string,
  tracks: readonly NamedTrack[],
  nameOf: (participantId: string) => string,
): NamedFile[] {
  return [...tracks]
    .sort((a, b) => a.start - b.start)
    .map((track, i) => {
      const extension = track.encoding === 'opus' ? 'ogg' : track.encoding === 'pcm' ? 'wav' : track.encoding
      return {
        name: `${i + 1} ${nameOf(track.participantId)}.${extension}`,
        stream: () => (track.encoding === 'pcm' ? samplesOf(dataDir, [track]) : bytesOf(dataDir, track)),
      }
    })
}

/** Bytes of `mixedFile`. */
export function mixedBytes(dataDir: string, tracks: readonly NamedTrack[]): number {
  const audio = mixed(dataDir, tracks, true)
  audio.close()
  return wavHeader(0).length + audio.samples * 2
}

/** All recordings on the meeting's clock as one WAV. */
export function mixedFile(dataDir: string, tracks: readonly NamedTrack[]): AsyncGenerator<Uint8Array> {
  return samplesOf(dataDir, tracks, true)
}

async function* samplesOf(
  dataDir: string,
  tracks: readonly NamedTrack[],
  timed = false,
): AsyncGenerator<Uint8Array> {
  const audio = mixed(dataDir, tracks, timed)
  try {
    yield wavHeader(audio.samples * 2)
    for (let at = 0; at < audio.samples; at += STEP) {
      const samples = await audio.read(at, Math.min(STEP, audio.samples - at))
      yield new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength).slice()
    }
  } finally {
    audio.close()
  }
}

/** `timed`: each where it began on the meeting's clock, else all from the beginning. */
function mixed(dataDir: string, tracks: readonly NamedTrack[], timed: boolean): TrackAudio {
  return mixTracks(
    tracks.map((track) => ({ start: timed ? track.start : 0, audio: openTrack(dataDir, track) })),
  )
}

/** Bytes of a recording as it is kept. */
export function keptBytes(dataDir: string, track: StoredTrack): number {
  return Bun.file(keptAt(dataDir, track)).size
}

function keptAt(dataDir: string, track: StoredTrack): string {
  const path = normalize(join(dataDir, track.path))
  if (!path.startsWith(normalize(`${dataDir}/`)))
    throw new AppError('internal', 'A recording lies outside the data directory.')
  return path
}

/** A recording as it is kept. */
export async function* bytesOf(dataDir: string, track: StoredTrack): AsyncGenerator<Uint8Array> {
  const file = Bun.file(keptAt(dataDir, track))
  if (!(await file.exists())) throw new AppError('not-found', 'The recording is not there any more.')
  for (let at = 0; at < file.size; at += PIECE)
    yield new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer())
}
