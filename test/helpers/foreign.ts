/** A foreign connection held in the hand: fake socket, seat, clock and decoder around the real connection.ts. */
import type { SpeechEvent, SpeechOptions, SpokenUtterance } from '../../server/asr/speech-event.ts'
import { Budget } from '../../server/core/budget.ts'
import { AppError } from '../../server/core/error.ts'
import { LIMITS } from '../../server/core/limits.ts'
import { toFloat32 } from '../../server/core/pcm.ts'
import { type Log, silentLog } from '../../server/log.ts'
import { Capacity } from '../../server/protocol/capacity.ts'
import { openConnection } from '../../server/protocol/connection.ts'
import type { ForeignConnection, ProtocolHost } from '../../server/protocol/host.ts'
import { protocolAt } from '../../server/protocol/index.ts'
import type { MediaRequest, ProtocolSettings, SpeakerSeat } from '../../server/protocol/protocol.ts'
import { FakeClock, settle } from './fake-clock.ts'

/** A seat that remembers what it was told and says what the test wants. */
export class HandSeat implements SpeakerSeat {
  readonly participantId = 'par_1'
  readonly roomId = 'room-1'
  fed: Float32Array[] = []
  flushes = 0
  clears = 0
  finished = 0
  left = 0
  waiting = 0
  /** Told when finish is asked for, before it resolves. */
  atFinish: SpeechEvent[] = []
  readonly #listeners = new Set<(event: SpeechEvent) => void>()

  constructor(
    readonly options: Partial<SpeechOptions>,
    readonly start: number,
  ) {}

  get samples(): number {
    return this.fed.reduce((sum, each) => sum + each.length, 0)
  }
  feed(pcm: Float32Array): void {
    this.fed.push(pcm)
  }
  flush(): void {
    this.flushes++
  }
  clear(): void {
    this.clears++
  }
  async finish(): Promise<void> {
    this.finished++
    for (const event of this.atFinish) this.emit(event)
  }
  configure(change: Partial<SpeechOptions>): void {
    Object.assign(this.options, change)
  }
  backlog(): number {
    return this.waiting
  }
  on(listener: (event: SpeechEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  async leave(): Promise<void> {
    this.left++
  }
  emit(event: SpeechEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** Words of 300 ms from `start` on. */
export function spokenWords(text: string, start: number, probability = 0.9) {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word, index) => ({
      text: index === 0 ? word : ` ${word}`,
      start: start + index * 300,
      end: start + index * 300 + 250,
      probability,
    }))
}

export function spokenUtterance(
  id: string,
  committed: string,
  options: { start?: number; pending?: string; language?: string; probability?: number } = {},
): SpokenUtterance {
  const { start = 0, pending = '', language = 'en', probability = 0.9 } = options
  const words = spokenWords(`${committed} ${pending}`, start, probability)
  const count = committed.split(' ').filter(Boolean).length
  return {
    id,
    start,
    end: words.at(-1)?.end ?? start,
    language,
    committed: words.slice(0, count),
    pending: words.slice(count),
  }
}

export interface ForeignOptions {
  headers?: Record<string, string>
  subprotocols?: string[]
  settings?: Partial<ProtocolSettings>
  /** Session time at which the seat begins. */
  start?: number
  finalWait?: number
  capacity?: Capacity
  undecoded?: Budget
  clock?: FakeClock
  /** What takeSeat answers instead of a seat. */
  full?: AppError
  preset?: Record<string, unknown>
  /** Why nothing can be translated; left out = everything can. */
  untranslatable?: AppError
  log?: Log
}

export interface Foreign {
  connection: ForeignConnection
  clock: FakeClock
  seats: HandSeat[]
  /** The seat; throws while there is none. */
  seat(): HandSeat
  sent: (string | Uint8Array)[]
  /** Text messages that were not looked at yet, parsed where they are JSON. */
  take(): unknown[]
  closed(): { code: number; reason: string } | null
  media: { request: MediaRequest; bytes: Uint8Array[]; ended: boolean; closed: boolean }[]
  socket: { buffered: number }
  send(message: string | Uint8Array | object): Promise<void>
  settle(): Promise<void>
  forwarded: ((text: string) => void)[]
  /** Who waits for translations, and into what. */
  translating: { language: string; tell: (utteranceId: string, text: string) => void }[]
}

const SETTINGS: ProtocolSettings = {
  language: null,
  maxConnectionTime: 600,
  forwardEvery: 0,
  asrStream: { language: 'en-US', sampleRate: 16_000, interim: true, punctuation: true },
}

/** Opens `path` (with query) the way the server does. */
export async function openForeign(path: string, options: ForeignOptions = {}): Promise<Foreign> {
  const clock = options.clock ?? new FakeClock()
  const seats: HandSeat[] = []
  const sent: (string | Uint8Array)[] = []
  const media: Foreign['media'] = []
  const forwarded: ((text: string) => void)[] = []
  const translating: Foreign['translating'] = []
  let closed: { code: number; reason: string } | null = null
  let looked = 0
  let ids = 0
  const socket = {
    buffered: 0,
    send(data: string | Uint8Array) {
      if (closed) throw new Error(`sent after close: ${data}`)
      sent.push(data)
      return data.length
    },
    close(code: number, reason: string) {
      closed ??= { code, reason }
    },
    getBufferedAmount: () => socket.buffered,
  }
  const host: ProtocolHost = {
    async createRoomFor(_protocol, wanted) {
      if (wanted === 'missing') throw new AppError('not-found', 'There is no such room.')
      return { roomId: wanted ?? 'room-1', watch: `http://localhost/r/${wanted ?? 'room-1'}` }
    },
    async takeSeat({ speech }) {
      if (options.full) throw options.full
      const seat = new HandSeat({ ...speech }, options.start ?? 0)
      seats.push(seat)
      return seat
    },
    openMedia: (request) => openHandMedia(request, media),
    undecoded: options.undecoded ?? new Budget(LIMITS.undecodedBytes, 0),
    status: () => ({
      ready: true,
      detail: '',
      workers: 1,
      model: 'hand-model',
      backend: 'hand',
      realTimeFactor: 1,
      activeSpeakers: 0,
      capacity: 4,
      queued: 0,
    }),
    finalWait: options.finalWait ?? 700,
    capacity: options.capacity ?? new Capacity({ whisperlive: { max: 4, seconds: 600 } }),
    settings: { ...SETTINGS, ...options.settings },
    clock,
    wallClock: () => Date.UTC(2026, 0, 1),
    newId: (prefix) => `${prefix}_${++ids}`,
    log: options.log ?? silentLog,
    onForwarded: (_room, listener) => {
      forwarded.push(listener)
      return () => {}
    },
    preset: () => options.preset,
    async translate(_room, language, tell) {
      if (options.untranslatable) throw options.untranslatable
      translating.push({ language, tell })
      return () => {}
    },
  }
  const url = new URL(path, 'http://localhost')
  const protocol = protocolAt(url.pathname)
  if (!protocol) throw new Error(`no protocol at ${url.pathname}`)
  const request = { url, headers: new Headers(options.headers), subprotocols: options.subprotocols ?? [] }
  const connection = openConnection(protocol, request, socket, host)
  await settle()
  return {
    connection,
    clock,
    seats,
    sent,
    media,
    socket,
    forwarded,
    translating,
    seat() {
      const seat = seats.at(-1)
      if (!seat) throw new Error('no seat was taken')
      return seat
    },
    take() {
      const fresh = sent.slice(looked)
      looked = sent.length
      return fresh.map(parsed)
    },
    closed: () => closed,
    async send(message) {
      const text = typeof message === 'string' || message instanceof Uint8Array
      connection.message(text ? message : JSON.stringify(message))
      await settle()
    },
    settle,
  }
}

function parsed(message: string | Uint8Array): unknown {
  if (typeof message !== 'string') return message
  try {
    return JSON.parse(message)
  } catch {
    return message
  }
}

/** A decoder that takes every byte for PCM16, except a file that begins with `BAD!`. */
function openHandMedia(request: MediaRequest, opened: Foreign['media']) {
  const entry = { request, bytes: [] as Uint8Array[], ended: false, closed: false }
  opened.push(entry)
  let wake: (() => void) | null = null
  let read = 0
  return {
    write(bytes: Uint8Array) {
      entry.bytes.push(bytes)
      wake?.()
    },
    end() {
      entry.ended = true
      wake?.()
    },
    pcm: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const bytes = entry.bytes[read]
          if (bytes) {
            read++
            if (new TextDecoder().decode(bytes).startsWith('BAD!'))
              throw new AppError('invalid', 'This file could not be decoded; it may be damaged.')
            yield toFloat32(bytes.subarray(0, bytes.length & ~1))
          } else if (entry.ended) return
          else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      },
    },
    close() {
      entry.closed = true
    },
  }
}

/** `ms` of raw sound: a quiet tone, so that it is no digital silence. */
export function tone(ms: number, encoding: 's16le' | 'f32le' | 'mulaw' = 's16le', rate = 16_000): Uint8Array {
  const count = Math.round((ms / 1000) * rate)
  const value = (index: number) => 0.2 * Math.sin((index / rate) * 2 * Math.PI * 220)
  if (encoding === 'mulaw') return new Uint8Array(count).fill(0xff)
  const samples = Float32Array.from({ length: count }, (_, index) => value(index))
  if (encoding === 'f32le') return new Uint8Array(samples.buffer)
  return new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32_767)).buffer)
}
