/** What every fault test needs: a server that can be killed and started again behind a chaos proxy, and the comparison of what was sent with what was kept. */
import { Database } from 'bun:sqlite'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import type { AudioTrack } from '../../db/store.ts'
import { isStored, type RoomEnvelope, type Utterance } from '../../server/core/transcript.ts'
import { type ChaosProxy, startChaosProxy } from '../helpers/chaos-proxy.ts'
import type { Recorder } from '../helpers/native-client.ts'
import { type RunningServer, type StartOptions, startServer } from '../helpers/server.ts'

/** The program itself, with its real recogniser; NODE is the same with one that hears numbers. */
export const MAIN = [process.execPath, join(import.meta.dir, '..', '..', 'server', 'main.ts')]
export const NODE = [process.execPath, join(import.meta.dir, 'node.ts')]

/** A server that comes back at the same address, whatever was done to it. */
export interface Node {
  directory: string
  proxy: ChaosProxy
  server: RunningServer
  /** Start again (after a kill, a stop or a crash); the proxy follows. */
  restart(options?: StartOptions): Promise<void>
  kill(): Promise<void>
  dispose(): Promise<void>
}

export async function startNode(options: StartOptions = {}): Promise<Node> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'parley-fault-'))
  const start = (more: StartOptions = {}) =>
    startServer({
      command: NODE,
      ...options,
      ...more,
      directory,
      args: ['--no-tls', ...(options.args ?? []), ...(more.args ?? [])],
    })
  let server = await start()
  const proxy = await startChaosProxy(server.port)
  return {
    directory,
    proxy,
    get server() {
      return server
    },
    async restart(more) {
      server = await start(more)
      proxy.target = server.port
    },
    async kill() {
      server.process.kill('SIGKILL')
      await server.process.exited
    },
    async dispose() {
      await proxy.close()
      await server.stop('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export async function createRoom(
  url: string,
  settings: object = {},
): Promise<{ id: string; links: Record<string, string> }> {
  const response = await fetch(`${url}/api/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Faults', settings }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  const { room, links } = (await response.json()) as { room: { id: string }; links: Record<string, string> }
  return { id: room.id, links }
}

/** What lies in a data directory whose server is stopped (or dead). */
export interface Kept {
  log: RoomEnvelope[]
  utterances: Utterance[]
  gaps: number
  /** The sound is read when it is asked for, while the directory is there: there may be hours of it. `size`: its bytes, always known. */
  tracks: (AudioTrack & { readonly pcm: Uint8Array; size: number })[]
  integrity: string
}

export async function readKept(directory: string): Promise<Kept> {
  const store = await openStore({ directory, readOnly: true })
  const kept: Kept = { log: [], utterances: [], gaps: 0, tracks: [], integrity: '' }
  for (const session of await store.sessions({ limit: 1000 })) {
    kept.log.push(...(await store.eventsSince(session.id, 0, 1_000_000)))
    const transcript = await store.transcript(session.id)
    kept.utterances.push(...transcript.utterances)
    kept.gaps += transcript.gaps.length
    for (const track of await store.tracks(session.id)) {
      const path = join(directory, track.path)
      // A track announced and never written: nothing was acknowledged of it.
      const size = existsSync(path) ? statSync(path).size : 0
      const read = () => (size > 0 ? readFileSync(path) : new Uint8Array())
      kept.tracks.push(Object.defineProperty({ ...track, size, pcm: new Uint8Array() }, 'pcm', { get: read }))
    }
  }
  await store.close()
  const db = new Database(join(directory, 'parley.db'), { readonly: true })
  kept.integrity = String(db.query('PRAGMA integrity_check(1)').values()[0]?.[0])
  db.close()
  return kept
}

export interface Losses {
  /** Bytes that were acknowledged and are not on disk as they were sent. */
  ackedLost: number
  /** Finals that a screen saw and the log does not have. */
  finalsLost: number
  /** Stored events some screen did not get although it is in step with the log's end. */
  holes: number
  /** Stored events that came twice to a screen. */
  duplicates: number
}

/** Compares what screens saw and speakers were promised with what is kept. `sent` = the bytes of each stream. */
export function compare(kept: Kept, screens: Recorder[], sent: Map<string, Uint8Array>): Losses {
  const losses: Losses = { ackedLost: 0, finalsLost: 0, holes: 0, duplicates: 0 }
  for (const [stream, bytes] of sent) {
    const acked = Math.max(0, ...screens.map((screen) => screen.acknowledged.get(stream) ?? 0))
    const pcm = kept.tracks.find((track) => track.stream === stream)?.pcm ?? new Uint8Array()
    for (let at = 0; at < acked; at++) if (pcm[at] !== bytes[at]) losses.ackedLost++
  }
  const stored = new Map(kept.log.map((envelope) => [`${envelope.epoch}/${envelope.seq}`, envelope]))
  for (const screen of screens) {
    losses.duplicates += screen.client.oddities.duplicates
    const seen = new Set<string>()
    for (const envelope of screen.stored) {
      const key = `${envelope.epoch}/${envelope.seq}`
      if (seen.has(key)) losses.duplicates++
      seen.add(key)
      const same = stored.get(key)
      if (!same || !Bun.deepEquals(same.event, envelope.event)) losses.finalsLost++
    }
    const top = Math.max(0, ...screen.stored.map(({ seq }) => seq))
    const first = Math.min(...screen.stored.map(({ seq }) => seq))
    const epochs = new Set(screen.stored.map(({ epoch }) => epoch))
    if (epochs.size === 1) {
      for (let seq = first; seq <= top; seq++) if (!seen.has(`${[...epochs][0]}/${seq}`)) losses.holes++
    }
  }
  return losses
}

export { seeded } from '../helpers/seeded.ts'
export { isStored }
