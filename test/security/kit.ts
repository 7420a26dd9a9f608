/** The running server in this process, seen from outside: as a stranger, with each link, as the owner. */
import type { App } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import type { Limits } from '../../server/core/limits.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import { type Log, silentLog } from '../../server/log.ts'
import type { Room } from '../../server/room/room.ts'
import type { Config } from '../../server/settings.ts'
import { openApp } from '../helpers/app.ts'
import { createNumberEngine } from '../helpers/counted-numbers.ts'

export type Role = 'stranger' | 'viewer' | 'speaker' | 'host' | 'other host' | 'owner'
export const ROLES: Role[] = ['stranger', 'viewer', 'speaker', 'host', 'other host', 'owner']

export interface Site {
  app: App
  url: string
  directory: string
  ownerKey: string
  room: Room
  tokens: Record<Role, string>
  /** As somebody on another machine: a proxy header takes the trust of this machine away. */
  call(
    role: Role,
    method: string,
    path: string,
    init?: { headers?: Record<string, string>; body?: string },
  ): Promise<Response>
  /** A finished line in the room's meeting, as if spoken. */
  say(text: string, id?: string): Promise<Utterance>
  socket(path: string, headers?: Record<string, string>): Promise<{ opened: boolean; status: number }>
  close(): Promise<void>
}

export async function openSite(
  options: { config?: Partial<Config>; log?: Log; numbers?: boolean; limits?: Limits } = {},
): Promise<Site> {
  const { config = {}, log = silentLog, numbers, limits } = options
  const engine = numbers ? createNumberEngine() : createFakeEngine()
  // Behind a proxy: every request may come from an address of its own.
  const changes = { publicUrl: 'https://captions.example', ...config }
  const { app, directory, close } = await openApp(changes, { log, engine, limits })
  const url = `http://127.0.0.1:${app.port}`
  const { room, tokens } = await app.rooms.create()
  const other = await app.rooms.create()
  const ownerKey = app.access.addKey('test', ['admin']).secret
  const secrets: Record<Role, string> = {
    stranger: '',
    viewer: tokens.view,
    speaker: tokens.speak,
    host: tokens.host,
    'other host': other.tokens.host,
    owner: ownerKey,
  }
  let at = 0
  return {
    app,
    url,
    directory,
    ownerKey,
    room,
    tokens: secrets,
    call(role, method, path, init = {}) {
      return fetch(url + path, {
        method,
        redirect: 'manual',
        headers: {
          'x-forwarded-for': anyAddress(),
          ...(secrets[role] && { authorization: `Bearer ${secrets[role]}` }),
          ...init.headers,
        },
        body: init.body,
      })
    },
    async say(text, id = `utt_s${at}`) {
      const start = at
      at += 2000
      const utterance: Utterance = {
        id,
        participantId: [...room.transcript.participants.keys()][0] ?? 'par_x',
        rev: 1,
        state: 'final',
        start,
        end: start + 1500,
        language: 'en',
        committed: [{ text, start, end: start + 1500, probability: 0.9 }],
        pending: [],
      }
      await room.record({ type: 'utterance-finished', utterance })
      return utterance
    },
    socket(path, headers = {}) {
      return handshake(app.port, path, headers)
    },
    close,
  }
}

/** Counting wrong links per address must not disturb a matrix of refusals. */
export function anyAddress(): string {
  return `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join('.')}`
}

/** A raw upgrade request: says what the server answers to exactly these headers; an empty one is left out. */
export async function handshake(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<{ opened: boolean; status: number }> {
  const all: Record<string, string> = {
    Host: `127.0.0.1:${port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'X-Forwarded-For': anyAddress(),
    ...headers,
  }
  const head = `GET ${path} HTTP/1.1\r\n${Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n')}\r\n\r\n`
  const answer = await raw(port, head)
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)
  return { opened: status === 101, status }
}

/** Sends bytes as they are; resolves with the first piece of the answer (or what came until the close). */
export function raw(port: number, bytes: string, timeout = 5000): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const late = setTimeout(() => resolve(text), timeout)
    const done = () => {
      clearTimeout(late)
      resolve(text)
    }
    Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        open(socket) {
          socket.write(bytes)
        },
        data(socket, data) {
          text += data.toString('latin1')
          socket.end()
          done()
        },
        close: done,
        error: done,
      },
    }).catch(done)
  })
}
