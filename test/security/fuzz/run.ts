/** So many mutated frames into the connections of one protocol: what threw, what was a bug of ours, how connections ended. */
import { openMemoryStore } from '../../../db/sqlite.ts'
import { createFakeEngine } from '../../../server/asr/backends/fake.ts'
import type { Log } from '../../../server/log.ts'
import { NativeConnection } from '../../../server/protocol/native-connection.ts'
import { Speakers } from '../../../server/protocol/native-speakers.ts'
import { createMemoryBus } from '../../../server/room/buses/memory.ts'
import { Rooms } from '../../../server/room/rooms.ts'
import { openForeign, spokenUtterance } from '../../helpers/foreign.ts'
import { HandSocket } from '../../helpers/hand-socket.ts'
import { settings, settle } from '../../helpers/room-kit.ts'
import { below, pick, type Random, seeded } from '../../helpers/seeded.ts'
import { type Frame, mutate } from './mutate.ts'
import { NATIVE, NATIVE_HELLO, type Recorded, recordedConversations } from './recorded.ts'

export interface FuzzVerdict {
  protocol: string
  frames: number
  connections: number
  /** What was thrown at the socket handlers: each would be a bug. */
  thrown: string[]
  /** Errors the server took for its own. */
  internal: number
  /** How connections were closed by the server. */
  codes: Record<number, number>
}

export const FUZZED = ['native', ...recordedConversations().keys()]
/** A connection's life, in frames. */
const PER_CONNECTION = 16
/** Close codes a client may see; 1011 is Deepgram's own way to say that nothing was sent. */
const STATED = new Set([1000, 1003, 1007, 1008, 1009, 1011, 1013])

export async function fuzzProtocol(protocol: string, frames: number, seed: number): Promise<FuzzVerdict> {
  const verdict: FuzzVerdict = { protocol, frames: 0, connections: 0, thrown: [], internal: 0, codes: {} }
  const random = seeded(seed)
  const internal = (what: string, cause: unknown) => {
    verdict.internal++
    if (verdict.thrown.length < 20)
      verdict.thrown.push(`${what}: ${(cause as Error | undefined)?.stack?.slice(0, 300)}`)
  }
  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error: (what, _fields, cause) => void internal(what, cause),
  }
  if (protocol === 'native') await fuzzNative(verdict, frames, random, log)
  else {
    const recorded = recordedConversations().get(protocol)
    if (!recorded) throw new Error(`no conversation of ${protocol} is recorded`)
    while (verdict.frames < frames) await foreignConnection(verdict, recorded, random, log)
  }
  return verdict
}

function feed(verdict: FuzzVerdict, connection: { message(data: Frame): void }, frame: Frame): void {
  verdict.frames++
  try {
    connection.message(frame)
  } catch (thrown) {
    const text =
      thrown instanceof Error ? `${thrown.message} ${thrown.stack?.split('\n')[1]}` : String(thrown)
    if (verdict.thrown.length < 20) verdict.thrown.push(`${text} <- ${String(frame).slice(0, 200)}`)
  }
}

function ended(verdict: FuzzVerdict, closed: { code: number; reason: string } | null): void {
  if (!closed) return
  verdict.codes[closed.code] = (verdict.codes[closed.code] ?? 0) + 1
  if (!STATED.has(closed.code) && (closed.code < 4000 || closed.code > 4999))
    verdict.thrown.push(`closed with ${closed.code}`)
  if (new TextEncoder().encode(closed.reason).length > 123) verdict.thrown.push('a close reason is too long')
}

async function foreignConnection(
  verdict: FuzzVerdict,
  conversations: readonly Recorded[],
  random: Random,
  log: Log,
): Promise<void> {
  const { open, headers, subprotocols, frames } = pick(random, conversations)
  const path = random() < 0.8 ? open : `${open}${open.includes('?') ? '&' : '?'}${oddQuery(random)}`
  const foreign = await openForeign(path, { headers, subprotocols, log })
  verdict.connections++
  for (let i = 0; i < PER_CONNECTION && !foreign.closed(); i++) {
    // Mostly in order, as recorded; sometimes anything.
    const frame = random() < 0.7 ? frames[i % frames.length] : pick(random, frames)
    feed(verdict, foreign.connection, mutate(random, frame ?? ''))
    if (i % 4 === 3) {
      await settle()
      const seat = foreign.seats.at(-1)
      if (seat && random() < 0.5)
        seat.emit({ type: 'utterance-finished', utterance: spokenUtterance(`u${i}`, 'good morning all') })
      if (random() < 0.3) await foreign.clock.advance(below(random, 1500))
    }
  }
  ended(verdict, foreign.closed())
  foreign.connection.closed(1006)
}

function oddQuery(random: Random): string {
  const names = [
    'language',
    'format',
    'sample_rate',
    'encoding',
    'model',
    'interim',
    'room',
    'token',
    'json',
    'mode',
  ]
  const values = ['', '0', '-1', '1e9', 'NaN', '%00', '%ff', 'x'.repeat(3000), '[]', '../..', 'true', 'mulaw']
  return `${pick(random, names)}=${pick(random, values)}`
}

async function fuzzNative(verdict: FuzzVerdict, frames: number, random: Random, log: Log): Promise<void> {
  while (verdict.frames < frames) {
    // A fresh store now and then: a million renamings are a long log.
    const store = await openMemoryStore()
    const bus = createMemoryBus()
    const keep = { what: 'text', days: 1 } as const
    const engine = createFakeEngine()
    const rooms = new Rooms({ store, bus, engine, log, dataDir: '', defaults: { ...settings, keep } })
    for (let connections = 0; connections < 200 && verdict.frames < frames; connections++) {
      const { room } = await rooms.create()
      const socket = new HandSocket()
      const host = random() < 0.8
      const rights = () => ({ view: true, speak: host, host })
      const connection = new NativeConnection(socket, { room, bus, log, rights, speakers: new Speakers() })
      verdict.connections++
      const hello = JSON.stringify(NATIVE_HELLO)
      feed(verdict, connection, random() < 0.85 ? hello : mutate(random, hello))
      await settle()
      for (let i = 1; i < PER_CONNECTION && !socket.closedWith; i++) {
        const frame = random() < 0.7 ? NATIVE[(i - 1) % NATIVE.length] : pick(random, NATIVE)
        feed(verdict, connection, mutate(random, frame as Frame))
        if (i % 4 === 3) await settle()
      }
      verdict.internal += socket.messages.filter(({ code }) => code === 'internal').length
      ended(verdict, socket.closedWith)
      connection.closed(1006)
      await room.end()
    }
    await rooms.close()
    await store.close()
  }
}
