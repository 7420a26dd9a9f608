/** Meetings that are copied to an S3 bucket. */
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uploadSession } from '../../server/integration/s3.ts'

describe('bucket', () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-s3-'))
  const large = join(directory, 'large.opus')
  writeFileSync(large, new Uint8Array(9 * 1024 * 1024).fill(7))
  afterAll(() => rmSync(directory, { recursive: true }))

  /** As much of S3 as an upload uses: put, multipart, head; `fail` requests are answered with 500 first. */
  function bucket(fail: number) {
    const objects = new Map<string, number>()
    const parts = new Map<string, number>()
    const asked: string[] = []
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        const url = new URL(request.url)
        const size = (await request.arrayBuffer()).byteLength
        asked.push(`${request.method} ${url.search.replace(/=[^&]*/g, '')}`)
        if (fail-- > 0) return new Response('<Error><Code>InternalError</Code></Error>', { status: 500 })
        if (request.method === 'HEAD') {
          const known = objects.get(url.pathname)
          return new Response(
            null,
            known === undefined
              ? { status: 404 }
              : { headers: { 'content-length': String(known), etag: '"x"' } },
          )
        }
        if (request.method === 'POST' && url.searchParams.has('uploads'))
          return new Response(
            '<InitiateMultipartUploadResult><UploadId>up1</UploadId></InitiateMultipartUploadResult>',
          )
        if (request.method === 'PUT' && url.searchParams.has('partNumber')) {
          parts.set(url.searchParams.get('partNumber') ?? '', size)
          return new Response('', { headers: { etag: '"p"' } })
        }
        if (request.method === 'POST') {
          objects.set(
            url.pathname,
            [...parts.values()].reduce((sum, part) => sum + part, 0),
          )
          return new Response(
            '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>',
          )
        }
        objects.set(url.pathname, size)
        return new Response('', { headers: { etag: '"x"' } })
      },
    })
    return {
      server,
      objects,
      asked,
      settings: {
        bucket: 'b',
        endpoint: `http://127.0.0.1:${server.port}`,
        region: 'us-east-1',
        accessKey: 'a',
        secretKey: 's',
      },
    }
  }
  const quick = { sleep: async () => {}, rules: { base: 1, most: 1, attempts: 4 } }
  const files = [
    { name: 'transcript.json', type: 'application/json', body: '{"ä":1}' },
    { name: '../t1.opus', type: 'audio/ogg', path: large },
  ]

  test('[IN13] transcript and recording, the large one in parts, sizes compared', async () => {
    const s3 = bucket(0)
    const result = await uploadSession(s3.settings, 'ses_1', files, quick)
    expect(result).toEqual({ keys: ['parley/ses_1/transcript.json', 'parley/ses_1/t1.opus'], failures: [] })
    expect([...s3.objects.values()]).toEqual([8, 9 * 1024 * 1024])
    expect(s3.asked.filter((each) => each.includes('partNumber')).length).toBeGreaterThan(1)
    await s3.server.stop(true)
  })

  test('[IN13] failures are tried again, then told; the file stays', async () => {
    const shaky = bucket(2)
    expect((await uploadSession(shaky.settings, 'ses_1', files.slice(0, 1), quick)).failures).toEqual([])
    await shaky.server.stop(true)
    const dead = bucket(1000)
    const result = await uploadSession(dead.settings, 'ses_1', files, quick)
    expect(result.keys).toEqual([])
    expect(result.failures).toHaveLength(2)
    expect(await Bun.file(large).exists()).toBe(true)
    await dead.server.stop(true)
  })
})
