/** JSON bodies in bounded memory: they are parsed as a whole, and some of them by anybody's leave, so a large one is not even read. */
import type { Context } from 'hono'
import { AppError } from '../core/error.ts'

/** Whether the router takes a body of this content type for JSON. */
export function isJson(contentType: string | null | undefined): boolean {
  return /^\s*application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? '')
}

/** Rejects with `too-large` above `most` bytes. A body whose length is not declared is read here, up to there. */
export async function boundJson(c: Context, most: number): Promise<void> {
  const declared = c.req.header('content-length')
  const { body } = c.req.raw
  if (Number(declared) > most) throw tooLarge(c, most)
  if (declared !== undefined || !body) return
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > most) throw tooLarge(c, most)
    pieces.push(piece)
  }
  // What the router's own reading of the body looks at first.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(Buffer.concat(pieces).toString('utf8')) })
}

/** What still comes on this connection is nobody's. */
function tooLarge(c: Context, most: number): AppError {
  c.header('Connection', 'close')
  return new AppError('too-large', `The JSON body may have at most ${most / 1024} KiB.`)
}
