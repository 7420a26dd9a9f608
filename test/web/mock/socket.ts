/** The stand-in's end of a room socket: greets, and does what hosts and speakers ask for. */
import type { Participant } from '../../../server/core/transcript.ts'
import type { ServerMessage } from '../../../server/core/wire.ts'
import { type ClientMessage, parseClientMessage } from '../../../server/core/wire-schema.ts'
import { PEOPLE } from './conversation.ts'
import type { Recordings } from './recordings.ts'
import type { ScriptedRoom } from './room.ts'

export interface MockClient {
  /** Events are told from the greeting on. */
  greeted: boolean
  recordings: Recordings
}

const [HOST] = PEOPLE as [Participant]

/** What is answered at once; everything else is told to everybody by the room. */
export function answer(room: ScriptedRoom, client: MockClient, data: string | Uint8Array): ServerMessage[] {
  if (typeof data !== 'string') return [client.recordings.frame(data)]
  const message = parseClientMessage(data)
  if (typeof message === 'string') return [{ type: 'error', code: 'invalid', message, fatal: false }]
  switch (message.type) {
    case 'hello':
      client.greeted = true
      return welcome(room, message)
    case 'audio-start':
    case 'audio-lost':
    case 'audio-end': {
      const reply = client.recordings.message(message)
      return reply ? [reply] : []
    }
    case 'ping':
      return [{ type: 'pong', at: message.at, seq: room.seq }]
    default:
      carryOut(room, message)
      return []
  }
}

type Hello = Extract<ClientMessage, { type: 'hello' }>

function welcome(room: ScriptedRoom, hello: Hello): ServerMessage[] {
  const { session, settings, log, seq } = room
  const participant = hello.role === 'speaker' ? { ...HOST, name: hello.name || HOST.name } : null
  const since = hello.since?.epoch === session.epoch ? hello.since.seq : 0
  return [
    {
      type: 'welcome',
      version: 1,
      participant,
      room: { id: session.roomId, settings },
      session,
      epoch: session.epoch,
      seq,
      now: room.now(),
      limits: { maxFrameBytes: 32_016, ackEveryMs: 1_000 },
    },
    { type: 'events', events: log.filter((envelope) => envelope.seq > since), more: false },
  ]
}

function carryOut(room: ScriptedRoom, message: ClientMessage): void {
  switch (message.type) {
    case 'end-session':
      room.session.endedAt = Date.now()
      return room.tell({ type: 'session-ended', endedAt: room.session.endedAt }, true)
    case 'rename': {
      const person = personOf(message.participantId)
      return room.tell({ type: 'participant-changed', participant: { ...person, name: message.name } }, true)
    }
    case 'mute': {
      const silenced = message.participantId !== undefined && message.muted
      const participant = {
        ...personOf(message.participantId),
        muted: message.muted,
        ...(silenced && { silenced }),
      }
      return room.tell({ type: 'participant-changed', participant }, true)
    }
    case 'off-the-record':
      return room.tell(
        { type: 'off-the-record', on: message.on, at: room.now(), participantId: HOST.id },
        true,
      )
    case 'unmark':
      return room.tell({ type: 'mark-removed', markId: message.markId }, true)
    case 'settings':
      Object.assign(room.settings, message.settings)
      return room.tell({ type: 'settings-changed', settings: { ...room.settings } }, true)
    case 'title':
      return room.tell({ type: 'session-renamed', title: message.title }, true)
  }
}

/** Nobody named = oneself, the host. */
function personOf(id = HOST.id): Participant {
  const person = PEOPLE.find((each) => each.id === id)
  if (!person) throw new Error(`the script has nobody called ${id}`)
  return person
}
