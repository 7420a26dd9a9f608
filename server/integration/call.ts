/** One HTTP call to a neighbour: guarded, with a time limit, a size limit, no redirects; failures say whether to try again. */
import { isIP } from 'node:net'
import { AppError } from '../core/error.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { checkTarget, type Lookup, resolveTarget } from '../core/target.ts'
import { fetchByName, systemLookup } from '../names.ts'

export interface CallOptions {
  method?: 'POST' | 'GET'
  headers?: Record<string, string>
  body?: string
  /** Of the whole call, ms; of a stream: until its first piece, and from each piece to the next. */
  timeout?: number
  /** Of the answer. */
  maxBytes?: number
  signal?: AbortSignal
  /** 'owner' = the owner's own setting: may be anywhere. 'public' = chosen by others: the guard applies. */
  trust: 'owner' | 'public'
  lookup?: Lookup
}

export interface Answer {
  status: number
  headers: Headers
  text: string
}

const CALL_TIMEOUT = 30_000
const MAX_ANSWER = 1024 * 1024
/** Of an error answer no more is read, bytes. */
const MAX_ERROR = 16 * 1024

/** A call that failed. `message` is for the owner: it never holds the answer's body or what was sent. */
export class CallError extends Error {
  override readonly name = 'CallError'
  /** HTTP status; null = there was no answer. */
  readonly status: number | null
  /** Not again before so many ms; null = the neighbour did not say. */
  readonly after: number | null
  /** What the owner's own neighbour said was wrong; '' = nothing we could read. */
  readonly reason: string
  constructor(
    message: string,
    /** The same call may succeed later. */
    readonly retry: boolean,
    details: { status?: number; after?: number | null; reason?: string } = {},
  ) {
    super(message)
    this.status = details.status ?? null
    this.after = details.after ?? null
    this.reason = details.reason ?? ''
  }
}

/** Longest reason passed on, characters. */
const MAX_REASON = 200

/** The sentence in an error answer, in the shapes OpenAI, llama.cpp, Ollama and LibreTranslate give it. */
export function reasonIn(body: string): string {
  try {
    const json = JSON.parse(body) as { error?: { message?: unknown } | string; message?: unknown }
    const said = typeof json.error === 'string' ? json.error : (json.error?.message ?? json.message)
    return typeof said === 'string' ? said.replace(/\s+/g, ' ').trim().slice(0, MAX_REASON) : ''
  } catch {
    return ''
  }
}

/** The answer if its status is 2xx. The body is read up to `maxBytes`; more is an error that is not retried. */
export async function call(address: string, options: CallOptions): Promise<Answer> {
  const { response, done } = await open(address, options)
  try {
    return {
      status: response.status,
      headers: response.headers,
      text: await readText(response, options.maxBytes ?? MAX_ANSWER),
    }
  } catch (thrown) {
    throw asCallError(thrown, address, options)
  } finally {
    done()
  }
}

/** As `call`, but the answer arrives in pieces (server-sent events). Whoever breaks off the loop ends the call. */
export async function* callStream(address: string, options: CallOptions): AsyncGenerator<string> {
  const { response, done, alive } = await open(address, options)
  const decoder = new TextDecoder()
  let left = options.maxBytes ?? MAX_ANSWER
  try {
    for await (const chunk of response.body ?? []) {
      alive()
      left -= chunk.length
      if (left < 0) throw new CallError('the answer is too long', false)
      yield decoder.decode(chunk, { stream: true })
    }
  } catch (thrown) {
    throw asCallError(thrown, address, options)
  } finally {
    done()
  }
}

async function open(
  address: string,
  options: CallOptions,
): Promise<{ response: Response; done(): void; alive(): void }> {
  const { method = 'POST', headers = {}, body, timeout = CALL_TIMEOUT, trust } = options
  const limit = new AbortController()
  const over = () => limit.abort(new DOMException('time is over', 'TimeoutError'))
  let timer = setTimeout(over, timeout)
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(over, timeout)
  }
  const signal = options.signal ? AbortSignal.any([options.signal, limit.signal]) : limit.signal
  const done = () => {
    clearTimeout(timer)
    limit.abort()
  }
  try {
    const place = await placeOf(address, trust, options.lookup ?? systemLookup)
    const response = await fetchByName(place.url, {
      method,
      headers: { ...headers, ...place.headers },
      body,
      signal,
      redirect: 'manual',
      keepalive: true,
      ...(place.tls && { tls: place.tls }),
    } as RequestInit)
    if (response.status >= 200 && response.status < 300) return { response, done, alive }
    throw await statusError(response, trust)
  } catch (thrown) {
    done()
    throw asCallError(thrown, address, options)
  }
}

/**
 * The checked address is called by its number, with the name in the Host header and, over https, for the certificate
 * (Bun's `serverName`, used for SNI and for the check): a name that points elsewhere a moment later leads nowhere.
 */
async function placeOf(
  text: string,
  trust: CallOptions['trust'],
  lookup: Lookup,
): Promise<{ url: string; headers: Record<string, string>; tls?: { serverName: string } }> {
  if (trust === 'owner') return { url: checkTarget(text).href, headers: {} }
  const { url, address } = await resolveTarget(text, { allowPrivate: false, lookup })
  const pinned = new URL(url.href)
  pinned.hostname = address.includes(':') ? `[${address}]` : address
  const named = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0
  return {
    url: pinned.href,
    headers: { host: url.host },
    ...(url.protocol === 'https:' && named && { tls: { serverName: url.hostname } }),
  }
}

/** What the owner's own neighbour says is told to the owner; what a stranger's says is not even read. */
async function statusError(response: Response, trust: CallOptions['trust']): Promise<CallError> {
  const { status } = response
  const body = trust === 'owner' ? await readText(response, MAX_ERROR).catch(() => '') : ''
  response.body?.cancel().catch(() => {})
  if (status >= 300 && status < 400)
    return new CallError(`answered ${status}: redirects are not followed`, false, { status })
  const retry = status === 408 || status === 425 || status === 429 || status >= 500
  const after = retryAfterMs(response.headers.get('retry-after'), Date.now())
  return new CallError(`answered ${status}`, retry, { status, after, reason: reasonIn(body) })
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new CallError('the answer is too long', false)
    pieces.push(chunk)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function asCallError(thrown: unknown, address: string, options: CallOptions): Error {
  if (thrown instanceof CallError) return thrown
  if (options.signal?.aborted) return new CallError('stopped', false)
  if (thrown instanceof AppError) return new CallError(thrown.message, thrown.code === 'unavailable')
  const timedOut = thrown instanceof Error && thrown.name === 'TimeoutError'
  const host = URL.canParse(address) ? new URL(address).host : 'the address'
  return new CallError(timedOut ? `${host} did not answer in time` : `${host} cannot be reached`, true)
}
