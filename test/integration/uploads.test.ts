/** Uploads and removals that a crash cuts off: taken up by the next start, and nothing unseen stays in the bucket. */
import { afterEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BucketDeps, openBucket } from '../../server/integration/bucket.ts'
import { eraseUploads } from '../../server/integration/s3.ts'

const MIB = 1024 ** 2
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

/** As much of S3 as uploads in parts use, and the list of unfinished ones; from part `hangsAt` on nothing is answered. */
function store() {
  const objects = new Map<string, number>()
  const unfinished = new Map<string, { key: string; size: number }>()
  const mood = { hangsAt: Number.POSITIVE_INFINITY, lists: true, hanging: 0, refuses: false, refused: 0 }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 60,
    async fetch(request) {
      const { pathname, searchParams: query } = new URL(request.url)
      if (mood.refuses) {
        mood.refused++
        return new Response('<Error><Code>AccessDenied</Code></Error>', { status: 403 })
      }
      const key = decodeURIComponent(pathname.replace(/^\/b\/?/, ''))
      const size = (await request.arrayBuffer()).byteLength
      const id = query.get('uploadId') ?? ''
      const begun = unfinished.get(id)
      switch (`${request.method} ${begun ? 'part' : query.has('uploads') ? 'uploads' : 'object'}`) {
        case 'POST uploads': {
          const uploadId = `up${Math.random()}`
          unfinished.set(uploadId, { key, size: 0 })
          return new Response(`<X><UploadId>${uploadId}</UploadId></X>`)
        }
        case 'GET uploads': {
          if (!mood.lists) return new Response('<Error><Code>NotImplemented</Code></Error>', { status: 501 })
          const all = [...unfinished].filter(([, each]) => each.key.startsWith(query.get('prefix') ?? ''))
          const rows = all.map(
            ([uploadId, each]) =>
              `<Upload><Key>${each.key}</Key><UploadId>${uploadId}</UploadId><Initiator><ID>a</ID></Initiator></Upload>`,
          )
          return new Response(`<ListMultipartUploadsResult>${rows.join('')}</ListMultipartUploadsResult>`)
        }
        case 'PUT part':
          if (Number(query.get('partNumber')) >= mood.hangsAt) {
            mood.hanging++
            return new Promise<Response>(() => {})
          }
          if (begun) begun.size += size
          return new Response('', { headers: { etag: '"p"' } })
        case 'POST part':
          objects.set(key, begun?.size ?? 0)
          unfinished.delete(id)
          return new Response('<CompleteMultipartUploadResult/>')
        case 'DELETE part':
          unfinished.delete(id)
          return new Response(null, { status: 204 })
        case 'PUT object':
          objects.set(key, size)
          return new Response('', { headers: { etag: '"x"' } })
        case 'DELETE object':
          objects.delete(key)
          return new Response(null, { status: 204 })
        case 'HEAD object': {
          const known = objects.get(key)
          if (known === undefined) return new Response(null, { status: 404 })
          return new Response(null, { headers: { 'content-length': String(known) } })
        }
      }
      const keys = [...objects.keys()].filter((each) => each.startsWith(query.get('prefix') ?? ''))
      return new Response(keys.map((each) => `<Contents><Key>${each}</Key></Contents>`).join(''))
    },
  })
  undo.push(() => server.stop(true))
  const endpoint = `http://127.0.0.1:${server.port}`
  const settings = { bucket: 'b', endpoint, region: 'us-east-1', accessKey: 'a', secretKey: 's' }
  return { objects, unfinished, mood, settings }
}

/** A data directory with one meeting of 20 MiB of sound; `open` is a start of the server. */
function directoryOf(settings: BucketDeps['settings']) {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-uploads-'))
  undo.push(() => rmSync(dataDir, { recursive: true }))
  writeFileSync(join(dataDir, 't1.opus'), new Uint8Array(20 * MIB).fill(7))
  const kept = new Set(['ses_1'])
  const archive = {
    session: async (id: string) => (kept.has(id) ? { id } : null),
    transcript: async () => ({}),
    recordings: async () => [{ id: 't1', encoding: 'opus', bytes: 1, path: 't1.opus' }],
  } as unknown as BucketDeps['store']
  const open = (every?: number) => {
    const quiet = { report() {}, failed() {}, render: () => '{}' }
    const bucket = openBucket({ settings, store: archive, dataDir, every, ...quiet })
    undo.push(() => bucket.close())
    return bucket
  }
  return { dataDir, kept, open }
}

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !done() && Date.now() < end; ) await Bun.sleep(10)
  expect(done()).toBe(true)
}

const now = Promise.resolve()

test('[IN41] an upload that a crash cut off is made by the next start, and what it left is called off', async () => {
  const { objects, unfinished, mood, settings } = store()
  const { dataDir, open } = directoryOf(settings)
  mood.hangsAt = 2
  open().ended('ses_1', now)
  await until(() => mood.hanging > 0)
  mood.hangsAt = Number.POSITIVE_INFINITY
  open().resume(now) // the first one is as good as dead: it waits for an answer that never comes
  await until(() => !existsSync(join(dataDir, 'uploads.json')))
  expect([...objects]).toEqual([
    ['parley/ses_1/transcript.json', 2],
    ['parley/ses_1/t1.opus', 20 * MIB],
  ])
  expect(unfinished.size).toBe(0)
}, 20_000)

test('[IN41] what a bucket refused is tried again until it takes it', async () => {
  const { objects, mood, settings } = store()
  const { dataDir, open } = directoryOf(settings)
  mood.refuses = true
  open(5).ended('ses_1', now)
  await until(() => mood.refused > 3)
  expect(existsSync(join(dataDir, 'uploads.json'))).toBe(true)
  mood.refuses = false
  await until(() => !existsSync(join(dataDir, 'uploads.json')))
  expect(objects.size).toBe(2)
}, 20_000)

test('[IN41] what is owed of a meeting that is gone is owed no longer', async () => {
  const { objects, settings } = store()
  const { dataDir, kept, open } = directoryOf(settings)
  writeFileSync(join(dataDir, 'uploads.json'), '["ses_1"]')
  kept.clear()
  open().resume(now)
  await until(() => !existsSync(join(dataDir, 'uploads.json')))
  expect(objects.size).toBe(0)
})

test('[IN42] of a removed meeting unfinished uploads go as well, where the store tells of them', async () => {
  const { objects, unfinished, mood, settings } = store()
  objects.set('parley/ses_1/a', 1)
  unfinished.set('u1', { key: 'parley/ses_1/t1.opus', size: 8 * MIB })
  unfinished.set('u2', { key: 'parley/ses_10/t1.opus', size: 8 * MIB })
  expect(await eraseUploads(settings, 'ses_1')).toBeNull()
  expect([objects.size, [...unfinished.keys()]]).toEqual([0, ['u2']])
  mood.lists = false
  expect(await eraseUploads(settings, 'ses_10')).toBeNull()
})

test('[IN43] a removal that was cut off between here and the bucket is ended there; one that never began is forgotten', async () => {
  const { objects, settings } = store()
  const { dataDir, kept, open } = directoryOf(settings)
  objects.set('parley/ses_1/a', 1)
  open().removing('ses_1')
  open().resume(now)
  await until(() => !existsSync(join(dataDir, 'erasures.json')))
  expect(objects.size).toBe(1)
  open().removing('ses_1')
  kept.clear()
  open().resume(now)
  await until(() => !existsSync(join(dataDir, 'erasures.json')))
  expect(objects.size).toBe(0)
})
