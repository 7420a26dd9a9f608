import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Archive } from '../../db/store.ts'
import { SCOPES } from '../../server/core/rights.ts'
import type { ClientMessage } from '../../server/core/wire.ts'
import { clientMessageSchema } from '../../server/core/wire-schema.ts'
import { RULES, type Who } from '../../server/http/rules.ts'
import { PROTOCOLS as protocols } from '../../server/protocol/index.ts'
import { MESSAGE_RULES, type Need } from '../../server/protocol/message-rules.ts'
import { eventually } from '../helpers/room-kit.ts'
import { anyAddress, openSite, ROLES, type Role, raw, type Site } from './kit.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.room.join({ name: 'Ada', key: 'k', role: 'host' })
  await site.say('hello there')
})
afterAll(() => site.close())

const concrete = (path: string) =>
  path
    .replace(':utteranceId', 'utt_s0')
    .replace(/:file\{.*\}/, 'export.txt')
    .replace('/api/rooms/:id', `/api/rooms/${site.room.id}`)
    .replace('/api/sessions/:id', `/api/sessions/${site.room.session?.id}`)
    .replace(/:\w+/g, 'x')
const pages = () => ['/', `/r/${site.room.id}`, `/c/${site.room.id}`, '/sessions', '/capture.worklet.js']
const sockets = () => [`/ws/room/${site.room.id}`, ...protocols.flatMap(({ paths }) => paths)]

describe('names', () => {
  test("[DG11] Deepgram's Go SDK, whose Host header is empty, opens a socket and nothing else", async () => {
    const heads = {
      Host: '',
      Authorization: `token ${site.ownerKey}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    const ask = (path: string, headers: Record<string, string>) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      return raw(site.app.port, `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    }
    const listen = '/v1/listen?model=nova-3&encoding=linear16&sample_rate=16000'
    expect(await ask(listen, heads)).toStartWith('HTTP/1.1 101')
    expect(await ask('/v1/models', { Host: '', Connection: 'close' })).toStartWith('HTTP/1.1 400')
  })

  test('[GA7] a WebSocket whose Upgrade header a proxy took away is told so', async () => {
    const wrong: string[] = []
    for (const path of sockets().filter((each) => each !== '/')) {
      const answer = await raw(
        site.app.port,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n`,
      )
      if (!/^HTTP\/1\.1 426 [\s\S]*must pass on the Upgrade header/.test(answer)) wrong.push(path)
    }
    expect(wrong).toEqual([])
  })

  test('[PC28] a client whose handshake fails leaves no room behind', async () => {
    const rooms = async () => (await (site.app.store as Archive).rooms(1000)).length
    const before = await rooms()
    const good = { Authorization: `Bearer ${site.ownerKey}` }
    const failing: Record<string, string>[] = [
      { 'Sec-WebSocket-Version': '8' },
      { 'Sec-WebSocket-Key': 'short' },
      { 'Sec-WebSocket-Key': 'x'.repeat(3000) },
    ]
    for (const { name, paths } of protocols)
      for (const wrong of failing) {
        const { opened } = await site.socket(String(paths[0]), { ...good, ...wrong })
        expect([name, wrong, opened]).toEqual([name, wrong, false])
      }
    await eventually(async () => expect(await rooms()).toBe(before))
  })

  test('[SX1] a Host that is not ours is refused on every route, page and socket', async () => {
    const wrong: string[] = []
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      `127.0.0.1.evil.example:${site.app.port}`,
      'LOCALHOST.EVIL.EXAMPLE',
      '[::1].evil.example',
      'ws://evil.example',
    ]) {
      for (const [method, path] of [
        ...RULES.map(([m, p]) => [m, concrete(p)]),
        ...pages().map((page) => ['GET', page]),
      ]) {
        const answer = await raw(
          site.app.port,
          `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        )
        if (!/^HTTP\/1\.1 (421|400)/.test(answer))
          wrong.push(`${host} ${method} ${path} ${answer.slice(9, 12)}`)
      }
      for (const path of sockets()) {
        const { opened, status } = await site.socket(path, { Host: host })
        if (opened || (status !== 421 && status !== 400)) wrong.push(`${host} ws ${path} ${status}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('[SX2] a page of another origin opens no socket and changes nothing', async () => {
    const { port } = site.app
    const foreign = [
      'http://evil.example',
      'https://evil.example',
      'null',
      `http://127.0.0.1:${port}.evil.example`,
      `http://evil.example/127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
      `http://localhost:${port}`,
      `http://127.0.0.1:${port}@evil.example`,
      `https://127.0.0.1:${port}0`,
      'file://',
      'http://',
      'x',
    ]
    const wrong: string[] = []
    for (const origin of foreign) {
      for (const path of sockets()) {
        const { opened, status } = await site.socket(path, { Origin: origin })
        if (opened || status !== 403) wrong.push(`${origin} ${path} ${status}`)
      }
      for (const [method, path] of RULES) {
        if (method === 'GET') continue
        const { status } = await fetch(site.url + concrete(path), { method, headers: { origin } })
        if (status !== 403) wrong.push(`${origin} ${method} ${path} ${status}`)
      }
    }
    expect(wrong).toEqual([])
    for (const [method, path] of RULES.filter(([each]) => each !== 'GET')) {
      const headers = { origin: 'chrome-extension://abcdef' }
      expect([path, (await fetch(site.url + concrete(path), { method, headers })).status]).toEqual([
        path,
        403,
      ])
    }
    const extension = await site.socket(`/ws/room/${site.room.id}`, { Origin: 'chrome-extension://abcdef' })
    expect(extension.status).toBe(403)
    const own = await site.socket(`/ws/room/${site.room.id}`, { Origin: `http://127.0.0.1:${port}` })
    expect(own.opened).toBe(true)
    expect((await site.socket(`/ws/room/${site.room.id}`)).opened).toBe(true) // a program, not a page
  })

  test('[SX52] a page of another site transcribes with a key or a speaking link of its own, with nothing else', async () => {
    for (const auth of ['link', 'open'] as const) {
      const here = await openSite({ config: { auth, publicUrl: '' } })
      const { tokens, room } = here
      const key = here.app.access.addKey('page', ['transcribe']).secret
      const reading = here.app.access.addKey('reader', ['sessions:read']).secret
      const machine = { 'X-Forwarded-For': '' }
      const page = { ...machine, Origin: 'http://localhost:3000' }
      const answers: [path: string, headers: Record<string, string>, status: number][] = [
        ['/ws/asr-stream', machine, 101],
        ['/ws/asr-stream', page, 403],
        ['/ws/asr-stream?token=wrong', page, 403],
        [`/ws/asr-stream?token=${reading}`, page, 403],
        ['/ws/asr-stream', { ...page, Cookie: `parley_session=${key}` }, 403],
        [`/ws?room=${room.id}`, page, 403],
        [`/ws?room=${room.id}&token=${tokens.viewer}`, page, 403],
        [`/ws/room/${room.id}?token=${key}`, page, 403],
        [`/ws/room/${room.id}?token=${tokens.host}`, page, 403],
        [`/ws?room=${room.id}&token=${tokens.speaker}`, page, 101],
        ...['/ws', '/ws/asr-stream', '/asr', '/ws/whisper-stream'].map(
          (path): [string, Record<string, string>, number] => [`${path}?token=${key}`, page, 101],
        ),
        ['/v1/listen', { ...page, 'Sec-WebSocket-Protocol': `token, ${key}` }, 101],
      ]
      for (const [path, headers, status] of answers)
        expect([auth, path, (await here.socket(path, headers)).status]).toEqual([auth, path, status])
      await here.close()
    }
  })

  test('[SX61] a page of another site asks the interfaces of other programs with a key of its own, and reads the answer', async () => {
    for (const auth of ['link', 'open'] as const) {
      const here = await openSite({ config: { auth, publicUrl: '' } })
      const key = here.app.access.addKey('page', ['transcribe']).secret
      const reading = here.app.access.addKey('reader', ['sessions:read']).secret
      const ask = async (path: string, init: RequestInit & { headers?: Record<string, string> }) => {
        const headers = { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site', ...init.headers }
        const answer = await fetch(here.url + path, { ...init, headers })
        return [answer.status, answer.headers.get('access-control-allow-origin')]
      }
      const shows = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })
      const models = '/v1/models'
      expect(await ask(models, shows(key))).toEqual([200, '*'])
      expect(await ask(`${models}?token=${key}`, {})).toEqual([200, '*'])
      const extension = { ...shows(key).headers, origin: 'chrome-extension://abcdef' }
      expect(await ask(models, { headers: extension })).toEqual([200, '*'])
      for (const path of ['/v1/audio/transcriptions', '/v1/audio/translations', '/inference', '/v1/listen']) {
        const audio = new URLSearchParams()
        const [status, allowed] = await ask(path, { method: 'POST', body: audio, ...shows(key) })
        expect([path, status === 400 || status === 415, allowed]).toEqual([path, true, '*'])
      }
      for (const [path, secret] of [
        [models, ''],
        [models, 'wrong'],
        [models, reading],
        ['/v1/audio/transcriptions', reading],
      ] as const)
        expect([path, ...(await ask(path, { ...shows(secret) }))].slice(0, 2)).not.toEqual([path, 200])
      const cookie = { headers: { cookie: `parley_session=${key}` } }
      expect(await ask(models, cookie)).toEqual([403, '*'])
      // Nothing else, whatever is shown.
      for (const path of ['/api/sessions', '/api/rooms', '/metrics'])
        expect([path, ...(await ask(path, shows(here.ownerKey)))]).toEqual([path, 403, null])
      expect(await ask('/api/rooms', { method: 'POST', body: '{}', ...shows(here.ownerKey) })).toEqual([
        403,
        null,
      ])
      const asks = {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,x-stainless-lang',
      }
      const may = await fetch(`${here.url}/v1/audio/transcriptions`, {
        method: 'OPTIONS',
        headers: { origin: 'http://localhost:3000', ...asks },
      })
      expect([may.status, may.headers.get('access-control-allow-headers')]).toEqual([
        204,
        'authorization,x-stainless-lang',
      ])
      expect(may.headers.get('access-control-allow-credentials')).toBeNull()
      expect(await ask('/api/rooms', { method: 'OPTIONS', headers: asks })).toEqual([403, null])
      await here.close()
    }
  })

  test('[SX3] a page of another site cannot read the API in the background either', async () => {
    for (const from of ['cross-site', 'same-site'])
      for (const mode of ['cors', 'no-cors', 'same-origin']) {
        const own = { authorization: `Bearer ${site.ownerKey}` }
        const headers = { ...own, 'sec-fetch-site': from, 'sec-fetch-mode': mode }
        expect([from, mode, (await fetch(`${site.url}/api/search?q=a`, { headers })).status]).toEqual([
          from,
          mode,
          403,
        ])
      }
    const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect((await fetch(`${site.url}/r/${site.room.id}`, { headers: followed })).status).toBe(200)
    const answer = await fetch(`${site.url}/api/info`, { headers: { origin: 'https://evil.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('rights', () => {
  const allowed: Record<Who, Role[]> = {
    anyone: ROLES,
    viewer: ['viewer', 'speaker', 'host', 'owner'],
    host: ['host', 'owner'],
    owner: ['owner'],
  }
  /** At the door: that setting the account up needs the console's link is said by the handler behind it. */
  const refused = async (path: string, answer: Response) =>
    (answer.status === 401 || answer.status === 403) &&
    !(path === '/api/account' && (await answer.text()).includes('link that Parley printed'))

  test('[SX4] role × route: every cell of the table', async () => {
    const wrong: string[] = []
    // Destructive routes last, and for those who may not first.
    const order = [...RULES].sort(([a], [b]) => Number(a === 'DELETE') - Number(b === 'DELETE'))
    for (const [method, path, who] of order) {
      for (const role of ROLES) {
        const may = allowed[who].includes(role)
        if (may && (method === 'DELETE' || path === '/load')) continue
        const answer = await site.call(role, method, concrete(path), {
          headers: { 'content-type': 'application/json' },
          body: method === 'GET' ? undefined : '{}',
        })
        if ((await refused(path, answer)) === may) wrong.push(`${role} ${method} ${path}: ${answer.status}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('[SX17] key × route: a key with one scope opens the rows of that scope and those for anyone, nothing else', async () => {
    const wrong: string[] = []
    for (const scope of SCOPES) {
      const { secret } = site.app.access.addKey(scope, [scope])
      for (const [method, path, who, needed] of RULES) {
        const may = who === 'anyone' || scope === 'admin' || scope === needed
        // Who makes rooms also hosts them, who reads rooms has what their reading link gives.
        const role = scope === 'rooms:write' ? ['viewer', 'host'] : scope === 'rooms:read' ? ['viewer'] : []
        if (may && (method === 'DELETE' || path === '/load')) continue
        const answer = await fetch(site.url + concrete(path), {
          method,
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${secret}`,
            'x-forwarded-for': anyAddress(),
          },
          body: method === 'GET' ? undefined : '{}',
        })
        if ((await refused(path, answer)) === (may || role.includes(who)))
          wrong.push(`${scope} ${method} ${path}: ${answer.status}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('[SX5] role × message: readers cannot speak, speakers cannot host, hosts of another room are nobody here', async () => {
    const someone = [...site.room.transcript.participants.keys()][0]
    const message: Record<Exclude<ClientMessage['type'], 'hello'>, object> = {
      ping: { at: 1 },
      'audio-start': { stream: 'STREAM', number: 1 },
      'audio-end': { number: 7, length: 0 },
      'audio-lost': { number: 7, from: 0, to: 0 },
      mute: { muted: true },
      rename: { name: 'x' },
      title: { title: 'x' },
      settings: { settings: { locked: false } },
      'off-the-record': { on: false },
      mark: { kind: 'section', text: 'x' },
      unmark: { markId: 'evt_x' },
      translate: { language: 'de' },
      'follow-summary': {},
      'end-session': {},
    }
    const types = clientMessageSchema.options.map(({ entries }) => entries.type.literal)
    expect(Object.keys(MESSAGE_RULES).sort()).toEqual([...types].sort())
    const cells: [name: string, need: Need, message: object][] = types
      .filter((type) => type !== 'hello')
      .map((type) => [type, MESSAGE_RULES[type], { type, ...message[type] }])
    cells.push(['rename other', 'host', { type: 'rename', name: 'x', participantId: someone }])
    cells.push(['mute other', 'host', { type: 'mute', muted: true, participantId: someone }])
    const wrong: string[] = []
    for (const role of ROLES) {
      for (const joinAs of ['viewer', 'speaker'] as const) {
        const enters =
          joinAs === 'viewer' ? ['viewer', 'speaker', 'host', 'owner'] : ['speaker', 'host', 'owner']
        for (const [name, need, sent] of cells) {
          const hosts = role === 'host' || role === 'owner'
          if (name === 'end-session' && hosts) continue
          const answer = await converse(site, role, joinAs, sent)
          const may =
            enters.includes(role) &&
            (need === 'anyone' || (need === 'speaker' && joinAs === 'speaker') || (need === 'host' && hosts))
          if ((answer === 'forbidden') === may) wrong.push(`${role} as ${joinAs}: ${name} → ${answer}`)
        }
      }
    }
    expect(wrong).toEqual([])
  }, 30_000)

  test('[SX6] secrets are long, random, stored as hashes and never given out again', async () => {
    const tokens = [site.tokens.speaker, site.tokens.host, site.tokens['other host'], site.ownerKey]
    expect(new Set(tokens).size).toBe(4)
    for (const token of tokens) {
      expect(token).toMatch(/^(parley_)?[0-9a-z]{26,}$/)
      expect(await Bun.$`grep -rla ${token} ${site.directory}`.nothrow().text()).toBe('')
    }
    for (const path of [
      '/api/rooms',
      `/api/rooms/${site.room.id}`,
      '/api/sessions',
      '/api/info',
      `/api/sessions/${site.room.session?.id}`,
    ]) {
      const body = await (await site.call('owner', 'GET', path)).text()
      for (const token of tokens) expect(body).not.toContain(token)
    }
  })

  test('[SX7] after twenty wrong links an address waits; others do not', async () => {
    const limited = await openSite({ config: { publicUrl: 'https://captions.example' } })
    const from = (address: string, path = '/api/rooms/no-such-1234') =>
      fetch(limited.url + path, { headers: { 'x-forwarded-for': address } })
    const statuses = []
    for (let i = 0; i < 25; i++) statuses.push((await from('203.0.113.9')).status)
    expect(statuses.slice(0, 20)).toEqual(new Array(20).fill(401))
    expect(statuses.slice(21)).toEqual(new Array(4).fill(429))
    const answer = await from('203.0.113.9', '/api/info')
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await from('203.0.113.10', '/api/info')).status).toBe(200)
    await limited.close()
  })

  test('[SX67] whoever is let in does not count as guessing, whatever is missing', async () => {
    const limited = await openSite({ config: { publicUrl: 'https://captions.example' } })
    const ask = async (path: string, key?: string) => {
      const headers = { 'x-forwarded-for': '203.0.113.9', ...(key && { authorization: `Bearer ${key}` }) }
      return (await fetch(limited.url + path, { headers })).status
    }
    const reader = limited.app.access.addKey('archive', ['sessions:read']).secret
    for (let i = 0; i < 30; i++) expect(await ask(`/api/sessions/ses_${i}/audio`, reader)).toBe(404)
    // What the key does not open counts.
    for (let i = 0; i < 20; i++) expect(await ask('/api/rooms', reader)).toBe(403)
    expect(await ask('/api/sessions', reader)).toBe(429)
    await limited.close()
  })

  test('[SX8] behind a configured proxy nobody is this machine, whatever headers say', async () => {
    const proxied = await openSite({ config: { publicUrl: 'https://captions.example' } })
    for (const headers of [
      {},
      { 'x-forwarded-for': '127.0.0.1' },
      { host: 'captions.example' },
      { host: 'localhost' },
    ]) {
      expect(
        (await fetch(`${proxied.url}/api/sessions`, { headers: headers as Record<string, string> })).status,
      ).toBe(401)
    }
    await proxied.close()
  })
})

describe('answers', () => {
  test('[SX9] every page and answer carries its security headers', async () => {
    const wrong: string[] = []
    for (const path of pages()) {
      const { headers } = await fetch(site.url + path)
      const policy = headers.get('content-security-policy') ?? ''
      if (/unsafe-(inline|eval)/.test(policy.replace(/style-src[^;]*/, ''))) wrong.push(`${path}: ${policy}`)
      for (const needed of ["default-src 'self'", 'frame-ancestors', "base-uri 'none'", "object-src 'none'"])
        if (!policy.includes(needed)) wrong.push(`${path}: no ${needed}`)
      if (headers.get('x-content-type-options') !== 'nosniff') wrong.push(`${path}: nosniff`)
      if (headers.get('referrer-policy') !== 'no-referrer') wrong.push(`${path}: referrer-policy`)
      if (!headers.get('permissions-policy')?.includes('microphone=(self)'))
        wrong.push(`${path}: permissions-policy`)
    }
    for (const [method, path] of RULES) {
      if (method !== 'GET') continue
      const { headers } = await site.call('owner', 'GET', concrete(path))
      for (const name of [
        'content-security-policy',
        'x-content-type-options',
        'referrer-policy',
        'cross-origin-resource-policy',
      ])
        if (!headers.get(name)) wrong.push(`${path}: ${name}`)
    }
    expect(wrong).toEqual([])
  })

  test('[SX10] no path leads out of what is served', async () => {
    const steps = ['..', '%2e%2e', '..%2f', '..%5c', '%252e%252e', '....//', '..;', '.%00.', '%c0%ae%c0%ae']
    const targets = ['parley.pid', 'parley.db', 'etc/passwd', 'proc/self/environ']
    const places = [
      '/',
      '/api/sessions/',
      `/api/sessions/${site.room.session?.id}/audio/`,
      '/r/',
      '/c/',
      '/public/',
      '//',
    ]
    let tried = 0
    const wrong: string[] = []
    for (const place of places)
      for (const step of steps)
        for (const target of targets)
          for (const depth of [1, 6]) {
            const path = `${place}${`${step}/`.repeat(depth)}${target}`
            const answer = await raw(
              site.app.port,
              `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: ${anyAddress()}\r\nConnection: close\r\n\r\n`,
            )
            tried++
            if (answer.includes('root:') || answer.includes('SQLite format') || answer.includes('PATH='))
              wrong.push(path)
          }
    expect(wrong).toEqual([])
    expect(tried).toBeGreaterThan(400)
  }, 30_000)

  test('[SX11] heads and bodies over their limit are refused', async () => {
    const { port } = site.app
    const huge = await raw(
      port,
      `GET /api/info HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`,
    )
    expect(huge).toMatch(/^HTTP\/1\.1 4(31|00)/)
    const smuggled = await raw(
      port,
      'POST /api/rooms HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(smuggled).toMatch(/^HTTP\/1\.1 400/)
    const before = process.memoryUsage.rss()
    const big = await fetch(`${site.url}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${site.ownerKey}` },
      body: `{"title":"${'x'.repeat(8_000_000)}"}`,
    })
    expect([400, 413, 422]).toContain(big.status)
    expect((process.memoryUsage.rss() - before) / 1e6).toBeLessThan(200)
  })

  test('[SX68] of a JSON body no more is read than any honest one holds, whoever sends it and however', async () => {
    const { port } = site.app
    /** Says so many bytes are coming and sends them until the server has had enough. */
    const pour = (path: string, headers: string, piece: string) =>
      new Promise<{ answer: string; sent: number }>((resolve) => {
        let [answer, sent] = ['', 0]
        const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: ${anyAddress()}\r\n${headers}\r\n\r\n`
        const on = (socket: { write(text: string): number }) => {
          while (answer === '' && sent < 16 * 1024 ** 2) {
            const rest = piece.slice(sent % piece.length)
            const written = socket.write(rest)
            sent += Math.max(0, written)
            if (written < rest.length) return
          }
        }
        void Bun.connect({
          hostname: '127.0.0.1',
          port,
          socket: {
            open(socket) {
              socket.write(head)
              setTimeout(() => on(socket), 50)
            },
            drain: on,
            data(socket, data) {
              answer += data.toString()
              socket.end()
              resolve({ answer, sent })
            },
            close: () => resolve({ answer, sent }),
          },
        })
      })
    const json = 'Content-Type: application/json'
    const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`
    const owner = `Authorization: Bearer ${site.ownerKey}`
    for (const [path, headers, piece] of [
      ['/api/account/sign-in', `${json}\r\nContent-Length: 1000000000`, ' '.repeat(0x8000)],
      ['/api/account/sign-in', `${json}\r\nTransfer-Encoding: chunked`, chunk],
      ['/api/account/sign-in', `${json}\r\nContent-Length: 40000`, ' '.repeat(0x8000)],
      ['/api/account', 'Content-Type: Application/Scim+JSON; x=y\r\nTransfer-Encoding: chunked', chunk],
      ['/api/rooms', `${json}\r\n${owner}\r\nTransfer-Encoding: chunked`, chunk],
      [`/api/sessions/x/edits`, `${json}\r\n${owner}\r\nTransfer-Encoding: chunked`, chunk],
      ['/v1/realtime/client_secrets', `${owner}\r\nTransfer-Encoding: chunked`, chunk],
    ] as const) {
      const { answer, sent } = await pour(path, headers, piece)
      expect([path, answer.slice(0, 12)]).toEqual([path, 'HTTP/1.1 413'])
      expect(sent).toBeLessThan(16 * 1024 ** 2)
    }
    // What is honest goes on, also without its length.
    const body = async function* () {
      yield `{"title":"${'x'.repeat(100)}`
      yield '"}'
    }
    const made = await fetch(`${site.url}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${site.ownerKey}` },
      body: body() as unknown as BodyInit,
    })
    expect(made.status).toBe(201)
    expect(((await made.json()) as { room: { settings: { title: string } } }).room.settings.title).toBe(
      'x'.repeat(100),
    )
  })

  test('[SX69] no cache keeps a refusal for others', async () => {
    const refused = await Promise.all([
      fetch(`${site.url}/no-such.js`),
      fetch(`${site.url}/sessions`, { method: 'POST' }),
      fetch(`${site.url}/`, { headers: { host: 'evil.example' } }),
      fetch(`${site.url}/api/rooms`, { method: 'POST', headers: { origin: 'https://evil.example' } }),
    ])
    expect(refused.map(({ status }) => status)).toEqual([404, 405, 421, 403])
    for (const answer of refused) expect(answer.headers.get('cache-control')).toBe('no-store')
  })
})

/** Joins, sends one message, and says what came back: an error's code, or 'ok' once a ping after it is answered. */
function converse(where: Site, role: Role, joinAs: 'viewer' | 'speaker', message: object): Promise<string> {
  return new Promise((resolve) => {
    const options = { headers: { 'x-forwarded-for': anyAddress() } } as unknown as string[]
    const socket = new WebSocket(`${where.url.replace('http', 'ws')}/ws/room/${where.room.id}`, options)
    const end = (answer: string) => {
      resolve(answer)
      socket.close()
    }
    let said = false
    socket.onopen = () =>
      socket.send(
        JSON.stringify({ type: 'hello', version: 1, role: joinAs, name: 'x', token: where.tokens[role] }),
      )
    socket.onmessage = ({ data }) => {
      const got = JSON.parse(String(data)) as { type: string; code?: string; events?: unknown }
      if (got.type === 'error') return end(got.code ?? '')
      if (got.type === 'welcome' && !said) {
        said = true
        // A recording belongs to whoever began it: each asks for one of their own.
        socket.send(JSON.stringify(message).replace('STREAM', crypto.randomUUID()))
        // Messages are carried out in order; a wrong one after it answers when it is done.
        socket.send(JSON.stringify({ type: 'hello', version: 1, role: 'viewer' }))
      }
    }
    socket.onclose = () => resolve('closed')
  })
}
