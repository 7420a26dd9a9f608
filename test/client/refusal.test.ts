/** A refused handshake says nothing to a WebSocket: the client asks why, and ends where trying again cannot help. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { roomRefusal } from '../../server/client/refusal.ts'
import { startChaosProxy } from '../helpers/chaos-proxy.ts'
import { record } from '../helpers/native-client.ts'
import { openSite, type Site } from '../security/kit.ts'

let site: Site
beforeAll(async () => {
  site = await openSite({ numbers: true })
})
afterAll(() => site.close())

const answer = (status: number, body?: unknown) => async () =>
  body === undefined ? new Response('<html>', { status }) : Response.json(body, { status })

test('[FA29] what ends a client is what another try cannot change', async () => {
  const ask = (status: number, body?: unknown) =>
    roomRefusal('http://here', 'quiet-otter-4207', 'secret', answer(status, body))
  const not = 'http://here does not open the room quiet-otter-4207.'
  const said = (code: string) => ({ error: { code, message: 'In its own words.' } })
  expect(await ask(404, said('not-found'))).toMatchObject({
    code: 4004,
    reason: expect.stringContaining('has no room'),
  })
  expect(await ask(404)).toMatchObject({
    code: 4004,
    reason: expect.stringContaining('Is it a Parley server?'),
  })
  expect(await ask(401, said('unauthorized'))).toEqual({ code: 4003, reason: `${not} In its own words.` })
  expect(await ask(403, said('withdrawn'))).toEqual({ code: 4104, reason: `${not} In its own words.` })
  expect(await ask(421, said('forbidden'))).toMatchObject({ code: 4003 })
  for (const passing of [200, 408, 429, 500, 502, 503]) expect(await ask(passing, said('x'))).toBeNull()
  expect(await roomRefusal('http://here', 'r', '', () => Promise.reject(new Error('refused')))).toBeNull()
})

test('[FA29] a room that is not there ends the client and its recording, at once and in words', async () => {
  const screen = record({ url: site.url, room: 'no-such-room', token: site.ownerKey })
  const recording = screen.client.record()
  recording.write(new Uint8Array(3_200))
  await expect(recording.end()).rejects.toThrow('has no room no-such-room')
  expect(screen.events.at(-1)).toEqual({ type: 'status', status: 'closed' })
  expect(screen.events.some((event) => event.type === 'refused' && event.closeCode === 4004)).toBe(true)
  expect(screen.events.some((event) => event.type === 'status' && event.status === 'waiting')).toBe(false)
})

test('[FA29] who was let in once goes on trying, whatever answers in the place of the server', async () => {
  const other = Bun.serve({ port: 0, fetch: () => new Response('not here', { status: 404 }) })
  const proxy = await startChaosProxy(site.app.port)
  const { url } = proxy
  const screen = record({ url, room: site.room.id, token: site.tokens.speaker, random: () => 0 })
  await screen.until(() => screen.client.status === 'open')
  proxy.target = other.port as number
  proxy.cut()
  const waits = () =>
    screen.events.filter((event) => event.type === 'status' && event.status === 'waiting').length
  await screen.until(() => waits() >= 3)
  proxy.target = site.app.port
  await screen.until(() => screen.client.status === 'open')
  screen.close()
  await proxy.close()
  await other.stop(true)
})
