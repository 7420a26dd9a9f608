/** What each message of somebody who has greeted does to the room. Whether they may is decided before (message-rules.ts). */
import { AppError } from '../core/error.ts'
import type { Asker } from '../core/language-wishes.ts'
import type { Participant } from '../core/transcript.ts'
import type { ClientMessage } from '../core/wire.ts'
import type { Room } from '../room/room.ts'
import type { NativeAudio } from './native-audio.ts'

/** What can be asked of translation and summaries. */
export interface RoomNeighbours {
  live(): { translation: boolean; summary: boolean }
  translate(sessionId: string, language: string, asker: Asker): Promise<unknown>
  /** Who asked reads no more. */
  stopReading(askerId: unknown): void
  followSummary(sessionId: string): void
}

export interface Sender {
  /** Null for readers. */
  me: Participant | null
  room: Room
  audio: NativeAudio
  /** Whether this participant has a connection now. */
  isHere(participantId: string): boolean
  neighbours?: RoomNeighbours | undefined
  /** As whom this connection asks for a language. */
  asker: Asker
}

export async function carryOut(
  message: Exclude<ClientMessage, { type: 'ping' | 'hello' }>,
  { me, room, audio, isHere, neighbours, asker }: Sender,
): Promise<void> {
  switch (message.type) {
    case 'audio-start':
      return audio.start(message, speaker(me).id)
    case 'audio-end':
      return audio.end(message)
    case 'audio-lost':
      return audio.lost(message)
    case 'mute': {
      const target = message.participantId ?? speaker(me).id
      if (target === me?.id) return room.tools.mute(target, message.muted)
      return room.tools.silence(target, message.muted, { ownButton: isHere(target) })
    }
    case 'off-the-record':
      return room.tools.offTheRecord(message.on, me?.id ?? null)
    case 'mark':
      return room.tools.mark(message.kind, message.text, me?.id ?? null)
    case 'unmark':
      return room.tools.unmark(message.markId)
    case 'rename':
      return room.rename(message.participantId ?? speaker(me).id, message.name)
    case 'title':
      return room.setTitle(message.title)
    case 'settings':
      return room.configure(message.settings)
    case 'translate':
      if (room.session) await neighbours?.translate(room.session.id, message.language, asker)
      return
    case 'follow-summary':
      if (room.session) neighbours?.followSummary(room.session.id)
      return
    case 'end-session':
      return room.end()
  }
}

export function speaker(me: Participant | null): Participant {
  if (!me) throw new AppError('forbidden', 'Viewers cannot do that; join as a speaker.')
  return me
}
