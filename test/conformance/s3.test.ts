/** An S3-compatible server of PyPI as the archive. Needs no model. */
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { S3Client } from 'bun'
import { uploadSession } from '../../server/integration/s3.ts'
import { startServer, untilReady } from '../helpers/server.ts'
import { KINDS, type Kind, Talker } from '../helpers/talker.ts'
import { python, skipLine } from './environments.ts'
import { CLIENTS, freePort, start, until } from './programs.ts'

const s3 = await python('s3')
if ('missing' in s3) skipLine('an S3 server', s3.missing)

test.skipIf('missing' in s3)(
  '[CF17] a meeting’s sound and transcript go to an S3 server, large ones in parts; a dead one costs nothing',
  async () => {
    if ('missing' in s3) return
    const port = await freePort()
    const run = [s3.python, join(CLIENTS, 's3_server.py'), String(port)]
    const bucket = await start(run, `http://127.0.0.1:${port}/`)
    const address = `http://127.0.0.1:${port}`
    const settings = { bucket: 'meetings', endpoint: address }
    const made = await fetch(`${address}/meetings`, { method: 'PUT' })
    expect(made.status).toBe(200)
    const server = await startServer({
      args: ['--backend', 'fake', '--s3-bucket', 'meetings', '--s3-endpoint', address],
      env: { ...process.env, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'thing' } as Record<
        string,
        string
      >,
    })
    try {
      await untilReady(server)
      const simple = KINDS.find(({ name }) => name === 'simple') as Kind
      // A minute of noise.
      const noise = new Uint8Array(
        Int16Array.from({ length: 16_000 }, () => (Math.random() - 0.5) * 9000).buffer,
      )
      const talker = new Talker(`ws://127.0.0.1:${server.port}`, simple)
      for (let second = 0; second < 60; second++) await talker.pass(noise)
      await talker.end()
      // What the client is told does not wait for the bucket.
      expect(talker.text).toContain('word1 word2')
      await until(
        () => server.output().includes('"uploaded"') || /uploaded.*failed/.test(server.output()),
        server.output,
      )
      const client = new S3Client({ ...settings, accessKeyId: 'any', secretAccessKey: 'thing' })
      const listed = (await client.list()).contents ?? []
      const transcript = listed.find(({ key }) => key.endsWith('transcript.json'))
      expect(await client.file(transcript?.key ?? '').text()).toContain('word1')
      const track = listed.find(({ key }) => /\.(pcm|opus)$/.test(key))
      expect(track?.size).toBeGreaterThan(10_000)
      // A recording of hours goes up in parts: the tag of such an object ends with their number.
      const large = join(server.directory, 'large.opus')
      writeFileSync(large, new Uint8Array(20 * 1024 * 1024).fill(7))
      const keys = { accessKey: 'any', secretKey: 'thing', region: 'us-east-1' }
      const sent = await uploadSession({ ...settings, ...keys }, 'ses_large', [
        { name: 'large.opus', type: 'audio/ogg', path: large },
      ])
      expect(sent.failures).toEqual([])
      const again = (await client.list()).contents?.find(({ key }) => key === sent.keys[0])
      expect([again?.size, again?.eTag?.replace(/"/g, '').split('-')[1]]).toEqual([20 * 1024 * 1024, '3'])
      // The bucket dies: the next meeting is told and kept all the same, and the failure is reported.
      bucket.kill('SIGKILL')
      await bucket.exited
      const later = new Talker(`ws://127.0.0.1:${server.port}`, simple)
      await later.say(4000)
      await later.end()
      expect(later.text).toContain('word1 word2')
      await until(() => server.output().includes('upload incomplete, it is tried again later'), server.output)
      const { sessions } = (await (await fetch(`${server.url}/api/sessions?limit=5`)).json()) as {
        sessions: { id: string }[]
      }
      for (const { id } of sessions)
        expect(
          (await fetch(`${server.url}/api/sessions/${id}/audio`, { method: 'HEAD' })).status,
        ).toBeLessThan(400)
    } finally {
      await server.dispose()
      bucket.kill('SIGKILL')
    }
  },
  180_000,
)
