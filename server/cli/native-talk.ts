/** `--protocol native`: a conversation that survives cuts and restarts, through the client of Parley's own protocol. */
import { ParleyClient } from '../client/client.ts'
import type { ClientEvent } from '../client/events.ts'
import { lostSound, type OutgoingAudio } from '../client/outgoing-audio.ts'
import { AppError } from '../core/error.ts'
import { Refused } from '../core/refusal.ts'
import { BYTES_PER_MS, BYTES_PER_SECOND } from '../core/wire.ts'
import type { Heard } from './dialects.ts'
import { pieces } from './talk.ts'

export interface NativeTalkOptions {
  /** The server, or the address of a room on it (/r/ID#TOKEN or /ws/room/ID). */
  uri: URL
  room?: string
  /** Of the room's speaking link; to make a room on another machine, an API key. */
  token?: string
  /** Accept a certificate nobody vouches for. */
  insecure?: boolean
  /** For a room made for this conversation. */
  settings: { language?: string; task?: 'translate' }
  /** PCM16 mono 16 kHz in pieces of any size. */
  sound: AsyncIterable<Uint8Array>
  /** Bytes of sound handed on at once. */
  chunkSize: number
  /** Handed on no faster than it would be spoken; else as fast as the server takes it (4 × real time). */
  realTime: boolean
  /** Audio kept while the server does not acknowledge, ms (tests shorten it). */
  keepMs?: number
  onMessage?: (message: string) => void
  onHeard: (heard: Heard) => void
  /** What happens to the connection, for people. */
  onNote: (note: string) => void
}

/** An hour; the sound of a file that is longer waits in the file. */
const KEEP = 3_600_000
/** A final waits so long for its refined text, ms, as in protocols without revisions (--final-wait). */
const REFINED_WITHIN = 700
const LOOK_EVERY = 100

export interface RoomAddress {
  /** The server: http(s)://host:port. */
  server: string
  room?: string
  token?: string
}

/** What an address says about server, room and secret; the flags win. */
export function roomAddress({
  uri,
  room,
  token,
}: Pick<NativeTalkOptions, 'uri' | 'room' | 'token'>): RoomAddress {
  const server = `${uri.protocol.replace('ws', 'http')}//${uri.host}`
  const path = /^\/(?:r|ws\/room)\/([a-z0-9-]+)\/?$/.exec(uri.pathname)
  if (!path && uri.pathname !== '/')
    throw new AppError('invalid', `'${uri.pathname}' is no room; its address ends in /r/ID.`)
  return { server, room: room ?? path?.[1], token: token ?? (uri.hash.slice(1) || undefined) }
}

/** Resolves when the server has stored and recognised everything; while a line is cut, it is tried for ever. */
export async function talkNatively(options: NativeTalkOptions): Promise<void> {
  const { onHeard, onNote, onMessage, insecure, keepMs = KEEP } = options
  const { server, room, token } = await enter(options)
  const tls = insecure ? { tls: { rejectUnauthorized: false } } : {}
  const client = new ParleyClient({
    url: server,
    room,
    token,
    name: 'parley client',
    keepMs,
    connect: (url) => new WebSocket(url, tls as unknown as string[]),
    ask: (url, init) => fetch(url, { ...init, ...tls }),
  })
  const lines = new Lines((text) => onHeard({ type: 'final', text }))
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const recording = client.record()
  let greeted = false
  let away = false
  let refusal: AppError | null = null
  client.on((event) => {
    onMessage?.(JSON.stringify(shown(event)))
    if (event.type === 'status' && event.status === 'open') {
      if (away) onNote(`Connected again; ${kept(recording)} of sound follow.`)
      greeted = true
      away = false
    } else if (event.type === 'status' && event.status === 'waiting') {
      if (!greeted) failed.reject(unreachable(server))
      else if (!away) onNote('The connection is cut. Sound is kept here, and it is tried again.')
      away = true
    } else if (event.type === 'refused') {
      refusal = new AppError(event.closeCode === Refused.notFound ? 'not-found' : 'forbidden', event.message)
      failed.reject(refusal)
    } else if (event.type === 'notice') onNote(event.message)
    else if (event.type === 'lost') onNote(lostSound(event))
    else if (event.type === 'draft' || event.type === 'final') {
      if (event.utterance.participantId !== client.participantId) return
      if (event.type === 'draft') onHeard({ type: 'partial', text: event.text })
      else lines.take(event.utterance.id, event.text, event.utterance.rev > 1)
    }
  })
  const timer = setInterval(() => lines.release(performance.now()), LOOK_EVERY)
  try {
    await Promise.race([write(recording, options, keepMs), failed.promise])
    await Promise.race([recording.end(), failed.promise])
    lines.release(Number.POSITIVE_INFINITY)
  } catch (thrown) {
    throw refusal ?? thrown
  } finally {
    clearInterval(timer)
    client.close()
  }
}

/** The room the address names, or one made for this conversation. */
async function enter(
  options: NativeTalkOptions,
): Promise<Required<Pick<RoomAddress, 'server' | 'room'>> & RoomAddress> {
  const { server, room, token } = roomAddress(options)
  if (room) return { server, room, token }
  const response = await fetch(`${server}/api/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ settings: options.settings }),
    ...(options.insecure && { tls: { rejectUnauthorized: false } }),
  }).catch(() => {
    throw unreachable(server)
  })
  if (!response.ok) throw await noRoom(response, server)
  const made = (await response.json()) as { room: { id: string }; links: { view: string; speak: string } }
  options.onHeard({ type: 'watch', url: made.links.view })
  return { server, room: made.room.id, token: new URL(made.links.speak).hash.slice(1) || token }
}

/** The server's own words: it knows whether the key is wrong, lacks a right, or the machine is full. */
async function noRoom(response: Response, server: string): Promise<AppError> {
  const body = (await response.json().catch(() => null)) as { error?: { message?: unknown } } | null
  const says = body?.error?.message
  const why = typeof says === 'string' ? says : `It answered ${response.status}.`
  const refused = response.status === 401 || response.status === 403
  const remedy = refused ? ' A room that is there needs no key: name it with --room and --token.' : ''
  return new AppError(refused ? 'forbidden' : 'unavailable', `${server} made no room. ${why}${remedy}`)
}

function unreachable(server: string): AppError {
  return new AppError(
    'unavailable',
    `${server}: no Parley answers there. Is the server running (parley serve), and is this its address?`,
  )
}

async function write(recording: OutgoingAudio, options: NativeTalkOptions, keepMs: number): Promise<void> {
  const began = performance.now()
  // Leaves room for what one piece of a file may bring.
  const most = (keepMs / 2) * BYTES_PER_MS
  for await (const piece of pieces(options.sound, options.chunkSize)) {
    if (recording.finished) return
    recording.write(piece)
    const ahead = recording.written / BYTES_PER_MS - (performance.now() - began)
    if (options.realTime && ahead > 0) await Bun.sleep(ahead)
    while (!options.realTime && !recording.finished && recording.written - recording.acknowledged > most)
      await Bun.sleep(LOOK_EVERY)
  }
}

function kept({ written, acknowledged }: OutgoingAudio): string {
  return `${((written - acknowledged) / BYTES_PER_SECOND).toFixed(1)} s`
}

/** As it came from the server, or what the client says about itself. */
function shown(event: ClientEvent): unknown {
  if (event.type === 'event') return event.envelope
  if (event.type !== 'draft' && event.type !== 'final') return event
  return { type: event.type, speaker: event.speaker, text: event.text }
}

/** Finals in their order, each once: with its refined text if that comes soon. */
class Lines {
  readonly #waiting: { id: string; text: string; due: number }[] = []

  constructor(private readonly tell: (text: string) => void) {}

  take(id: string, text: string, refined: boolean): void {
    const known = this.#waiting.find((line) => line.id === id)
    if (known) {
      known.text = text
      known.due = 0
    } else if (!refined) this.#waiting.push({ id, text, due: performance.now() + REFINED_WITHIN })
    this.release(performance.now())
  }

  release(now: number): void {
    for (let first = this.#waiting[0]; first && first.due <= now; first = this.#waiting[0]) {
      this.#waiting.shift()
      if (first.text) this.tell(first.text)
    }
  }
}
