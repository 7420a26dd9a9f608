/** GET /api/sessions/:id/export.:format — a meeting to take away, in the formats of server/export. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import type { Transcript } from '../core/transcript.ts'
import {
  EXPORT_OPTIONS,
  type ExportOptions,
  exporters,
  exportFileName,
  exportTranscript,
  FORMATS,
  isFormat,
  safeName,
} from '../export/index.ts'
import { pageWithSound, soundToCome } from '../export/page-with-sound.ts'
import { ZIP_TYPE, zipFileName, zipMeeting } from '../export/zip.ts'
import {
  bytesOf,
  keptBytes,
  mixedBytes,
  mixedFile,
  recordingFiles,
  takeable,
} from '../media/recording-files.ts'
import { findSession } from '../room/find-session.ts'
import { inTurn } from './in-turn.ts'
import { whileAllowed } from './under-way.ts'
import { checked, describe, flag, whole } from './validate.ts'

const querySchema = v.object({
  speakers: v.optional(flag),
  timecodes: v.optional(flag),
  language: v.optional(v.pipe(v.string(), v.maxLength(8))),
  both: v.optional(flag),
  /** Stars and notes; 0 leaves them out. */
  notes: v.optional(flag),
  /** Longest subtitle line, columns. */
  lineLength: v.optional(whole(10, 200)),
  /** In a ZIP: the recordings; 0 leaves them out. In a web page: 1 puts the sound in. */
  audio: v.optional(flag),
  /** Show in the browser instead of downloading. */
  inline: v.optional(flag),
})

export interface ExportRoutesDeps {
  store: Pick<Archive, 'session' | 'transcript' | 'recordings' | 'marks'>
  /** Absolute; recordings lie under it. */
  dataDir: string
}

/** A web page carries the sound inside itself up to so many bytes: more, and browsers will not open it. */
const MAX_INSIDE = 150 * 1024 * 1024

export function exportRoutes({ store, dataDir }: ExportRoutesDeps): Hono {
  const app = new Hono()
  const inOrder = inTurn()
  // One segment with a dot: `export.:format` is no pattern the router knows.
  app.get(
    '/api/sessions/:id/:file{export\\.[a-z0-9]+}',
    describe(`Export: ${FORMATS.join(', ')}, zip`, { type: 'application/octet-stream' }),
    checked('query', querySchema),
    async (c) => {
      const format = c.req.param('file').slice('export.'.length)
      if (!isFormat(format) && format !== 'zip') {
        const guess = nearest(format, [...FORMATS, 'zip'])
        throw new AppError(
          'unsupported',
          `There is no export '${format}'.${guess ? ` Did you mean '${guess}'?` : ''} Formats: ${FORMATS.join(', ')}, zip.`,
        )
      }
      const session = await findSession(store, c.req.param('id'))
      const { inline = false, notes = true, audio, language, lineLength, ...flags } = c.req.valid('query')
      const transcript = await inOrder(() => store.transcript(session.id))
      const chosen: Partial<ExportOptions> = {
        ...flags,
        ...(language && { language }),
        ...(lineLength && { subtitles: { ...EXPORT_OPTIONS.subtitles, lineLength } }),
        ...(notes && { marks: await store.marks(session.id) }),
      }
      if (format === 'zip') {
        const recordings =
          audio === false ? [] : await files(session.id, transcript, flags.speakers !== false)
        return new Response(whileAllowed(c, streamOf(zipMeeting(transcript, chosen, recordings))), {
          headers: {
            'Content-Type': ZIP_TYPE,
            'Content-Disposition': contentDisposition(zipFileName(transcript)),
            'Cache-Control': 'private, no-store',
            'X-Content-Type-Options': 'nosniff',
          },
        })
      }
      const sound = format === 'html' && audio ? await soundInside(session.id) : null
      if (sound) chosen.audio = soundToCome(sound.contentType)
      const made = await inOrder(() => exportTranscript(format, transcript, chosen))
      const body = sound ? whileAllowed(c, streamOf(pageWithSound(made as string, sound.stream()))) : made
      const name = exportFileName(format, transcript)
      return new Response(body as BodyInit, {
        headers: {
          'Content-Type': exporters[format].contentType,
          'Content-Disposition': contentDisposition(name, inline),
          'Cache-Control': 'private, no-store',
          'X-Content-Type-Options': 'nosniff',
          // An exported page must not run as a page of this server.
          'Content-Security-Policy':
            "default-src 'none'; style-src 'unsafe-inline'; media-src data:; frame-ancestors 'none'; sandbox",
        },
      })
    },
  )
  return app

  async function files(sessionId: string, transcript: Transcript, named: boolean) {
    const tracks = takeable(dataDir, await store.recordings(sessionId))
    const nameOf = (id: string) =>
      (named && safeName(transcript.participants.get(id)?.name ?? '')) || 'Speaker'
    return recordingFiles(dataDir, tracks, nameOf)
  }

  /** The one recording of the meeting, as it is kept. Several cannot play together inside a page. */
  async function soundInside(
    sessionId: string,
  ): Promise<{ contentType: string; stream(): AsyncGenerator<Uint8Array> }> {
    const tracks = takeable(dataDir, await store.recordings(sessionId))
    const [track] = tracks
    if (!track) throw new AppError('not-found', 'No audio was kept of this meeting.')
    const single = tracks.length === 1 && track.encoding === 'opus' && track.start === 0
    if ((single ? keptBytes(dataDir, track) : mixedBytes(dataDir, tracks)) > MAX_INSIDE)
      throw new AppError('too-large', 'The recording is too long for a page. Take the ZIP instead.')
    const stream = () => (single ? bytesOf(dataDir, track) : mixedFile(dataDir, tracks))
    return { contentType: single ? 'audio/ogg' : 'audio/wav', stream }
  }
}

/** Bytes as they are made; a client that goes away stops the making. */
function streamOf(source: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await source.return(undefined)
    },
  })
}

/** RFC 6266: an ASCII name for old clients, the real one in UTF-8. */
function contentDisposition(name: string, inline = false): string {
  // Wide forms turn into the signs themselves, the slash among them.
  const ascii = safeName(name.normalize('NFKD').replace(/[^\x20-\x7e]/g, '')) || 'meeting'
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${inline ? 'inline' : 'attachment'}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
