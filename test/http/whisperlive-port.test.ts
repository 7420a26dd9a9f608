import { expect, test } from 'bun:test'
import { openApp } from '../helpers/app.ts'

test('[GA5] on --whisperlive-port every path speaks WhisperLive, as its clients and its extension expect', async () => {
  const spare = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const port = spare.port as number
  await spare.stop(true)
  const server = await openApp({ whisperlivePort: port })
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
    await server.close()
  }
})
