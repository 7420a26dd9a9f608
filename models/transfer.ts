/** One HTTP request of a download: from the server's answer to bytes appended to the part file. */
import { AppError, codeOf } from '../server/core/error.ts'
import { retryAfterMs } from '../server/core/retry-after.ts'
import { mayRedirect } from '../server/core/target.ts'
import { fetchByName, systemLookup } from '../server/names.ts'
import type { PartFile } from './part-file.ts'

const MOST_REDIRECTS = 10

/** Says how a request ended; whoever retries decides from this alone. */
export type TransferEnd =
  | { kind: 'complete' }
  /** Broke off, stalled, or the server asked to come back later: worth another try from where it stopped. */
  | { kind: 'again'; reason: string; afterMs: number | null }
  /** The server cannot continue this file (other version, wrong range): start from the first byte. */
  | { kind: 'restart'; reason: string }

export interface TransferRequest {
  url: string
  /** Size the finished file must have. */
  bytes: number
  part: PartFile
  proxy: string | undefined
  /** Longest time without a byte before the request is given up, ms. */
  stallMs: number
  signal: AbortSignal | undefined
  /** After every piece that is in the part file. */
  onBytes: () => void
}

/** Rejects with AppErrors for what no retry can mend: not found, forbidden, wrong size, disk full; and when aborted. */
export async function transfer(request: TransferRequest): Promise<TransferEnd> {
  const { signal, stallMs } = request
  const watchdog = new Watchdog(stallMs, signal)
  try {
    const response = await follow(request, watchdog.signal)
    watchdog.feed()
    return await receive(request, response, watchdog)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof AppError) throw error
    if (watchdog.fired)
      return { kind: 'again', reason: `nothing came for ${Math.round(stallMs / 1000)} s`, afterMs: null }
    return { kind: 'again', reason: networkReason(codeOf(error)), afterMs: null }
  } finally {
    watchdog.stop()
  }
}

/** Hubs send their visitors on to where the file lies, which must not be a machine inside somebody's network. */
async function follow({ url, part, proxy }: TransferRequest, signal: AbortSignal): Promise<Response> {
  for (let at = new URL(url), steps = 0; ; steps++) {
    const response = await fetchByName(at.href, {
      headers: requestHeaders(part),
      signal,
      redirect: 'manual',
      ...(proxy ? { proxy } : {}),
    })
    const location = response.headers.get('location')
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response
    await response.body?.cancel().catch(() => {})
    if (steps === MOST_REDIRECTS) throw new AppError('unavailable', `${hostOf(url)} redirects in a circle.`)
    const next = URL.canParse(location, at.href) ? new URL(location, at.href) : null
    if (!next || !(await mayRedirect(at, next, systemLookup)))
      throw new AppError('unavailable', `${hostOf(url)} redirects to an address that may not be called.`)
    at = next
  }
}

function requestHeaders({ offset, etag }: PartFile): Record<string, string> {
  // Compressed ranges could not be joined, and models do not compress.
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'parley' }
  if (offset > 0) {
    headers.range = `bytes=${offset}-`
    // Weak ETags may not be used with If-Range (RFC 9110, 13.1.5).
    if (etag && !etag.startsWith('W/')) headers['if-range'] = etag
  }
  return headers
}

async function receive(
  request: TransferRequest,
  response: Response,
  watchdog: Watchdog,
): Promise<TransferEnd> {
  const { part, bytes, url } = request
  const { status } = response
  const discard = () => response.body?.cancel().catch(() => {})
  if (status === 416 || (status === 206 && !continuesAt(response, part.offset, bytes))) {
    await discard()
    if (part.offset === 0)
      throw new AppError('unavailable', `${hostOf(url)} refuses to send the file (${status}).`)
    return { kind: 'restart', reason: 'the server cannot continue this file' }
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    await discard()
    const afterMs = retryAfterMs(response.headers.get('retry-after'), Date.now())
    return { kind: 'again', reason: `the server answered ${status}`, afterMs }
  }
  if (status !== 200 && status !== 206) {
    await discard()
    const code = status === 404 || status === 410 ? 'not-found' : 'unavailable'
    throw new AppError(code, `${hostOf(url)} answered ${status} for ${new URL(url).pathname}.`)
  }
  if (status === 200) {
    const length = response.headers.get('content-length')
    if (length !== null && Number(length) !== bytes) {
      await discard()
      throw wrongSize(request, Number(length))
    }
    // The server sends the whole file although the rest was asked for: another version, or it knows no ranges.
    if (part.offset > 0) await part.restart()
  }
  await part.belongsTo(response.headers.get('etag'))

  if (!response.body) return { kind: 'again', reason: 'the answer was empty', afterMs: null }
  for await (const piece of response.body) {
    watchdog.feed()
    if (part.offset + piece.length > bytes) throw wrongSize(request, part.offset + piece.length)
    await part.append(piece)
    request.onBytes()
  }
  if (part.offset === bytes) return { kind: 'complete' }
  return { kind: 'again', reason: 'the connection ended early', afterMs: null }
}

/** `Content-Range: bytes 100-999/1000` must begin where the part ends and belong to a file of the right size. */
function continuesAt(response: Response, offset: number, bytes: number): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  return range !== null && Number(range[1]) === offset && (range[2] === '*' || Number(range[2]) === bytes)
}

function wrongSize({ url, bytes }: TransferRequest, got: number): AppError {
  return new AppError(
    'unavailable',
    `${hostOf(url)} sends another file: ${got.toLocaleString('en')} bytes instead of ${bytes.toLocaleString('en')}.`,
  )
}

/** Host and port only: a mirror's address may carry a password. */
export function hostOf(url: string): string {
  return new URL(url).host
}

function networkReason(code: string): string {
  if (code === 'ConnectionRefused' || code === 'ECONNREFUSED') return 'the connection was refused'
  if (code === 'FailedToOpenSocket' || code === 'EAI_AGAIN' || code === 'ENOTFOUND')
    return 'the server could not be reached'
  return 'the connection broke'
}

/** Aborts a request that has been silent for too long, and when the caller aborts. */
class Watchdog {
  private readonly controller = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly onAbort = () => this.controller.abort(this.outer?.reason)
  fired = false

  constructor(
    private readonly ms: number,
    private readonly outer: AbortSignal | undefined,
  ) {
    if (outer?.aborted) this.onAbort()
    outer?.addEventListener('abort', this.onAbort)
    this.feed()
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  feed(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.fired = true
      this.controller.abort(new Error('stalled'))
    }, this.ms)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.outer?.removeEventListener('abort', this.onAbort)
    // Ends a request that is still open, e.g. after the disk filled up.
    if (!this.controller.signal.aborted) this.controller.abort(new Error('over'))
  }
}
