/** The body of an upload, waited for while it keeps coming: a slow line may take its time, one that only drips is ended. */
import { AppError } from '../core/error.ts'

/**
 * What may be spent on waiting, ms. Every byte gives some back: from 1 KiB/s on an upload may take as long as it likes.
 * (Bun's own limit, 16 KiB/s over the idle time, cuts honest thin lines, and lets a drip live twice as long.)
 */
const PATIENCE = 12_000
const BYTES_PER_MS = 1024 / 1000

/** Throws `unavailable` when it has stopped coming. `patience` is for tests. */
export async function* pacedBody(
  body: ReadableStream<Uint8Array>,
  patience = PATIENCE,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let left = patience
  try {
    for (;;) {
      const asked = performance.now()
      const { done, value } = await within(left, reader.read())
      if (done) return
      left = Math.min(patience, left - (performance.now() - asked) + value.length / BYTES_PER_MS)
      yield value
    }
  } finally {
    // Not awaited: the other side may never say that it has heard.
    reader.cancel().catch(() => {})
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      late.reject(new AppError('unavailable', 'The file stopped coming. Send it again.', { retryAfter: 1 })),
    Math.max(0, ms),
  )
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
