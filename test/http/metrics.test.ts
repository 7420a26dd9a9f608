import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openSite, type Site } from '../security/kit.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.room.join({ name: 'Wombatname', key: 'k', role: 'host' })
})
afterAll(() => site.close())

function viewer(
  where = site,
): Promise<{ socket: WebSocket; messages: { type: string; [key: string]: unknown }[] }> {
  const messages: { type: string }[] = []
  const socket = new WebSocket(`${where.url.replace('http', 'ws')}/ws/room/${where.room.id}`)
  return new Promise((resolve, reject) => {
    const token = where.tokens.viewer
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', version: 1, role: 'viewer', token }))
    socket.onmessage = ({ data }) => {
      messages.push(JSON.parse(String(data)))
      resolve({ socket, messages })
    }
    socket.onerror = reject
  })
}

test('[OP7] /metrics counts what happened and says how things are', async () => {
  const before = await viewer()
  before.socket.close()
  const { socket } = await viewer()
  await site.say('some echidnaword')
  await site.call('owner', 'GET', '/api/rooms/no-such-room-1')
  let text = ''
  for (let tries = 0; tries < 100 && !text.includes('parley_closed_total{code="1005"} 1'); tries++) {
    text = await (await site.call('owner', 'GET', '/metrics')).text()
    await Bun.sleep(10)
  }
  for (const line of [
    '# TYPE parley_events_total counter',
    'parley_events_total{event="utterance-finished"} 1',
    'parley_connections_total{protocol="native"} 2',
    'parley_closed_total{code="1005"} 1',
    'parley_http_answers_total{status="404"} 1',
    'parley_open_sockets 1',
    'parley_live_meetings 1',
    'parley_recordings 0',
    'parley_unrecognised_seconds 0',
    'parley_storage_trouble 0',
  ])
    expect(text).toContain(`${line}\n`)
  expect(text).toMatch(/parley_disk_free_bytes \d+\n/)
  expect(text).not.toMatch(/Wombatname|echidnaword|127\.0\.0\.1/)
  expect((await site.call('stranger', 'GET', '/metrics')).status).toBe(401)
  socket.close()
})

test('[OP7] close codes that a client makes up are one figure', async () => {
  for (const code of [3000, 3456, 4000, 4999]) (await viewer()).socket.close(code)
  let text = ''
  const figure = /^parley_closed_total\{code="other"\} 4$/m
  for (let tries = 0; tries < 300 && !figure.test(text); tries++) {
    text = await (await site.call('owner', 'GET', '/metrics')).text()
    await Bun.sleep(10)
  }
  expect(text).toMatch(figure)
  expect(text).not.toMatch(/code="(3\d+|4000|4999)"/)
})

test('[OP8] a stop tells everybody when to come back, and closes with 1012', async () => {
  const own = await openSite()
  const { socket, messages } = await viewer(own)
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code)
  })
  await own.close()
  expect(await closed).toBe(1012)
  expect(messages.at(-1)).toEqual({ type: 'draining', retryAfter: expect.any(Number) })
})
