/** The whole HTTP app without a port: real store, real rooms, scripted recogniser. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAccess } from '../../db/access.ts'
import { openStore } from '../../db/sqlite.ts'
import type { Archive } from '../../db/store.ts'
import { Access, type Caller } from '../../server/access/access.ts'
import { Account } from '../../server/access/account.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import type { SpeechEngine } from '../../server/asr/speech-event.ts'
import { resolveConfig } from '../../server/config.ts'
import type { Retranscriber } from '../../server/files/retranscriber.ts'
import { createHttpApp } from '../../server/http/app.ts'
import type { ModelShelf } from '../../server/http/model-shelf.ts'
import type { NeighbourPort } from '../../server/http/neighbours.ts'
import type { SettingsPort } from '../../server/http/settings.ts'
import { silentLog } from '../../server/log.ts'
import { ClientSecrets } from '../../server/protocol/openai-realtime-sessions.ts'
import { createMemoryBus } from '../../server/room/buses/memory.ts'
import { Rooms } from '../../server/room/rooms.ts'
import type { Config } from '../../server/settings.ts'
import { settings } from '../helpers/room-kit.ts'

export const OWNER: Caller = { loopback: true, secrets: [] }
export const STRANGER: Caller = { loopback: false, secrets: [] }

export async function openHttpKit(
  options: {
    engine?: SpeechEngine
    config?: Partial<Config>
    neighbours?: NeighbourPort
    settings?: SettingsPort
    models?: ModelShelf
    retranscriber?: (store: Archive, dataDir: string) => Retranscriber
  } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-http-'))
  const store = await openStore({ directory })
  const bus = createMemoryBus()
  const engine = options.engine ?? createFakeEngine()
  const config = { ...resolveConfig({}, {}).config, dataDir: directory, ...options.config }
  const accessStore = openAccess(directory)
  const access = new Access({ store: accessStore, mode: config.auth })
  const account = new Account({ store: accessStore, changed: () => access.look() })
  const rooms = new Rooms({
    store,
    bus,
    engine,
    log: silentLog,
    dataDir: directory,
    defaults: settings,
    openRoom: (roomId) => access.openRoom(roomId),
  })
  const app = createHttpApp({
    config,
    store,
    rooms,
    engine,
    log: silentLog,
    version: '9.9.9',
    neighbours: options.neighbours,
    retranscriber: options.retranscriber?.(store, directory),
    settings: options.settings,
    models: options.models,
    ports: { http: 8123, https: 0 },
    access,
    account,
    secrets: new ClientSecrets({ now: () => Date.now(), newId: (prefix) => `${prefix}_x`, model: () => 'm' }),
    async removeSession(sessionId) {
      rmSync(join(directory, 'audio', sessionId), { recursive: true, force: true })
      await store.deleteSession(sessionId)
    },
  } as Parameters<typeof createHttpApp>[0])
  const call = (
    method: string,
    path: string,
    body?: unknown,
    init: { caller?: Caller; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ) => {
    const json = body !== undefined && !(body instanceof FormData) && !(body instanceof Uint8Array)
    const request = new Request(`http://localhost:8123${path}`, {
      method,
      headers: { ...(json && { 'content-type': 'application/json' }), ...init.headers },
      body: json ? JSON.stringify(body) : (body as BodyInit | undefined),
      signal: init.signal,
    })
    return Promise.resolve(app.fetch(request, { caller: init.caller ?? OWNER }))
  }
  return {
    config,
    directory,
    store,
    bus,
    engine,
    rooms,
    access,
    account,
    app,
    call,
    /** The answer's JSON; fails on another status. */
    async json<T = Record<string, unknown>>(
      method: string,
      path: string,
      body?: unknown,
      status = 200,
    ): Promise<T> {
      const response = await call(method, path, body)
      if (response.status !== status)
        throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    },
    async close() {
      await rooms.close()
      access.close()
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export type HttpKit = Awaited<ReturnType<typeof openHttpKit>>

/** `ms` of PCM that counts up, so that places in it can be told apart. */
export function ramp(ms: number): Float32Array {
  return Float32Array.from({ length: ms * 16 }, (_, i) => ((i % 20_000) - 10_000) / 32768)
}

/** A meeting of one speaker with `seconds` of sound, ended. */
export async function recordMeeting(kit: HttpKit, seconds = 6, roomId?: string) {
  const { room } = await kit.rooms.create({ id: roomId, settings: { title: 'Weekly, "sync"' } })
  const ada = await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const seat = await room.seat(ada.id, 'one')
  for (let i = 0; i < seconds; i++) seat.feed(ramp(1000))
  await Bun.sleep(0)
  const { session } = room
  if (!session) throw new Error('no session')
  await room.end()
  return { room, session, participantId: ada.id, trackId: seat.trackId }
}
