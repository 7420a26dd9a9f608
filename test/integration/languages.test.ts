/** Readers of a running meeting ask for its translation, over sockets of their own, against a translation server. */
import { expect, test } from 'bun:test'
import type { ServerMessage } from '../../server/core/wire.ts'
import { said } from '../db/samples.ts'
import { openApp } from '../helpers/app.ts'
import { until } from '../helpers/until.ts'
import { openStub } from './stub.ts'

test('[IN48] the seventh language waits for a place, and gets it when a reader goes', async () => {
  const stub = openStub((_, body) => {
    const { q, target } = JSON.parse(body) as { q: string; target: string }
    return Response.json({ translatedText: `${target}: ${q}` })
  })
  const server = await openApp({ auth: 'key', translateUrl: `${stub.url}/translate` })
  const { rooms, store, port } = server.app
  const { room, tokens } = await rooms.create()
  const { id: speaker } = await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const session = room.session?.id ?? ''
  const translated = async () => [...(await store.transcript(session)).translations.values()]

  const read = async (language: string, token = tokens.view) => {
    const told: ServerMessage[] = []
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/room/${room.id}`)
    socket.onmessage = ({ data }) => void told.push(JSON.parse(String(data)))
    socket.onopen = () => {
      const hello = { type: 'hello', version: 1, role: 'viewer', name: '', participantKey: '', token }
      socket.send(JSON.stringify(hello))
    }
    await until(() => told.some(({ type }) => type === 'welcome'))
    socket.send(JSON.stringify({ type: 'translate', language }))
    // It is carried out before what comes next is answered.
    socket.send(JSON.stringify({ type: 'rename', name: 'x' }))
    await until(() => told.some((each) => each.type === 'error' && each.code === 'forbidden'))
    return { socket, refused: () => told.filter((each) => each.type === 'error' && each.code === 'too-many') }
  }
  const say = async (id: string, text: string) => rooms.record(session, said(id, speaker, text, 1000))
  const languagesOf = async (id: string) =>
    (await translated())
      .filter(({ utteranceId }) => utteranceId === id)
      .map(({ language }) => language)
      .sort()

  const readers = await Promise.all(['de', 'fr', 'es', 'it', 'pt', 'nl'].map((each) => read(each)))
  const late = await read('sv')
  expect(late.refused()).toHaveLength(1)
  await say('utt_1', 'Good morning.')
  await until(async () => (await languagesOf('utt_1')).length === 6)

  readers[0]?.socket.close()
  await until(async () => (await languagesOf('utt_1')).includes('sv'))
  await say('utt_2', 'We begin.')
  await until(async () => (await languagesOf('utt_2')).length === 6)
  expect(await languagesOf('utt_2')).toEqual(['es', 'fr', 'it', 'nl', 'pt', 'sv'])

  // The host's language comes first; whoever loses the place is told.
  const host = await read('uk', tokens.host)
  expect(host.refused()).toHaveLength(0)
  await say('utt_3', 'And end.')
  await until(async () => (await languagesOf('utt_3')).length === 6)
  expect(await languagesOf('utt_3')).toContain('uk')
  await until(() => late.refused().length === 2)
  for (const { socket } of [...readers, late, host]) socket.close()
  await server.close()
  stub.close()
})
