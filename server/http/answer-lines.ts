/** An answer told while it is being worked on: one JSON object per line (NDJSON), the last one `done` or `error`. */
import type { Context } from 'hono'
import { toAppError } from '../core/error.ts'
import type { Log } from '../log.ts'
import { untilGone, whileAllowed } from './under-way.ts'

const TYPE = 'application/x-ndjson'
/** Proxies close a line on which nothing is said: so often something is, ms. */
const HEARTBEAT = 15_000
/** What a slow reader has not taken: drafts are left out meanwhile, each is followed by a newer one. */
const MOST_WAITING = 4

/** Says how far the work is; a draft replaces the one before it. */
export type Tell = (type: 'progress' | 'draft', fields: object) => void

export function wantsLines(c: Context): boolean {
  return c.req.header('accept')?.includes(TYPE) === true
}

/** Answers at once with 200; what goes wrong later is the last line. Whoever goes away calls the work off. */
export function answerLines(
  c: Context,
  log: Log,
  work: (tell: Tell, signal: AbortSignal) => Promise<object>,
): Response {
  const gone = new AbortController()
  const signal = AbortSignal.any([untilGone(c), gone.signal])
  const encoder = new TextEncoder()
  let heartbeat: ReturnType<typeof setInterval> | undefined
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const say = (line: object) => {
          if (!signal.aborted) controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
        }
        const tell: Tell = (type, fields) => {
          const full = (controller.desiredSize ?? 0) <= 0
          if (type !== 'draft' || !full) say({ type, ...fields })
        }
        heartbeat = setInterval(() => say({ type: 'waiting' }), HEARTBEAT)
        const end = (line: object) => {
          clearInterval(heartbeat)
          if (signal.aborted) return
          say(line)
          controller.close()
        }
        work(tell, signal).then(
          (done) => end({ type: 'done', ...done }),
          (thrown) => {
            const { code, message } = toAppError(thrown)
            end({ type: 'error', error: { code, message } })
            if (code === 'internal' && !signal.aborted) log.error('answer failed', {}, thrown)
          },
        )
      },
      cancel() {
        clearInterval(heartbeat)
        gone.abort(new DOMException('nobody listens', 'AbortError'))
      },
    },
    new CountQueuingStrategy({ highWaterMark: MOST_WAITING }),
  )
  return new Response(whileAllowed(c, body), {
    headers: {
      'content-type': TYPE,
      'cache-control': 'no-store',
      // nginx would collect the lines otherwise.
      'x-accel-buffering': 'no',
    },
  })
}
