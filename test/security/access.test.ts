import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { LOOK_EVERY } from '../../server/access/access.ts'
import { resolveConfig } from '../../server/config.ts'
import { LIMITS, limitsOf } from '../../server/core/limits.ts'
import { CLOSE } from '../../server/protocol/close-codes.ts'
import { PROTOCOLS } from '../../server/protocol/index.ts'
import { eventually } from '../helpers/room-kit.ts'
import { anyAddress, openSite, type Site } from './kit.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

interface Open {
  socket: WebSocket
  messages: string[]
  closed: Promise<{ code: number; after: number }>
  /** Starts the clock of `closed`. */
  mark(): void
}

/** A socket from another machine; resolves when it is open (and greeted, in a room). */
function open(path: string, hello?: object, protocols: string[] = [], more: object = {}): Promise<Open> {
  const headers = { 'x-forwarded-for': anyAddress(), ...more }
  const options = { headers, protocols } as unknown as string[]
  const socket = new WebSocket(site.url.replace('http', 'ws') + path, options)
  const messages: string[] = []
  let at = 0
  const closed = new Promise<{ code: number; after: number }>((resolve) => {
    socket.onclose = ({ code }) => {
      const closedAt = performance.now()
      resolve({
        code,
        get after() {
          return closedAt - at
        },
      })
    }
  })
  return new Promise((resolve, reject) => {
    const mark = () => {
      at = performance.now()
    }
    const done = () => resolve({ socket, messages, closed, mark })
    socket.onopen = () =>
      hello ? socket.send(JSON.stringify({ type: 'hello', version: 1, ...hello })) : done()
    socket.onmessage = ({ data }) => {
      messages.push(String(data))
      if (hello) done()
    }
    socket.onerror = reject
  })
}

const say = (messages: string[]) =>
  messages.map((text) => JSON.parse(text) as { type: string; code?: string })

describe('links', () => {
  test('[SX38] a withdrawn link ends its sockets at once with the reason, and opens nothing any more', async () => {
    const { room, tokens } = await site.app.rooms.create()
    const path = `/ws/room/${room.id}`
    const reader = await open(path, { role: 'viewer', token: tokens.view })
    const speaker = await open(path, { role: 'speaker', name: 'Ada', token: tokens.speak })
    const host = await open(path, { role: 'speaker', name: 'Grace', token: `${tokens.host}.${tokens.speak}` })
    const link = site.app.access.links(room.id).find(({ role }) => role === 'speak')
    speaker.mark()
    const answer = await fetch(`${site.url}/api/rooms/${room.id}/links/${link?.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${tokens.host}`, 'x-forwarded-for': anyAddress() },
    })
    expect(answer.status).toBe(204)
    const { code, after } = await speaker.closed
    expect(code).toBe(CLOSE.withdrawn)
    expect(after).toBeLessThan(1000)
    expect(say(speaker.messages).at(-1)).toMatchObject({ type: 'error', code: 'withdrawn', fatal: true })
    // The others stay, and are told who left.
    expect([reader.socket.readyState, host.socket.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN])
    const again = await open(path, { role: 'speaker', name: 'Ada', token: tokens.speak })
    expect(await again.closed).toMatchObject({ code: CLOSE.withdrawn })
    const asked = await fetch(`${site.url}/api/rooms/${room.id}`, {
      headers: { authorization: `Bearer ${tokens.speak}`, 'x-forwarded-for': anyAddress() },
    })
    expect(asked.status).toBe(403)
    expect(await asked.json()).toMatchObject({ error: { code: 'withdrawn' } })
    reader.socket.close()
    host.socket.close()
  })

  test('[RM18] whose host link is withdrawn goes on speaking, and hosts no more, by voice neither', async () => {
    const { room, tokens } = await site.app.rooms.create()
    const path = `/ws/room/${room.id}`
    const host = await open(path, { role: 'speaker', name: 'Grace', token: `${tokens.host}.${tokens.speak}` })
    const role = () => [...room.transcript.participants.values()].map((person) => person.role)
    expect(role()).toEqual(['host'])
    const link = site.app.access.links(room.id).find((each) => each.role === 'host')
    site.app.access.revokeLink(room.id, link?.id ?? '')
    await eventually(() => expect(role()).toEqual(['speaker']))
    expect(host.socket.readyState).toBe(WebSocket.OPEN)
    host.socket.close()
  })

  test('[SX38] replacing a link withdraws the older ones of its role and no other', async () => {
    const { room, tokens } = await site.app.rooms.create()
    const path = `/ws/room/${room.id}`
    const reader = await open(path, { role: 'viewer', token: tokens.view })
    const speaker = await open(path, { role: 'speaker', token: tokens.speak })
    const answer = await fetch(`${site.url}/api/rooms/${room.id}/links`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tokens.host}`,
        'content-type': 'application/json',
        'x-forwarded-for': anyAddress(),
      },
      body: JSON.stringify({ role: 'view', replace: true }),
    })
    const { token, url } = (await answer.json()) as { token: string; url: string }
    expect(url).toEndWith(`/c/${room.id}#${token}`)
    expect((await reader.closed).code).toBe(CLOSE.withdrawn)
    expect(speaker.socket.readyState).toBe(WebSocket.OPEN)
    const fresh = await open(path, { role: 'viewer', token })
    expect(say(fresh.messages)[0]?.type).toBe('welcome')
    fresh.socket.close()
    speaker.socket.close()
  })
})

describe('sign-ins', () => {
  test('[SX60] a changed password ends the sockets that rest on other sign-ins within a second, and keeps its own', async () => {
    const { room } = await site.app.rooms.create()
    const first = 'a sentence to remember'
    const own = { origin: site.url, 'x-forwarded-for': anyAddress(), 'content-type': 'application/json' }
    const call = async (path: string, body: object, cookie = '') => {
      const headers = { ...own, ...(cookie && { cookie }) }
      const answer = await fetch(`${site.url}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      expect([path, answer.ok]).toEqual([path, true])
      return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    }
    const token = site.app.setupUrl?.split('#')[1]
    const mine = await call('/api/account', { token, password: first })
    const other = await call('/api/account/sign-in', { password: first })
    const join = (cookie: string) =>
      open(`/ws/room/${room.id}`, { role: 'speaker', name: 'Ada' }, [], { cookie, origin: site.url })
    const [here, there] = [await join(mine), await join(other)]
    expect([here, there].map(({ messages }) => say(messages)[0]?.type)).toEqual(['welcome', 'welcome'])
    await call('/api/account/password', { current: first, next: 'another sentence' }, mine)
    there.mark() // what the password's own hashes take is not the closing's
    const { code, after } = await there.closed
    expect([code, after < 1000, here.socket.readyState]).toEqual([CLOSE.withdrawn, true, WebSocket.OPEN])
    here.socket.close()
  })
})

describe('keys', () => {
  const ways: Record<string, (secret: string) => { query: string; protocols: string[] }> = {
    deepgram: (secret) => ({ query: '', protocols: ['token', secret] }),
    'openai-realtime': (secret) => ({
      query: '',
      protocols: ['realtime', `openai-insecure-api-key.${secret}`],
    }),
  }

  test('[SX39] every protocol takes a key its own way; removing it closes what rests on it within a second', async () => {
    for (const { name, paths } of PROTOCOLS) {
      const { key, secret } = site.app.access.addKey(name, ['transcribe'])
      const { query, protocols } = ways[name]?.(secret) ?? { query: `token=${secret}`, protocols: [] }
      const path = `${paths[0]}${query && `?${query}`}`
      const client = await open(path, undefined, protocols)
      expect([name, site.app.access.keys().find(({ id }) => id === key.id)?.usedAt]).toEqual([
        name,
        expect.any(Number),
      ])
      client.mark()
      site.app.access.removeKey(key.id)
      const { code, after } = await client.closed
      expect([name, code]).toEqual([name, CLOSE.withdrawn])
      expect(after).toBeLessThan(1000)
      const [route = '', more = ''] = path.split('?')
      const refused = await site.socket(`${route}?${more}`, {
        ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
      })
      expect([name, refused.status]).toEqual([name, 401])
    }
  })

  test('[SX40] "parley keys rm" in another process is noticed by a running server within a second', async () => {
    const run = async (...args: string[]) => {
      const main = join(import.meta.dir, '../../server/main.ts')
      const child = Bun.spawn(
        [process.execPath, main, 'keys', ...args, '--json', '--data-dir', site.directory],
        {
          stdout: 'pipe',
          stderr: 'pipe',
        },
      )
      const [out, errors] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ])
      expect(errors).toBe('')
      return JSON.parse(out)
    }
    const { id, secret } = await run('add', 'other process', '--scope', 'rooms:read')
    const { room } = await site.app.rooms.create()
    const reader = await open(`/ws/room/${room.id}?token=${secret}`, { role: 'viewer' })
    expect(await run('list')).toContainEqual(expect.objectContaining({ id, scopes: ['rooms:read'] }))
    await run('rm', id)
    // However busy this machine is: the server looks often enough.
    expect((await reader.closed).code).toBe(CLOSE.withdrawn)
    expect(LOOK_EVERY).toBeLessThan(1000)
  }, 20_000)
})

describe('quotas', () => {
  test('[SX46] the quotas of people and places are settings', async () => {
    const { config } = resolveConfig({}, {})
    expect(limitsOf(config)).toEqual(LIMITS)
    const few = await openSite({ config: { maxSocketsPerAddress: 1, maxSpeakersPerMeeting: 1 } })
    const headers = { 'x-forwarded-for': '10.0.0.1' }
    const options = { headers } as unknown as string[]
    const held = new WebSocket(`${few.url.replace('http', 'ws')}/ws/room/${few.room.id}`, options)
    await new Promise((resolve) => {
      held.onopen = resolve
    })
    expect((await few.socket(`/ws/room/${few.room.id}`, { 'X-Forwarded-For': '10.0.0.1' })).status).toBe(429)
    await few.room.join({ name: 'Ada', key: 'a', role: 'host' })
    await expect(few.room.join({ name: 'Bo', key: 'b', role: 'speaker' })).rejects.toMatchObject({
      code: 'too-many',
    })
    held.close()
    await few.close()
  })

  test('[SX46] sockets per address and per room, and rooms per creator: refused with 429 and Retry-After', async () => {
    const few = await openSite({
      limits: { ...LIMITS, socketsPerAddress: 2, socketsPerRoom: 3, newRooms: { perSecond: 0.1, burst: 2 } },
    })
    const held: WebSocket[] = []
    const from = (address: string) =>
      new Promise<number>((resolve) => {
        const options = { headers: { 'x-forwarded-for': address } } as unknown as string[]
        const socket = new WebSocket(`${few.url.replace('http', 'ws')}/ws/room/${few.room.id}`, options)
        socket.onopen = () => {
          held.push(socket)
          resolve(101)
        }
        socket.onerror = () => resolve(0)
      })
    expect([await from('10.0.0.1'), await from('10.0.0.1'), await from('10.0.0.1')]).toEqual([101, 101, 0])
    const headers = { 'X-Forwarded-For': '10.0.0.1' }
    expect((await few.socket(`/ws/room/${few.room.id}`, headers)).status).toBe(429)
    expect([await from('10.0.0.2'), await from('10.0.0.3')]).toEqual([101, 0])
    expect((await few.socket(`/ws/room/${few.room.id}`, { 'X-Forwarded-For': '10.0.0.4' })).status).toBe(429)
    const make = () =>
      few.call('owner', 'POST', '/api/rooms', {
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '10.0.0.9' },
        body: '{}',
      })
    expect([(await make()).status, (await make()).status]).toEqual([201, 201])
    const refused = await make()
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    for (const socket of held) socket.close()
    await few.close()
  })

  test('[SX7] greetings with a wrong link count like wrong addresses do', async () => {
    const limited = await openSite()
    const greet = () =>
      new Promise<string>((resolve) => {
        const options = { headers: { 'x-forwarded-for': '203.0.113.77' } } as unknown as string[]
        const socket = new WebSocket(
          `${limited.url.replace('http', 'ws')}/ws/room/${limited.room.id}`,
          options,
        )
        socket.onopen = () =>
          socket.send(JSON.stringify({ type: 'hello', version: 1, role: 'viewer', token: 'wrong'.repeat(6) }))
        socket.onclose = ({ code }) => resolve(String(code))
        socket.onerror = () => resolve('refused')
      })
    const answers: string[] = []
    for (let i = 0; i < 23; i++) answers.push(await greet())
    expect(answers.slice(0, 20)).toEqual(new Array(20).fill('4003'))
    expect(answers.at(-1)).toBe('refused')
    await limited.close()
  })
})

test('[SX7] names and links tried out through the doors of other programs count as well', async () => {
  const limited = await openSite()
  const { room } = limited
  const knock = (path: string, address: string) =>
    limited.socket(path, { 'X-Forwarded-For': address }).then(({ status }) => status)
  for (const { name, paths } of PROTOCOLS) {
    // One address for each: it has twenty tries whichever of a room's name and its link it does not know.
    const address = `203.0.113.${PROTOCOLS.findIndex((each) => each.name === name) + 1}`
    for (let i = 0; i < 20; i++) {
      const wanted = i % 2 === 0 ? `${room.id}&token=${'wrong'.repeat(5)}${i}` : `no-such-${1000 + i}`
      await knock(`${paths[0]}?room=${wanted}&intent=transcription`, address)
    }
    expect([name, await knock(`${paths[0]}?room=${room.id}`, address)]).toEqual([name, 429])
    expect(await knock(`/ws/room/${room.id}`, address)).toBe(429)
  }
  await limited.close()
})

test('[SX47] what a speaker agreed to is kept with time, version and what is kept; readers agree to nothing', async () => {
  const { room, tokens } = await site.app.rooms.create()
  const path = `/ws/room/${room.id}`
  const hello = { role: 'speaker', name: 'Ada', token: tokens.speak, participantKey: 'ada', consent: 1 }
  for (const greeting of [hello, hello, { role: 'viewer', token: tokens.view, consent: 1 }])
    (await open(path, greeting)).socket.close()
  await room.configure({ keep: { what: 'text', days: 7 } })
  ;(await open(path, hello)).socket.close()
  const asked = await fetch(`${site.url}/api/sessions/${room.session?.id}/consents`, {
    headers: { authorization: `Bearer ${tokens.host}`, 'x-forwarded-for': anyAddress() },
  })
  const { consents } = (await asked.json()) as { consents: { keep: object; at: number; version: number }[] }
  expect(consents).toHaveLength(2)
  expect(consents[1]).toMatchObject({ version: 1, keep: { what: 'text', days: 7 }, at: expect.any(Number) })
})
