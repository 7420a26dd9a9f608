import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { resolveConfig } from '../../server/config.ts'
import { silentLog } from '../../server/log.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-wlport-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('[GA5] on --whisperlive-port every path speaks WhisperLive, as its clients and its extension expect', async () => {
  const spare = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const port = spare.port as number
  await spare.stop(true)
  const config = {
    ...resolveConfig({}, {}).config,
    dataDir: directory,
    host: '127.0.0.1',
    port: 0,
    tls: false,
  }
  const app = await createApp(
    { ...config, whisperlivePort: port },
    { log: silentLog, version: 'test', engine: createFakeEngine() },
  )
  try {
    for (const path of ['/', '/ws', '/any/thing']) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
      const answer = await new Promise<string>((resolve, reject) => {
        socket.onopen = () =>
          socket.send(
            JSON.stringify({ uid: 'u1', language: 'en', task: 'transcribe', model: 'small', use_vad: true }),
          )
        socket.onmessage = (event) => resolve(String(event.data))
        socket.onerror = () => reject(new Error(path))
      })
      expect(JSON.parse(answer)).toMatchObject({ uid: 'u1', message: 'SERVER_READY' })
      socket.close()
    }
  } finally {
    await app.close()
  }
})
