/** Copies a meeting's transcript and recordings to a bucket (AWS, MinIO and the like). The local files stay and remain authoritative. */

import { basename } from 'node:path'
import { codeOf } from '../core/error.ts'
import { nextWait, type RetryRules } from './retry.ts'
import { readText, S3Error, type S3Place, s3Request } from './s3-request.ts'

export type S3Settings = S3Place

export interface S3Upload {
  /** Key below `parley/<session>/`. */
  name: string
  type: string
  /** A file of that path, or the content itself. */
  path?: string
  body?: string
}

export interface S3Result {
  keys: string[]
  /** Sentences for people; empty = everything is there and was checked. */
  failures: string[]
}

/** Part size of multipart uploads: the least S3 allows is 5 MB. */
const PART = 8 * 1024 * 1024
/** A part is sent so often before the whole upload is begun again. */
const PART_TRIES = 3
const RULES: RetryRules = { base: 1000, most: 30_000, attempts: 5 }

/** Uploads one after the other; each is compared in size afterwards. Never rejects. */
export async function uploadSession(
  settings: S3Settings,
  sessionId: string,
  uploads: readonly S3Upload[],
  options: { rules?: RetryRules; sleep?: (ms: number) => Promise<unknown> } = {},
): Promise<S3Result> {
  const result: S3Result = { keys: [], failures: [] }
  for (const upload of uploads) {
    const key = `${folderOf(sessionId)}${safe(basename(upload.name))}`
    const failure = await withRetries(() => uploadOne(settings, key, upload), options)
    if (failure === null) result.keys.push(key)
    else result.failures.push(`${upload.name} was not uploaded (${failure}); it is kept here.`)
  }
  return result
}

/** Removes everything that was uploaded of a meeting; resolves to what went wrong, or null. Never rejects. */
export async function eraseUploads(
  settings: S3Settings,
  sessionId: string,
  options: { rules?: RetryRules; sleep?: (ms: number) => Promise<unknown> } = {},
): Promise<string | null> {
  return withRetries(async () => {
    for (let more = true, startAfter: string | undefined; more; ) {
      const query = {
        'list-type': '2',
        prefix: folderOf(sessionId),
        ...(startAfter && { 'start-after': startAfter }),
      }
      const page = await readText(await found(s3Request(settings, { method: 'GET', key: '', query })))
      const keys = [...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => plain(key))
      for (const key of keys) await s3Request(settings, { method: 'DELETE', key })
      startAfter = keys.at(-1)
      more = page.includes('<IsTruncated>true') && startAfter !== undefined
    }
    await callOffUnfinished(settings, sessionId)
  }, options)
}

/** Calls off what an upload that was cut off by a stop or crash left in the bucket. Never rejects: it is tried again. */
export async function withdrawUnfinished(settings: S3Settings, sessionId: string): Promise<void> {
  await callOffUnfinished(settings, sessionId).catch(() => {})
}

/** Parts of an upload that was never completed hold the sound, are in no list of objects, and cost money. */
async function callOffUnfinished(settings: S3Settings, sessionId: string): Promise<void> {
  const query = { uploads: '', prefix: folderOf(sessionId) }
  for (let before = ''; ; ) {
    const answer = await s3Request(settings, { method: 'GET', key: '', query }).catch(whereListed)
    const page = answer ? await readText(answer) : ''
    const begun = [
      ...page.matchAll(/<Upload>.*?<Key>([^<]*)<\/Key>.*?<UploadId>([^<]*)<\/UploadId>.*?<\/Upload>/gs),
    ]
    // A store that lists what was called off would be asked for ever.
    if (begun.length === 0 || page === before) return
    before = page
    for (const [, key = '', uploadId = ''] of begun)
      await s3Request(settings, { method: 'DELETE', key: plain(key), query: { uploadId: plain(uploadId) } })
  }
}

/** Some stores do not tell of unfinished uploads, or not with every key: then there is nothing to be done here. */
function whereListed(thrown: unknown): null {
  if (/NotImplemented|AccessDenied|MethodNotAllowed|Status(405|501)/.test(codeOf(thrown))) return null
  throw thrown
}

/** XML text as it is meant; what is uploaded from here has no such characters, other programs' objects may. */
function plain(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => named[name] as string)
}

function folderOf(sessionId: string): string {
  return `parley/${safe(sessionId)}/`
}

/** Keys are names, not paths. */
function safe(name: string): string {
  return name.replace(/[^\w.-]+/g, '_').replace(/^\.+/, '_')
}

async function withRetries(
  work: () => Promise<void>,
  { rules = RULES, sleep = Bun.sleep }: { rules?: RetryRules; sleep?: (ms: number) => Promise<unknown> },
): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return null
    } catch (thrown) {
      const code = codeOf(thrown) || 'failed'
      // Wrong keys and missing buckets do not heal by themselves.
      const hopeless = /AccessDenied|NoSuchBucket|InvalidAccessKeyId|SignatureDoesNotMatch|ENOENT/.test(code)
      const delay = hopeless ? null : nextWait(attempt, null, rules)
      if (delay === null) return code
      await sleep(delay)
    }
  }
}

async function uploadOne(settings: S3Settings, key: string, upload: S3Upload): Promise<void> {
  const { type } = upload
  const body = upload.path === undefined ? (upload.body ?? '') : Bun.file(upload.path)
  if (typeof body !== 'string' && !(await body.exists())) throw new S3Error('ENOENT')
  const expected = typeof body === 'string' ? Buffer.byteLength(body) : body.size
  if (typeof body !== 'string' && body.size > PART) await uploadInParts(settings, key, body, type)
  else await found(s3Request(settings, { method: 'PUT', key, body, type }))
  const there = await s3Request(settings, { method: 'HEAD', key })
  const size = there.ok ? Number(there.headers.get('content-length')) : -1
  if (size !== expected) throw new S3Error('SizeDiffers')
}

/** A part that fails is sent again by itself; an upload that fails leaves nothing behind that would cost money. */
async function uploadInParts(settings: S3Settings, key: string, file: Blob, type: string): Promise<void> {
  const begun = await found(s3Request(settings, { method: 'POST', key, query: { uploads: '' }, type }))
  const uploadId = plain(/<UploadId>([^<]+)<\/UploadId>/.exec(await readText(begun))?.[1] ?? '')
  try {
    const tags: string[] = []
    for (let at = 0; at < file.size; at += PART)
      tags.push(await uploadPart(settings, key, uploadId, tags.length + 1, file.slice(at, at + PART)))
    const list = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
    const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
    const done = await found(s3Request(settings, { method: 'POST', key, query: { uploadId }, body }))
    // The one answer of S3 that may be an error although its status says 200.
    const code = /<Error>.*<Code>(\w+)<\/Code>/s.exec(await readText(done))?.[1]
    if (code) throw new S3Error(code)
  } catch (thrown) {
    await s3Request(settings, { method: 'DELETE', key, query: { uploadId } }).catch(() => {})
    throw thrown
  }
}

async function uploadPart(
  settings: S3Settings,
  key: string,
  uploadId: string,
  part: number,
  body: Blob,
): Promise<string> {
  const query = { partNumber: String(part), uploadId }
  for (let tries = 1; ; tries++) {
    try {
      const { headers } = await found(s3Request(settings, { method: 'PUT', key, query, body }))
      return headers.get('etag') ?? ''
    } catch (thrown) {
      if (tries === PART_TRIES) throw thrown
    }
  }
}

/** 404 = there is no such bucket. */
async function found(answer: Promise<Response>): Promise<Response> {
  const response = await answer
  if (response.status === 404) throw new S3Error('NoSuchBucket')
  return response
}
