/** `--protocol native`: a conversation that survives cuts and restarts, through the client of Parley's own protocol. */
import { ParleyClient } from '../client/client.ts'
import type { ClientEvent, ClientStatus } from '../client/events.ts'
import { lostSound, type OutgoingAudio } from '../client/outgoing-audio.ts'
import { AppError } from '../core/error.ts'
import { Refused } from '../core/refusal.ts'
import type { Utterance } from '../core/transcript.ts'
import { BYTES_PER_MS, BYTES_PER_SECOND } from '../core/wire.ts'
import type { Heard } from './dialects.ts'
import { enterRoom, type RoomToEnter, unreachable } from './native-room.ts'
import { RefinedLines } from './refined-lines.ts'
import { pieces } from './talk.ts'

export interface NativeTalkOptions extends RoomToEnter {
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
/** How often what waits is looked at, ms. */
const LOOK_EVERY = 100

/** Resolves when the server has stored and recognised everything; while a line is cut, it is tried for ever. */
export async function talkNatively(options: NativeTalkOptions): Promise<void> {
  const { onHeard, onNote, onMessage, insecure, keepMs = KEEP } = options
  const { server, room, token } = await enterRoom(options, (url) => onHeard({ type: 'watch', url }))
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
  const lines = new RefinedLines((text) => onHeard({ type: 'final', text }))
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const recording = client.record()
  let greeted = false
  let away = false
  let refusal: AppError | null = null
  const isMine = ({ participantId }: Utterance) => participantId === client.participantId
  const onStatus = (status: ClientStatus) => {
    if (status === 'open') {
      if (away) onNote(`Connected again; ${kept(recording)} of sound follow.`)
      greeted = true
      away = false
    } else if (status === 'waiting') {
      if (!greeted) failed.reject(unreachable(server))
      else if (!away) onNote('The connection is cut. Sound is kept here, and it is tried again.')
      away = true
    }
  }
  client.on((event) => {
    onMessage?.(JSON.stringify(shown(event)))
    switch (event.type) {
      case 'status':
        return onStatus(event.status)
      case 'draft':
        if (isMine(event.utterance)) onHeard({ type: 'partial', text: event.text })
        return
      case 'final': {
        const { id, rev } = event.utterance
        if (isMine(event.utterance)) lines.take(id, event.text, rev > 1)
        return
      }
      case 'notice':
        return onNote(event.message)
      case 'lost':
        return onNote(lostSound(event))
      case 'refused':
        refusal = refusalOf(event)
        return failed.reject(refusal)
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

function refusalOf({ closeCode, message }: Extract<ClientEvent, { type: 'refused' }>): AppError {
  return new AppError(closeCode === Refused.notFound ? 'not-found' : 'forbidden', message)
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
