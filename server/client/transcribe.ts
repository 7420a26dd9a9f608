/** Sound in, words out, over Parley's own protocol: one call for programs that do not need the room itself. */

import { AppError } from '../core/error.ts'
import { Refused } from '../core/refusal.ts'
import { utteranceText } from '../core/transcript.ts'
import { BYTES_PER_MS } from '../core/wire.ts'
import { KEEP_MS, ParleyClient } from './client.ts'
import type { ClientOptions, ClientStatus } from './events.ts'
import { lostSound } from './outgoing-audio.ts'

export interface TranscribeOptions extends Omit<ClientOptions, 'room' | 'role'> {
  /** PCM16 mono 16 kHz in pieces of any size: `fileSource(path)`, `microphone()`, or your own. */
  source: AsyncIterable<Uint8Array>
  /** Left out = a room of its own. */
  room?: string
  /** Of a room made here: ISO 639-1 code of what is spoken (default: found out); translate = into English. */
  language?: string
  task?: 'transcribe' | 'translate'
  /** Sent no faster than it is spoken. Default false: a microphone sets its own pace, a file goes four times as fast. */
  realTime?: boolean
  /** Words that may still change. */
  onDraft?(text: string, line: Line): void
  /** A finished line; once more, with `revised`, when a second pass heard it better. */
  onFinal?(text: string, line: Line): void
  onStatus?(status: ClientStatus): void
  /** Something worth showing: no place free, disk full, sound that could not be kept, the page where others can read along. */
  onNotice?(message: string): void
}

export interface Line {
  /** The same for every version of a line. */
  id: string
  speaker: string
  /** Milliseconds from the start of the meeting. */
  start: number
  end: number
  revised: boolean
}

/** Sound of a file read in advance at most, ms. */
const UNSENT_MS = 600_000

/**
 * Resolves with everything that was understood when all sound is stored and recognised; survives cuts and restarts.
 * Rejects, and reads the source no further, when the server takes no more: refused, not there, or the meeting was ended.
 */
export async function transcribe(options: TranscribeOptions): Promise<{ room: string; text: string }> {
  const { source, realTime = false, onDraft, onFinal, onStatus, onNotice, ...rest } = options
  const place = options.room ? { room: options.room, token: options.token } : await makeRoom(options)
  const client = new ParleyClient({ ...rest, ...place })
  const refused = Promise.withResolvers<never>()
  refused.promise.catch(() => {})
  let greeted = false
  let over = false
  client.on((event) => {
    if (event.type === 'status') {
      greeted ||= event.status === 'open'
      const says = `${options.url}: no Parley answers there. Does it run, and is this its address?`
      if (!greeted && event.status === 'waiting') refused.reject(new AppError('unavailable', says))
      return onStatus?.(event.status)
    }
    if (event.type === 'notice') return onNotice?.(event.message)
    if (event.type === 'lost') return onNotice?.(lostSound(event))
    if (event.type === 'refused') {
      const code = event.closeCode === Refused.notFound ? 'not-found' : 'forbidden'
      return refused.reject(new AppError(code, event.message))
    }
    if (event.type !== 'draft' && event.type !== 'final') return
    const { utterance, speaker, text } = event
    if (utterance.participantId !== client.participantId) return
    const { id, start, end, rev } = utterance
    const tell = event.type === 'draft' ? onDraft : onFinal
    tell?.(text, { id, speaker, start, end, revised: event.type === 'final' && rev > 1 })
  })
  const recording = client.record()
  const began = performance.now()
  // Leaves room for what one piece of a file may bring.
  const most = Math.min(UNSENT_MS, (options.keepMs ?? KEEP_MS) / 2) * BYTES_PER_MS
  const write = async () => {
    for await (const piece of source) {
      recording.write(piece)
      const ahead = () => recording.written / BYTES_PER_MS - (performance.now() - began)
      if (realTime && ahead() > 0) await Bun.sleep(ahead())
      // A file waits where it is; what a microphone hears is never in advance, and is held here.
      const full = () => recording.written - recording.acknowledged > most
      while (!over && !recording.finished && ahead() > 0 && full()) await Bun.sleep(100)
      if (over) return
      if (recording.finished) break
    }
    await recording.end()
  }
  try {
    await Promise.race([write(), refused.promise])
    const own = client.transcript.utterances.filter(
      ({ participantId }) => participantId === client.participantId,
    )
    return { room: place.room, text: own.map(utteranceText).filter(Boolean).join(' ') }
  } finally {
    over = true
    client.close()
  }
}

async function makeRoom({ url, token, language, task, onNotice }: TranscribeOptions) {
  const server = url.replace(/^ws/, 'http').replace(/\/+$/, '')
  const response = await fetch(`${server}/api/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ settings: { ...(language && { language }), ...(task && { task }) } }),
  }).catch((cause) => {
    throw new AppError('unavailable', `${server} cannot be reached. Does Parley run there?`, { cause })
  })
  if (!response.ok)
    throw new AppError(
      'forbidden',
      `${server} made no room (HTTP ${response.status}). Name a room and its token.`,
    )
  const made = (await response.json()) as { room: { id: string }; links: { view: string; speak: string } }
  onNotice?.(`Read along: ${made.links.view}`)
  return { room: made.room.id, token: new URL(made.links.speak).hash.slice(1) || token }
}
