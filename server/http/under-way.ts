/** Requests that take their time end with the right they rest on: a download is cut, a question or a file being heard is called off. */
import type { Context } from 'hono'
import type { Access } from '../access/access.ts'
import { AppError } from '../core/error.ts'

/** One request, for as long as it is worked on. */
export interface Stay {
  /** Aborted when its right is taken back. */
  signal: AbortSignal
  /** The body now ends when the right does, and the stay with the body, or when whoever asked has gone away. */
  follow(body: ReadableStream<Uint8Array>, gone: AbortSignal): ReadableStream<Uint8Array>
  /** The answer is made. Throws what the caller is to be told when the right was taken back meanwhile. */
  answered(): void
}

export class RequestsUnderWay {
  readonly #looks = new Set<() => void>()

  constructor(access: Pick<Access, 'onChange'>) {
    access.onChange(() => {
      for (const look of this.#looks) look()
    })
  }

  /** `demand` rejects when the caller may no longer do this. */
  begin(demand: () => Promise<void>): Stay {
    const over = new AbortController()
    const { signal } = over
    const look = () => void demand().catch((thrown) => isRefusal(thrown) && over.abort(thrown))
    this.#looks.add(look)
    const leave = () => void this.#looks.delete(look)
    let followed = false
    return {
      signal,
      follow(body, gone) {
        followed = true
        return cutAt(AbortSignal.any([signal, gone]), body, leave)
      },
      answered() {
        if (!followed) leave()
        signal.throwIfAborted()
      },
    }
  }
}

/** Aborted when whoever asked may no longer ask. */
export function untilWithdrawn(c: Context): AbortSignal | undefined {
  return stayOf(c)?.signal
}

/** …or has gone away. */
export function untilGone(c: Context): AbortSignal {
  const withdrawn = untilWithdrawn(c)
  return withdrawn ? AbortSignal.any([c.req.raw.signal, withdrawn]) : c.req.raw.signal
}

/** An answer sent piece by piece, for as long as it may be read. */
export function whileAllowed(c: Context, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const stay = c.req.method === 'HEAD' ? undefined : stayOf(c)
  return stay?.follow(body, c.req.raw.signal) ?? body
}

function stayOf(c: Context): Stay | undefined {
  return (c.env as { stay?: Stay } | undefined)?.stay
}

/** A disk that does not answer takes nobody's right away. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof AppError && ['unauthorized', 'forbidden', 'withdrawn'].includes(thrown.code)
}

/** The same bytes; broken off, and its making stopped, as soon as `signal` says so. */
function cutAt(
  signal: AbortSignal,
  body: ReadableStream<Uint8Array>,
  ended: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let cut = () => {}
  const end = () => {
    signal.removeEventListener('abort', cut)
    ended()
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cut = () => {
          end()
          controller.error(signal.reason)
          reader.cancel(signal.reason).catch(() => {})
        }
        signal.addEventListener('abort', cut)
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (signal.aborted) return
          if (!done) return controller.enqueue(value)
          end()
          controller.close()
        } catch (thrown) {
          end()
          controller.error(thrown)
        }
      },
      async cancel(reason) {
        end()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
