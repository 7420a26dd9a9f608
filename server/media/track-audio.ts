/** A stored recording as samples at any place: raw PCM or Opus on disk, and several of them mixed on one clock. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { msToSamples } from '../core/audio.ts'
import { AppError } from '../core/error.ts'
import { openOpusFile } from './opus-file.ts'

/** Mono 16 kHz. Whoever opens it closes it. */
export interface TrackAudio {
  readonly samples: number
  /** Samples `from` … `from + count`, fewer at the end. */
  read(from: number, count: number): Promise<Int16Array> | Int16Array
  close(): void
}

/** The parts of db's AudioTrack that say where the sound lies. */
export interface StoredTrack {
  path: string
  encoding: 'pcm' | 'flac' | 'opus' | 'none'
}

export function openTrack(dataDir: string, track: StoredTrack): TrackAudio {
  const path = pathOf(dataDir, track)
  try {
    if (track.encoding === 'opus') return openOpusFile(path)
    if (track.encoding === 'pcm') return existsSync(path) ? openPcmFile(path) : openOpusFile(packed(path))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('not-found', 'The recording is not there any more.', { cause })
  }
  throw new AppError('unsupported', `Recordings stored as ${track.encoding} cannot be read.`)
}

/** Whether its file is there: a database can be restored by itself, and a meeting deleted meanwhile. */
export function isThere(dataDir: string, track: StoredTrack): boolean {
  const path = pathOf(dataDir, track)
  return existsSync(path) || (track.encoding === 'pcm' && existsSync(packed(path)))
}

function pathOf(dataDir: string, track: StoredTrack): string {
  const path = normalize(join(dataDir, track.path))
  if (!path.startsWith(normalize(`${dataDir}/`)))
    throw new AppError('internal', 'A recording lies outside the data directory.')
  return path
}

/** The same sound after it was compressed (keeper.ts), maybe since somebody began to read the meeting. */
function packed(path: string): string {
  return path.replace(/\.pcm$/, '.opus')
}

function openPcmFile(path: string): TrackAudio {
  const descriptor = openSync(path, 'r')
  const samples = Math.floor(fstatSync(descriptor).size / 2)
  let open = true
  return {
    samples,
    read(from, count) {
      const bytes = new Uint8Array(Math.max(0, Math.min(count, samples - from)) * 2)
      const length = readSync(descriptor, bytes, 0, bytes.length, from * 2)
      return new Int16Array(bytes.buffer, 0, length >> 1)
    },
    close() {
      if (open) closeSync(descriptor)
      open = false
    },
  }
}

/** Tracks laid on the session clock by their start (ms) and added; louder than full scale is clipped. */
export function mixTracks(tracks: readonly { start: number; audio: TrackAudio }[]): TrackAudio {
  const placed = tracks.map(({ start, audio }) => ({ at: msToSamples(start), audio }))
  const samples = placed.reduce((end, { at, audio }) => Math.max(end, at + audio.samples), 0)
  return {
    samples,
    async read(from, count) {
      const length = Math.max(0, Math.min(count, samples - from))
      const sum = new Int32Array(length)
      for (const { at, audio } of placed) {
        const first = Math.max(from, at)
        const last = Math.min(from + length, at + audio.samples)
        if (first >= last) continue
        const part = await audio.read(first - at, last - first)
        for (let i = 0; i < part.length; i++) sum[first - from + i]! += part[i]!
      }
      const mixed = new Int16Array(length)
      for (let i = 0; i < length; i++) mixed[i] = Math.max(-32768, Math.min(32767, sum[i]!))
      return mixed
    },
    close() {
      for (const { audio } of placed) audio.close()
    },
  }
}
