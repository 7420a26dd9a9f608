import { afterEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from 'bun'
import { createErasures } from '../../server/integration/erasures.ts'
import { eraseUploads } from '../../server/integration/s3.ts'
import { signed } from '../../server/integration/s3-request.ts'
import { openSite } from '../security/kit.ts'

const open: { stop(force: boolean): unknown }[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.stop(true)
})

/** As much of S3 as uploading, listing and removing use; pages of two keys. */
function bucket() {
  const objects = new Map<string, string>()
  const mood = { refuses: false }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const url = new URL(request.url)
      const key = decodeURIComponent(url.pathname.replace(/^\/b\/?/, ''))
      if (mood.refuses) return new Response('<Error><Code>SlowDown</Code></Error>', { status: 503 })
      if (request.method === 'PUT') {
        objects.set(key, await request.text())
        return new Response('', { headers: { etag: '"x"' } })
      }
      if (request.method === 'DELETE') {
        objects.delete(key)
        return new Response(null, { status: 204 })
      }
      if (request.method === 'HEAD') {
        const known = objects.get(key)
        return new Response(
          null,
          known === undefined
            ? { status: 404 }
            : { headers: { 'content-length': String(Buffer.byteLength(known)), etag: '"x"' } },
        )
      }
      const prefix = url.searchParams.get('prefix') ?? ''
      const after = url.searchParams.get('start-after') ?? ''
      const all = [...objects.keys()].filter((each) => each.startsWith(prefix) && each > after).sort()
      const page = all.slice(0, 2).map((each) => `<Contents><Key>${each}</Key><Size>1</Size></Contents>`)
      return new Response(
        `<?xml version="1.0"?><ListBucketResult><Name>b</Name><Prefix>${prefix}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>2</MaxKeys><IsTruncated>${all.length > 2}</IsTruncated>${page.join('')}</ListBucketResult>`,
        { headers: { 'content-type': 'application/xml' } },
      )
    },
  })
  open.push(server)
  const endpoint = `http://127.0.0.1:${server.port}`
  const settings = { bucket: 'b', endpoint, region: 'us-east-1', accessKey: 'a', secretKey: 's' }
  return { objects, mood, settings }
}

const quick = { sleep: async () => {}, rules: { base: 1, most: 1, attempts: 2 } }

test('[IN15] everything uploaded of a removed meeting goes, page after page, and nothing else', async () => {
  const { objects, settings } = bucket()
  for (const name of ['a', 'b', 'c', 'd', 'e']) objects.set(`parley/ses_1/${name}`, 'x')
  objects.set('parley/ses_10/a', 'x')
  objects.set('other', 'x')
  expect(await eraseUploads(settings, 'ses_1', quick)).toBeNull()
  expect([...objects.keys()]).toEqual(['parley/ses_10/a', 'other'])
})

test('[IN15] a bucket that refuses is asked again, after a restart too', async () => {
  const { objects, mood, settings } = bucket()
  objects.set('parley/ses_1/a', 'x')
  mood.refuses = true
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-erasures-'))
  const make = () =>
    createErasures({ dataDir, erase: (id) => eraseUploads(settings, id, quick), report() {} })
  const first = make()
  first.add('ses_1')
  await first.run()
  expect(first.waiting).toEqual(['ses_1'])
  first.close()
  mood.refuses = false
  const second = make()
  expect(second.waiting).toEqual(['ses_1'])
  await second.run()
  expect([second.waiting, objects.size, existsSync(join(dataDir, 'erasures.json'))]).toEqual([[], 0, false])
  second.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('[SX19] a removed meeting leaves no trace of its words in the bucket or anywhere in the data directory', async () => {
  const s3 = bucket()
  const site = await openSite({
    config: { s3Bucket: 'b', s3Endpoint: s3.settings.endpoint, s3AccessKey: 'a', s3SecretKey: 's' },
  })
  const { room } = site
  const person = await room.join({ name: 'Wombatname', key: 'k', role: 'host' })
  const seat = await room.seat(person.id, 'stream-1')
  seat.accept(0, new Uint8Array(64_000).fill(1))
  await seat.sync()
  await site.say('the echidnaword was said')
  await site.call('owner', 'GET', `/api/sessions/${room.session?.id}/export.docx`)
  const id = room.session?.id as string
  await room.end()
  const until = async (done: () => boolean) => {
    for (let tries = 0; tries < 500 && !done(); tries++) await Bun.sleep(10)
  }
  const inBucket = () => [...s3.objects.values()].join('').includes('echidnaword')
  await until(inBucket)
  expect(inBucket()).toBe(true) // it was uploaded
  expect((await site.call('owner', 'DELETE', `/api/sessions/${id}`)).status).toBeLessThan(300)
  await until(() => s3.objects.size === 0)
  expect([...s3.objects.keys()]).toEqual([])
  for (const name of readdirSync(site.directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(site.directory, name)
    if (!statSync(path).isFile()) continue
    const bytes = readFileSync(path)
    for (const canary of ['Wombatname', 'echidnaword'])
      expect([name, bytes.includes(canary)]).toEqual([name, false])
  }
  await site.close()
}, 30_000)

test('[IN20] requests are signed as Bun’s own S3 client signs them', async () => {
  const seen: { url: string; headers: Headers }[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      seen.push({ url: request.url, headers: new Headers(request.headers) })
      return new Response('', { headers: { etag: '"x"' } })
    },
  })
  open.push(server)
  const place = {
    bucket: 'meetings',
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'eu-central-1',
    accessKey: 'AKIDEXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  }
  const theirs = new S3Client({
    ...place,
    accessKeyId: place.accessKey,
    secretAccessKey: place.secretKey,
  })
  const key = "parley/ses_1/a b+c!'(1).opus"
  await theirs.write(key, 'hello')
  await theirs.delete(key)
  await theirs.list({ prefix: 'parley/ses 1/', startAfter: 'parley/x' }).catch(() => {})
  const asked = [
    { method: 'PUT', key },
    { method: 'DELETE', key },
    {
      method: 'GET',
      key: '',
      query: { 'list-type': '2', prefix: 'parley/ses 1/', 'start-after': 'parley/x' },
    },
  ] as const
  expect(seen.length).toBe(asked.length)
  for (const [index, request] of asked.entries()) {
    const { headers, url } = seen[index] as (typeof seen)[0]
    const time = headers.get('x-amz-date') ?? ''
    const date = new Date(time.replace(/(....)(..)(..T..)(..)(..)/, '$1-$2-$3:$4:$5'))
    const own = signed(place, request, headers.get('x-amz-content-sha256') ?? '', date)
    expect(new URL(own.url).searchParams).toEqual(new URL(url).searchParams)
    expect(own.headers.authorization).toBe(headers.get('authorization') ?? '')
  }
})
