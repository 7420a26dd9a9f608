/** A meeting's transcript and recordings to a bucket (AWS, MinIO and their kin). What is local stays the truth and is never removed here. */

import { basename } from 'node:path'
import { S3Client } from 'bun'
import { nextWait, type RetryRules } from './retry.ts'

export interface S3Settings {
  bucket: string
  /** Empty = AWS. */
  endpoint: string
  region: string
  accessKey: string
  secretKey: string
}

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
const RULES: RetryRules = { base: 1000, most: 30_000, attempts: 5 }

/** Uploads one after the other; each is compared in size afterwards. Never rejects. */
export async function uploadSession(
  settings: S3Settings,
  sessionId: string,
  uploads: readonly S3Upload[],
  options: { rules?: RetryRules; sleep?: (ms: number) => Promise<unknown> } = {},
): Promise<S3Result> {
  const client = clientFor(settings)
  const result: S3Result = { keys: [], failures: [] }
  for (const upload of uploads) {
    const key = `${folderOf(sessionId)}${safe(basename(upload.name))}`
    const failure = await withRetries(() => uploadOne(client, key, upload), options)
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
  const client = clientFor(settings)
  return withRetries(async () => {
    for (let more = true, startAfter: string | undefined; more; ) {
      const page = await client.list({ prefix: folderOf(sessionId), ...(startAfter && { startAfter }) })
      const keys = (page.contents ?? []).map(({ key }) => key)
      for (const key of keys) await client.delete(key)
      startAfter = keys.at(-1)
      more = page.isTruncated === true && startAfter !== undefined
    }
  }, options)
}

function clientFor(settings: S3Settings): S3Client {
  return new S3Client({
    bucket: settings.bucket,
    region: settings.region,
    accessKeyId: settings.accessKey,
    secretAccessKey: settings.secretKey,
    ...(settings.endpoint && { endpoint: settings.endpoint }),
  })
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
      const code = String((thrown as { code?: unknown } | null)?.code ?? 'failed')
      // Wrong keys and missing buckets do not heal by themselves.
      const hopeless = /AccessDenied|NoSuchBucket|InvalidAccessKeyId|SignatureDoesNotMatch|ENOENT/.test(code)
      const delay = hopeless ? null : nextWait(attempt, null, rules)
      if (delay === null) return code
      await sleep(delay)
    }
  }
}

async function uploadOne(client: S3Client, key: string, upload: S3Upload): Promise<void> {
  const target = client.file(key)
  const source = upload.path === undefined ? null : Bun.file(upload.path)
  const expected = source ? source.size : Buffer.byteLength(upload.body ?? '')
  if (!source || source.size <= PART) {
    await target.write(source ? await source.bytes() : (upload.body ?? ''), { type: upload.type })
  } else {
    const writer = target.writer({ type: upload.type, partSize: PART, queueSize: 2, retry: 3 })
    for await (const chunk of source.stream() as unknown as AsyncIterable<Uint8Array>) {
      writer.write(chunk)
      await writer.flush()
    }
    await writer.end()
  }
  const { size } = await target.stat()
  if (size !== expected) throw Object.assign(new Error('size differs'), { code: 'SizeDiffers' })
}
