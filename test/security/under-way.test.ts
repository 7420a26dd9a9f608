/** Rights that are taken back while somebody is served: what is under way ends with them. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Archive } from '../../db/store.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { LINK_ROLES } from '../../server/core/rights.ts'
import { wavHeader } from '../../server/core/wav-file.ts'
import { CLOSE } from '../../server/protocol/close-codes.ts'
import { eventually } from '../helpers/room-kit.ts'
import { openHttpKit, STRANGER } from '../http/kit.ts'
import { anyAddress, openSite, type Site } from './kit.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const asking = (secret: string) => ({ authorization: `Bearer ${secret}`, 'x-forwarded-for': anyAddress() })

/** A recording that no socket buffer holds. */
async function longRecording(sessionId: string, participantId: string): Promise<void> {
  const bytes = 64 * 1024 ** 2
  const path = join('audio', sessionId, 'long.pcm')
  const file = join(site.directory, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
  truncateSync(file, bytes)
  const track = { id: 'trk_long', sessionId, participantId, stream: 'long', path, start: 0, bytes }
  await (site.app.store as Archive).saveTrack({ ...track, ended: true, encoding: 'pcm' })
}

/** Bytes that still come after `then`. Rejects when the answer is cut. */
async function readOn(answer: Response, then: () => void): Promise<number> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  let size = (await reader.read()).value?.length ?? 0
  then()
  for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.length
  return size
}

test('[SX74] a download ends with the link or key it rests on, and no other does', async () => {
  const { app } = site
  const { room, tokens } = await app.rooms.create()
  const { id } = await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const session = room.session?.id ?? ''
  await longRecording(session, id)
  const key = app.access.addKey('reader', ['sessions:read'])
  const other = app.access.addKey('other', ['sessions:read'])
  const hostLink = app.access.links(room.id).find(({ role }) => role === LINK_ROLES[2])?.id ?? ''
  for (const path of [`/api/sessions/${session}/audio`, `/api/sessions/${session}/export.zip`]) {
    const get = (secret: string) => fetch(site.url + path, { headers: asking(secret) })
    expect([path, await readOn(await get(other.secret), () => {})]).toEqual([path, expect.any(Number)])
  }
  const download = async (secret: string, path: string, then: () => void) =>
    readOn(
      await fetch(`${site.url}/api/sessions/${session}/${path}`, { headers: asking(secret) }),
      then,
    ).then(
      () => 'whole',
      () => 'cut',
    )
  const stays = download(other.secret, 'audio', () => {})
  expect(await download(key.secret, 'export.zip', () => app.access.removeKey(key.key.id))).toBe('cut')
  expect(await download(tokens.host, 'audio', () => app.access.revokeLink(room.id, hostLink))).toBe('cut')
  expect(await stays).toBe('whole')
})

test('[SX74] a file that is sent with a key that is removed meanwhile is not heard, and leaves no meeting', async () => {
  const { app } = site
  const { key, secret } = app.access.addKey('sender', ['transcribe'])
  const samples = Buffer.alloc(96_000, 7)
  const sound = Buffer.concat([wavHeader(samples.length), samples])
  const before = (await app.store.sessions({ limit: 500 })).length
  let rest: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      rest = controller
      controller.enqueue(sound.slice(0, 1000))
    },
  })
  const answer = fetch(`${site.url}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { ...asking(secret), 'content-type': 'audio/wav' },
    body,
  })
  await eventually(() => expect(app.access.keys().find(({ id }) => id === key.id)?.usedAt).toBeNumber())
  app.access.removeKey(key.id)
  rest?.enqueue(sound.slice(1000))
  rest?.close()
  const refused = await answer
  expect(refused.status).toBe(403)
  expect(await refused.json()).toMatchObject({ error: { code: 'withdrawn' } })
  expect((await app.store.sessions({ limit: 500 })).length).toBe(before)
})

test('[SX74] a question under way is called off with the host’s link, told line by line or at once', async () => {
  const asked: AbortSignal[] = []
  const ask = (_id: string, _question: string, { signal }: { signal: AbortSignal }) => {
    asked.push(signal)
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const neighbours = { hooks: {}, abilities: () => ({ summaries: true, translation: null }), ask } as never
  const kit = await openHttpKit({ engine: createFakeEngine(), neighbours })
  const { room, tokens } = await kit.rooms.create()
  await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const caller = { ...STRANGER, secrets: [tokens.host] }
  const answers = ['application/json', 'application/x-ndjson'].map((accept) =>
    kit.call(
      'POST',
      `/api/sessions/${room.session?.id}/ask`,
      { question: 'What was said?' },
      { caller, headers: { accept } },
    ),
  )
  await eventually(() => expect(asked).toHaveLength(2))
  const [link] = kit.access.links(room.id).filter(({ role }) => role === 'host')
  kit.access.revokeLink(room.id, link?.id ?? '')
  const [plain, lines] = await Promise.all(answers)
  expect([plain?.status, await plain?.json()]).toMatchObject([403, { error: { code: 'withdrawn' } }])
  await expect(lines?.text()).rejects.toMatchObject({ code: 'withdrawn' })
  expect(asked.map(({ aborted }) => aborted)).toEqual([true, true])
  await kit.close()
})

test('[SX74] whoever gives back their own right is told that it was done', async () => {
  const { app } = site
  const { room, tokens } = await app.rooms.create()
  const [link] = app.access.links(room.id).filter(({ role }) => role === 'host')
  const remove = await fetch(`${site.url}/api/rooms/${room.id}/links/${link?.id}`, {
    method: 'DELETE',
    headers: asking(tokens.host),
  })
  expect(remove.status).toBe(204)
  const { key, secret } = app.access.addKey('mine', ['admin'])
  const own = await fetch(`${site.url}/api/keys/${key.id}`, { method: 'DELETE', headers: asking(secret) })
  expect(own.status).toBe(204)
})

test('[SX75] a client secret of OpenAI Realtime ends with the key it was asked for with, its connections too', async () => {
  const { access } = site.app
  const { key, secret } = access.addKey('server of a page', ['transcribe'])
  const made = await fetch(`${site.url}/v1/realtime/client_secrets`, {
    method: 'POST',
    headers: asking(secret),
  })
  const { value } = (await made.json()) as { value: string }
  const offered = { 'Sec-WebSocket-Protocol': `realtime, openai-insecure-api-key.${value}` }
  const headers = { 'x-forwarded-for': anyAddress(), ...offered }
  const socket = new WebSocket(`${site.url.replace('http', 'ws')}/v1/realtime?intent=transcription`, {
    headers,
  } as unknown as string[])
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code)
  })
  await new Promise((resolve) => {
    socket.onopen = resolve
  })
  access.removeKey(key.id)
  expect(await closed).toBe(CLOSE.withdrawn)
  expect((await site.socket('/v1/realtime', offered)).status).toBe(401)
})
