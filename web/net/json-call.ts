/** One request, one answer: JSON or lines of JSON, or an error with a code and a sentence. */
import { learnTime } from './server-time.ts'

export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 = nothing came back. */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

export interface Calls {
  /** `keepalive`: it arrives although the page is closing; of the body browsers then take 64 KiB. */
  call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, keepalive?: boolean): Promise<T>
  /** As a POST by `call`, but the answer is told line by line while it is worked on; the last line is the result. */
  callLines<T, Line extends { type: string }>(
    path: string,
    body: unknown,
    signal: AbortSignal,
    onLine: (line: Line) => void,
  ): Promise<T>
}

/** Requests in the name of `token`, the secret of a host's link; empty = of this browser. */
export function createCalls(fetch: Fetch, token: string): Calls {
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const json = { 'content-type': 'application/json' }

  return {
    async call<T>(
      method: string,
      path: string,
      body?: unknown,
      signal?: AbortSignal,
      // A deletion asked for as the page closes must still arrive.
      keepalive = method === 'DELETE',
    ): Promise<T> {
      let response: Response
      try {
        response = await fetch(path, {
          method,
          signal,
          keepalive,
          headers: { ...(body !== undefined && json), ...authorization },
          body: body === undefined ? undefined : JSON.stringify(body),
        })
      } catch (cause) {
        throw isAbort(cause) ? cause : offline('offline')
      }
      learnTime(response.headers.get('date'))
      const answer = await readJson(response)
      if (response.ok) return answer as T
      throw errorOf(response.status, answer)
    },

    async callLines<T, Line extends { type: string }>(
      path: string,
      body: unknown,
      signal: AbortSignal,
      onLine: (line: Line) => void,
    ): Promise<T> {
      let last: Line | null = null
      try {
        const response = await fetch(path, {
          method: 'POST',
          signal,
          headers: { ...json, accept: 'application/x-ndjson, application/json', ...authorization },
          body: JSON.stringify(body),
        })
        const lines = response.headers.get('content-type')?.includes('ndjson')
        if (!response.ok || !lines || !response.body) {
          const answer = await readJson(response)
          if (response.ok) return answer as T
          throw errorOf(response.status, answer)
        }
        for await (const line of linesOf(response.body)) {
          last = JSON.parse(line) as Line
          onLine(last)
        }
      } catch (cause) {
        if (cause instanceof ApiError || isAbort(cause)) throw cause
        throw offline(last ? 'broken-off' : 'offline')
      }
      if (last?.type === 'done') return last as Line & T
      if (last?.type === 'error') throw errorOf(200, last)
      throw new ApiError(0, 'broken-off', 'The line was cut before the answer was complete.')
    },
  }
}

/** `?a=1&b=1` of what is set; empty, false and undefined are left out. */
export function queryOf(params: object): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(params))
    if (value !== undefined && value !== '' && value !== false)
      search.set(key, String(value === true ? 1 : value))
  const text = search.toString()
  return text ? `?${text}` : ''
}

/** Null when it is none: a proxy's HTML error page, of which the status says enough. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return text ? JSON.parse(text) : null
  } catch {
    return null
  }
}

/** Complete lines as they come; what stands after the last line break is not one. */
async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    const lines = (rest + decoder.decode(value, { stream: !done })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (done) return
  }
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AbortError'
}

function offline(code: 'offline' | 'broken-off'): ApiError {
  return new ApiError(0, code, 'The server cannot be reached.')
}

/** The answer of a request that failed. OpenAI's addresses write their codes with underscores. */
export function errorOf(status: number, body: unknown): ApiError {
  const error = (body as { error?: { code?: string; message?: string } } | null)?.error
  return new ApiError(
    status,
    error?.code?.replaceAll('_', '-') ?? 'unknown',
    error?.message ?? `HTTP ${status}`,
  )
}
