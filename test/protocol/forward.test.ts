/** whisper.cpp's stream with `--forward-url`: batches out, answers back to the client, into the room and the store. */
import { expect, test } from 'bun:test'
import { textOf } from '../../server/core/transcript.ts'
import { openApp } from '../helpers/app.ts'
import { tone } from '../helpers/foreign.ts'
import { openStub } from '../integration/stub.ts'

test('[WS4] forwarding, as seed 001 has it', async () => {
  // A llama.cpp server that says how much it was told.
  const stub = openStub((_, body) => {
    const { prompt } = JSON.parse(body) as { prompt: string }
    return Response.json({ content: ` Heard ${prompt.split('\n').length} lines. `, stop: true })
  })
  const server = await openApp({ finalWait: 0, forwardUrl: `${stub.url}/completion`, maxMessages: 2 })
  const { app } = server
  try {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}/ws/whisper-stream`)
    const heard: string[] = []
    socket.onmessage = ({ data }) => heard.push(String(data))
    const closed = new Promise<number>((resolve) => {
      socket.onclose = ({ code }) => resolve(code)
    })
    await new Promise((resolve) => {
      socket.onopen = resolve
    })
    // Five utterances of two seconds each: two full batches, and one line that goes out when the meeting ends.
    for (let i = 0; i < 100; i++) socket.send(tone(100, 'f32le') as Uint8Array<ArrayBuffer>)
    socket.send('END')
    expect(await closed).toBe(1000)
    const lines = heard.filter((line) => line.startsWith('word'))
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['word1', 'word6', 'word11', 'word16', 'word21'])
    expect(heard.filter((line) => !line.startsWith('word'))).toEqual(['Heard 2 lines.', 'Heard 2 lines.'])

    const [session] = await app.store.sessions({ limit: 5 })
    const answers = async () => {
      const { utterances, participants } = await app.store.transcript(session?.id ?? '')
      return utterances
        .filter(({ participantId }) => participants.get(participantId)?.name === 'Assistant')
        .map(({ committed }) => textOf(committed))
    }
    for (let tries = 0; tries < 500 && (await answers()).length < 3; tries++) await Bun.sleep(20)
    expect(await answers()).toEqual(['Heard 2 lines.', 'Heard 2 lines.', 'Heard 1 lines.'])
    expect(stub.seen.map(({ path }) => path)).toEqual(['/completion', '/completion', '/completion'])
    const prompts = stub.seen.map(({ body }) => (JSON.parse(body) as { prompt: string }).prompt)
    expect(prompts.join('\n').split('\n')).toEqual(lines)
    const { participants } = await app.store.transcript(session?.id ?? '')
    expect([...participants.values()].filter(({ name }) => name === 'Assistant')).toHaveLength(1)
  } finally {
    await server.close()
    stub.close()
  }
})
