/** GET /api/sessions/:id/export.:format — a meeting to take away, in the formats of server/export. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { TranscriptStore } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import { exporters, exportFileName, exportTranscript, FORMATS, isFormat } from '../export/index.ts'
import { checked, describe, flag } from './validate.ts'

const querySchema = v.object({
  speakers: v.optional(flag),
  timecodes: v.optional(flag),
  language: v.optional(v.pipe(v.string(), v.maxLength(8))),
  both: v.optional(flag),
  /** Show in the browser instead of downloading. */
  inline: v.optional(flag),
})

export function exportRoutes({ store }: { store: Pick<TranscriptStore, 'session' | 'transcript'> }): Hono {
  const app = new Hono()
  // One segment with a dot: `export.:format` is no pattern the router knows.
  app.get(
    '/api/sessions/:id/:file{export\\.[a-z0-9]+}',
    describe(`Export: ${FORMATS.join(', ')}`, { type: 'application/octet-stream' }),
    checked('query', querySchema),
    async (c) => {
      const format = c.req.param('file').slice('export.'.length)
      if (!isFormat(format)) {
        const guess = nearest(format, FORMATS)
        throw new AppError(
          'unsupported',
          `There is no export '${format}'.${guess ? ` Did you mean '${guess}'?` : ''} Formats: ${FORMATS.join(', ')}.`,
        )
      }
      const session = await store.session(c.req.param('id'))
      if (!session) throw new AppError('not-found', 'There is no such meeting.')
      const { inline = false, speakers, timecodes, both, language } = c.req.valid('query')
      const transcript = await store.transcript(session.id)
      const chosen = {
        ...(speakers !== undefined && { speakers }),
        ...(timecodes !== undefined && { timecodes }),
        ...(both !== undefined && { both }),
      }
      const body = await exportTranscript(format, transcript, { ...chosen, ...(language && { language }) })
      const name = exportFileName(format, transcript)
      return new Response(body as BodyInit, {
        headers: {
          'Content-Type': exporters[format].contentType,
          'Content-Disposition': contentDisposition(name, inline),
          'Cache-Control': 'private, no-store',
          'X-Content-Type-Options': 'nosniff',
          // An exported page must not run as a page of this server.
          'Content-Security-Policy':
            "default-src 'none'; style-src 'unsafe-inline'; media-src data:; sandbox",
        },
      })
    },
  )
  return app
}

/** RFC 6266: an ASCII name for old clients, the real one in UTF-8. */
export function contentDisposition(name: string, inline = false): string {
  const ascii =
    name
      .normalize('NFKD')
      .replace(/[^\x20-\x7e]/g, '')
      .replace(/["\\]/g, '')
      .trim() || 'meeting'
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${inline ? 'inline' : 'attachment'}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
