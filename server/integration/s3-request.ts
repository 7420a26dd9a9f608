/** One signed request to an S3 store (AWS Signature Version 4, path style). Redirects are not followed, as Bun's own client would: a meeting must not end up anywhere else. */
import { createHash, createHmac } from 'node:crypto'
import { fetchByName } from '../names.ts'

export interface S3Place {
  bucket: string
  /** Empty = AWS. */
  endpoint: string
  region: string
  accessKey: string
  secretKey: string
}

export interface S3Request {
  method: 'GET' | 'PUT' | 'HEAD' | 'DELETE' | 'POST'
  /** Empty = the bucket itself. */
  key: string
  query?: Record<string, string>
  type?: string
  /** Text, or (part of) a file. */
  body?: string | Blob
}

/** What a store says instead of doing it; `code` as in its answer (AccessDenied, NoSuchBucket, SlowDown …). */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  constructor(readonly code: string) {
    super(code)
  }
}

/** Longest time without an upload's end: this, and a second for every so many bytes of it. */
const PATIENCE = { ms: 60_000, bytesPerSecond: 50_000 }
/** Longest answer that is read: a page of keys. */
const MAX_ANSWER = 4 * 1024 * 1024

/** The answer, its status 2xx or 404; everything else is an S3Error. */
export async function s3Request(place: S3Place, request: S3Request, now = new Date()): Promise<Response> {
  const { method, body = '' } = request
  const [payload, size] =
    typeof body === 'string' ? [sha256(body), body.length] : [await hashOf(body), body.size]
  const { url, headers } = signed(place, request, payload, now)
  const response = await fetchByName(url, {
    method,
    headers,
    ...(method !== 'GET' && method !== 'HEAD' && { body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE.ms + (size / PATIENCE.bytesPerSecond) * 1000),
  }).catch((cause: { code?: string; name?: string }) => {
    throw new S3Error(cause.code ?? cause.name ?? 'unreachable')
  })
  if (response.ok || response.status === 404) return response
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel()
    throw new S3Error('RedirectNotFollowed')
  }
  const text = method === 'HEAD' ? '' : await readText(response).catch(() => '')
  throw new S3Error(/<Code>([A-Za-z]+)<\/Code>/.exec(text)?.[1] ?? `Status${response.status}`)
}

/** An answer's text, as much as a store has to say. */
export async function readText(response: Response): Promise<string> {
  let size = 0
  const pieces: Uint8Array[] = []
  for await (const piece of response.body ?? []) {
    size += piece.length
    if (size > MAX_ANSWER) throw new S3Error('AnswerTooLong')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Address and headers; exported for its test against Amazon's worked example. */
export function signed(
  { bucket, endpoint, region, accessKey, secretKey }: S3Place,
  { method, key, query = {}, type }: Omit<S3Request, 'body'>,
  payload: string,
  now: Date,
): { url: string; headers: Record<string, string> } {
  const base = new URL(endpoint || `https://s3.${region}.amazonaws.com`)
  const path = [base.pathname.replace(/\/+$/, ''), bucket, ...key.split('/').map(escaped)].join('/')
  const search = Object.entries(query)
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join('&')
  const time = `${now.toISOString().replace(/[-:]|\.\d+/g, '')}`
  const day = time.slice(0, 8)
  const said: Record<string, string> = {
    host: base.host,
    'x-amz-content-sha256': payload,
    'x-amz-date': time,
  }
  const names = Object.keys(said).join(';')
  const lines = Object.entries(said).map(([name, value]) => `${name}:${value}\n`)
  const canonical = [method, path, search, lines.join(''), names, payload].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const signingKey = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretKey}`,
  )
  const signature = createHmac('sha256', signingKey).update(toSign).digest('hex')
  return {
    url: `${base.origin}${path}${search && `?${search}`}`,
    headers: {
      ...said,
      ...(type && { 'content-type': type }),
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    },
  }
}

/** As encodeURIComponent, and what it leaves out of RFC 3986's reserved characters. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(secret: string | Buffer, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest()
}

async function hashOf(file: Blob): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of file.stream()) hash.update(piece)
  return hash.digest('hex')
}
