/** Per-room webhooks: every final, every correction, start and end of a meeting, one signed JSON request each. */
import type { RoomEnvelope, StoredEvent } from '../core/transcript.ts'
import { textOf, type Utterance } from '../core/transcript.ts'
import { TOLD } from '../core/webhook-types.ts'
import { type CallOptions, call } from './call.ts'
import type { DeliveryStore, Hook, Receiver } from './delivery.ts'
import { eventKey } from './event-key.ts'
import { sign } from './signature.ts'

export interface WebhookDeps {
  store: DeliveryStore
  /** Which room a session belongs to, and who spoke: for the body. */
  context(
    sessionId: string,
    participantId: string | null,
  ): Promise<{ roomId: string; title: string; speaker: string | null }>
  allowPrivate: boolean
  now?: () => number
  lookup?: CallOptions['lookup']
  timeout?: number
}

/** The receiver that delivers a hook's events one by one. */
export function webhookReceiver(hook: Hook, deps: WebhookDeps): Receiver {
  const { store, now = Date.now } = deps
  return {
    id: hook.id,
    plan: planSingly,
    async deliver(sessionId, events, signal) {
      const envelope = events.at(-1) as RoomEnvelope
      const body = JSON.stringify(await describeEvent(sessionId, envelope, deps))
      await call(hook.url, {
        body,
        signal,
        timeout: deps.timeout,
        trust: deps.allowPrivate ? 'owner' : 'public',
        lookup: deps.lookup,
        // The answer's body is nobody's business: only that it came.
        maxBytes: 64 * 1024,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Parley-Webhook/1',
          'idempotency-key': eventKey(sessionId, envelope),
          'x-parley-event': TOLD[(envelope.event as StoredEvent).type] ?? '',
          'x-parley-signature': sign(hook.secret, body, now()),
        },
      })
    },
    gaveUp(reason) {
      const current = store.hook(hook.id)
      if (current) store.saveHook({ ...current, active: false, error: reason })
    },
  }
}

/** Everything up to the first event that is told, that one included; nothing to tell = pass over all. */
function planSingly(events: readonly RoomEnvelope[]): { take: number; send: boolean } {
  const at = events.findIndex(({ event }) => event.type in TOLD)
  return at < 0 ? { take: events.length, send: false } : { take: at + 1, send: true }
}

async function describeEvent(sessionId: string, envelope: RoomEnvelope, deps: WebhookDeps): Promise<object> {
  const { seq } = envelope
  const stored = envelope.event as StoredEvent
  const participantId = 'utterance' in stored ? stored.utterance.participantId : null
  const { roomId, title, speaker } = await deps.context(sessionId, participantId)
  return {
    id: eventKey(sessionId, envelope),
    type: TOLD[stored.type],
    room: roomId,
    session: sessionId,
    seq,
    title,
    ...dataOf(stored, speaker),
  }
}

function dataOf(event: StoredEvent, speaker: string | null): object {
  switch (event.type) {
    case 'utterance-finished':
    case 'utterance-revised':
      return { utterance: describeUtterance(event.utterance, speaker) }
    case 'utterance-removed':
      return { utterance: { id: event.utteranceId } }
    case 'utterance-translated': {
      const { utteranceId, language, rev, text } = event.translation
      return { translation: { utterance: utteranceId, language, rev, text } }
    }
    case 'session-ended':
      return { endedAt: event.endedAt }
    case 'session-started':
      return { startedAt: event.session.startedAt }
    default:
      return {}
  }
}

/** Times in ms from the start of the meeting. */
function describeUtterance(utterance: Utterance, speaker: string | null) {
  const { id, participantId, rev, state, start, end, language, committed } = utterance
  const words = committed.map((word) => ({
    text: word.text.trim(),
    start: word.start,
    end: word.end,
    probability: word.probability,
  }))
  return {
    id,
    speaker: { id: participantId, name: speaker },
    rev,
    state,
    start,
    end,
    language,
    text: textOf(committed),
    words,
  }
}
