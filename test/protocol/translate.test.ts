/** A WhisperLive client that wants French, against a server with a LibreTranslate endpoint. */
import { expect, test } from 'bun:test'
import { openApp } from '../helpers/app.ts'
import { tone } from '../helpers/foreign.ts'
import { openStub } from '../integration/stub.ts'

test('[WL8] every segment comes once more in the language asked for, and is stored', async () => {
  const stub = openStub((_, body) => {
    const { q, target } = JSON.parse(body) as { q: string; target: string }
    return Response.json({ translatedText: `${target}: ${q}` })
  })
  const server = await openApp({ finalWait: 0, translateUrl: `${stub.url}/translate` })
  const { app } = server
  try {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/ws/whisper-live`)
    type Message = { segments?: object[]; translated_segments?: { text: string }[]; message?: string }
    const messages: Message[] = []
    const closed = new Promise<number>((resolve) => {
      socket.onclose = ({ code }) => resolve(code)
    })
    socket.onopen = () =>
      socket.send(
        JSON.stringify({ uid: 'u', language: 'en', enable_translation: true, target_language: 'fr' }),
      )
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as Message
      messages.push(message)
      if (message.message !== 'SERVER_READY') return
      for (let i = 0; i < 40; i++) socket.send(tone(100, 'f32le') as Uint8Array<ArrayBuffer>)
      socket.send('END_OF_AUDIO')
    }
    expect(await closed).toBe(1000)
    const last = messages.findLast(({ translated_segments }) => translated_segments)
    expect(last?.translated_segments?.map(({ text }) => text)).toEqual([
      ' fr: word1 word2 word3 word4 word5.',
      ' fr: word6 word7 word8 word9 word10.',
    ])
    const [session] = await app.store.sessions({ limit: 1 })
    expect((await app.store.transcript(session?.id ?? '')).translations.size).toBe(2)
  } finally {
    await server.close()
    stub.close()
  }
})
