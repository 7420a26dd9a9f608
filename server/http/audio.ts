/** A meeting's sound as WAV, seekable: one track, or all tracks mixed on the session clock. Streamed, decoded as it is read. */

import type { Context } from 'hono'
import { Hono } from 'hono'
import * as v from 'valibot'
import type { AudioTrack, TranscriptStore } from '../../db/store.ts'
import { samplesToMs } from '../core/audio.ts'
import { AppError } from '../core/error.ts'
import { wavHeader } from '../core/wav-file.ts'
import { measurePeaks } from '../media/peaks.ts'
import { mixTracks, openTrack, type TrackAudio } from '../media/track-audio.ts'
import { findSession } from '../room/find-session.ts'
import { type ByteRange, hasVersion, parseRange } from './range.ts'
import { whileAllowed } from './under-way.ts'
import { checked, describe, whole } from './validate.ts'

export interface AudioRoutesDeps {
  store: Pick<TranscriptStore, 'session' | 'recordings'>
  /** Absolute; track paths are relative to it. */
  dataDir: string
}

const HEADER = 44
/** Samples per step of the stream: half a second. */
const STEP = 8000
/** Bytes of one answer to an open range. */
const MAX_PART = 512 * 1024

const peaksSchema = v.object({ count: v.optional(whole(10, 20_000)) })

export function audioRoutes({ store, dataDir }: AudioRoutesDeps): Hono {
  const app = new Hono()
  const tracksOf = async (sessionId: string) => {
    await findSession(store, sessionId)
    const tracks = (await store.recordings(sessionId)).filter((track) => track.bytes > 0 || !track.ended)
    if (tracks.length === 0) throw new AppError('not-found', 'No audio was kept of this meeting.')
    return tracks
  }
  const oneTrack = async (sessionId: string, trackId: string) => {
    const track = (await tracksOf(sessionId)).find((each) => each.id === trackId)
    if (!track) throw new AppError('not-found', 'There is no such recording.')
    return track
  }
  const wav = { type: 'audio/wav' }

  app.get('/api/sessions/:id/audio', describe('All speakers mixed, as WAV', wav), async (c) => {
    const tracks = await tracksOf(c.req.param('id'))
    return serveWav(
      c,
      mixTracks(tracks.map((track) => ({ start: track.start, audio: openTrack(dataDir, track) }))),
      tracks,
    )
  })
  app.get('/api/sessions/:id/audio/:trackId', describe('One speaker’s recording, as WAV', wav), async (c) => {
    const track = await oneTrack(c.req.param('id'), c.req.param('trackId'))
    return serveWav(c, openTrack(dataDir, track), [track])
  })
  app.get(
    '/api/sessions/:id/peaks/:trackId',
    describe('Loudest sample (0–255) of each stretch of a recording, for drawing it'),
    checked('query', peaksSchema),
    async (c) => {
      const track = await oneTrack(c.req.param('id'), c.req.param('trackId'))
      const audio = openTrack(dataDir, track)
      try {
        const { count = 1000 } = c.req.valid('query')
        const peaks = await measurePeaks(audio, count)
        return c.json({ start: track.start, duration: samplesToMs(audio.samples), peaks: [...peaks] })
      } finally {
        audio.close()
      }
    },
  )
  return app
}

/** 200, 206, 304 or 416. What was told to a player stays true while it reads: the entity tag changes when the sound grows. */
async function serveWav(c: Context, audio: TrackAudio, tracks: readonly AudioTrack[]): Promise<Response> {
  const header = wavHeader(audio.samples * 2)
  const size = HEADER + audio.samples * 2
  const tag = `"${tracks.map((track) => track.id.slice(-6)).join('')}-${size}"`
  const fresh = c.req.header('if-range') === undefined || c.req.header('if-range') === tag
  const range = fresh ? parseRange(c.req.header('range'), size) : 'all'
  const headers: Record<string, string> = {
    'Content-Type': 'audio/wav',
    'Accept-Ranges': 'bytes',
    ETag: tag,
    'Cache-Control': 'private, no-cache',
    'X-Content-Type-Options': 'nosniff',
  }
  if (hasVersion(c.req.header('if-none-match'), tag)) {
    audio.close()
    return c.body(null, 304, headers)
  }
  if (range === 'unsatisfiable') {
    audio.close()
    return c.body(null, 416, { ...headers, 'Content-Range': `bytes */${size}` })
  }
  const { start } = range === 'all' ? { start: 0 } : range
  const end = range === 'all' ? size : shorten(range, c.req.header('range'))
  headers['Content-Length'] = String(end - start)
  if (range !== 'all') headers['Content-Range'] = `bytes ${start}-${end - 1}/${size}`
  const status = range === 'all' ? 200 : 206
  if (c.req.method === 'HEAD') {
    audio.close()
    return new Response(null, { status, headers })
  }
  const stream = wavStream(audio, header, start, end)
  // A stream is sent without its length (chunked); players seek better with it, so parts are collected first.
  const body = end - start <= MAX_PART ? new Response(stream).bytes() : whileAllowed(c, stream)
  return new Response(await body, { status, headers })
}

/** Players ask for "from here on" and take what they need: they get sixteen seconds, and ask again. */
function shorten({ start, end }: ByteRange, header: string | undefined): number {
  return header?.trim().endsWith('-') ? Math.min(end, start + MAX_PART) : end
}

/** Bytes `start`…`end` of the WAV file that `audio` would be; pulled, so a slow player costs no memory. */
function wavStream(
  audio: TrackAudio,
  header: Uint8Array,
  start: number,
  end: number,
): ReadableStream<Uint8Array> {
  let at = start
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at >= end) {
          audio.close()
          return controller.close()
        }
        if (at < HEADER) {
          const until = Math.min(HEADER, end)
          controller.enqueue(header.slice(at, until))
          at = until
          return
        }
        const first = Math.floor((at - HEADER) / 2)
        const last = Math.min(first + STEP, Math.ceil((end - HEADER) / 2))
        const samples = await audio.read(first, last - first)
        const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
        const offset = HEADER + first * 2
        const piece = bytes.subarray(at - offset, Math.min(bytes.length, end - offset))
        if (piece.length === 0) {
          audio.close()
          return controller.error(new Error('the recording is shorter than it was'))
        }
        controller.enqueue(piece)
        at += piece.length
      },
      cancel() {
        audio.close()
      },
    },
    { highWaterMark: 2 },
  )
}
