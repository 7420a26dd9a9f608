/** RoomModel: what this screen knows of a room, by events over its link. */
import { batch, computed, createModel, effect, type ReadonlySignal, signal } from '@preact/signals'
import { applyEvent } from '../../server/core/apply-event.ts'
import {
  emptyTranscript,
  type Participant,
  type RoomEnvelope,
  type RoomSettings,
} from '../../server/core/transcript.ts'
import type { ClientMessage } from '../../server/core/wire.ts'
import type { AudioUplink } from '../audio/uplink.ts'
import { type Greeting, RoomLink } from '../net/room-link.ts'
import type { LinkStatus, SocketPorts } from '../net/socket.ts'

export interface RoomPorts {
  roomId: string
  url: () => string
  /** The language this screen reads in; empty = as spoken. Asked for where lines can be translated. */
  readIn?: ReadonlySignal<string>
  socket: SocketPorts
  /** A refused handshake looks like a dead line to a page: this asks why, as a close code; null = no reason. */
  refusal?: () => Promise<number | null>
}

/** Nothing can be saved: told so long ago, it is over. */
const TROUBLE_OVER_MS = 12_000

export interface RoomError {
  code: string
  message: string
}

export const RoomModel = createModel((ports: RoomPorts) => {
  const transcript = signal(emptyTranscript)
  const link = signal<LinkStatus>({ kind: 'idle' })
  const me = signal<Participant | null>(null)
  const settings = signal<RoomSettings | null>(null)
  /** True when everything up to now has arrived. */
  const caughtUp = signal(false)
  /** When this screen came in, session ms: “You joined here”. */
  const joinedAt = signal<number | null>(null)
  const error = signal<RoomError | null>(null)
  const abilities = signal({ translation: false, summary: false })
  /** Place in the queue for speaking; 0 = not waiting. */
  const queued = signal(0)
  /** Takes back a trouble that is not told any more. */
  let passing: unknown = null
  let greeting: Greeting = { role: 'viewer', name: '', participantKey: '', token: '' }

  let welcomed = false

  /** False answers are believed; no answer means that the line is dead for everything. */
  async function askWhy(): Promise<void> {
    const code = (await ports.refusal?.().catch(() => null)) ?? null
    if (code === null || welcomed) return
    roomLink.stop()
    link.value = { kind: 'refused', code, reason: '' }
  }

  const roomLink = new RoomLink(
    ports.url,
    ports.socket,
    () => greeting,
    () => {
      const { epoch, seq } = transcript.peek()
      return epoch === '' ? undefined : { epoch, seq }
    },
    {
      status: (status) => {
        link.value = status
        if (status.kind !== 'open') queued.value = 0
        if (status.kind === 'connecting' && status.attempt === 1 && !welcomed) void askWhy()
      },
      welcome: (welcome) =>
        batch(() => {
          welcomed = true
          me.value = welcome.participant
          settings.value = welcome.room.settings
          caughtUp.value = false
          abilities.value = welcome.abilities ?? { translation: false, summary: false }
          error.value = null
          queued.value = 0
          joinedAt.value ??= welcome.now
          // Another log, or ours set back to an earlier state: its numbers are other events now.
          if (transcript.peek().epoch !== welcome.epoch || transcript.peek().seq > welcome.seq)
            transcript.value = {
              ...emptyTranscript,
              epoch: welcome.epoch,
              session: welcome.session,
              settings: welcome.room.settings,
            }
        }),
      envelopes: (envelopes, live) =>
        batch(() => {
          if (!live) caughtUp.value = true
          fold(envelopes)
        }),
      queued: (place) => {
        queued.value = place
      },
      error: (code, message) => {
        error.value = { code, message }
        ports.socket.clearTimer(passing)
        // Told again every five seconds for as long as it lasts.
        if (code === 'storage')
          passing = ports.socket.setTimer(() => {
            error.value = null
          }, TROUBLE_OVER_MS)
      },
    },
  )

  function fold(envelopes: readonly RoomEnvelope[]): void {
    let next = transcript.peek()
    for (const envelope of envelopes) next = applyEvent(next, envelope)
    transcript.value = next
    const mine = me.peek()
    if (mine) me.value = next.participants.get(mine.id) ?? mine
    if (next.settings) settings.value = next.settings
  }

  effect(() => {
    const language = ports.readIn?.value
    if (language && link.value.kind === 'open' && abilities.value.translation)
      roomLink.send({ type: 'translate', language })
  })

  /** The largest lag among the people who speak now; null = nobody speaks. */
  const lag = computed(() => {
    const { speaking, lag: lags } = transcript.value
    let largest: number | null = null
    for (const id of speaking) largest = Math.max(largest ?? 0, lags.get(id) ?? 0)
    return largest
  })

  return {
    transcript,
    link,
    me,
    settings,
    caughtUp,
    joinedAt,
    error,
    abilities,
    queued,
    lag,
    title: computed(() => transcript.value.session?.title || settings.value?.title || ''),
    enter(next: Greeting) {
      greeting = next
      roomLink.stop()
      roomLink.start()
    },
    leave() {
      roomLink.stop()
    },
    nudge() {
      roomLink.nudge()
    },
    /** The network is said to be gone: find out at once. */
    doubt() {
      roomLink.doubt()
    },
    /** False when there is no connection now: the caller says so instead of losing it silently. */
    send(message: ClientMessage): boolean {
      return roomLink.send(message)
    },
    addUplink(create: Parameters<RoomLink['addUplink']>[0]): AudioUplink {
      return roomLink.addUplink(create)
    },
    dismissError() {
      error.value = null
    },
  }
})

export type RoomModelValue = InstanceType<typeof RoomModel>
