/**
 * `--forward-url`: finished transcripts go to one neighbour, `--max-messages` at a time, and what it answers comes back
 * into the room. The body is a llama.cpp `/completion` request (`prompt`); other servers find the lines in `messages`.
 */
import { type RoomEnvelope, textOf } from '../core/transcript.ts'
import { CallError, call } from './call.ts'
import type { Receiver } from './delivery.ts'
import { eventKey } from './event-key.ts'
import type { WebhookDeps } from './webhooks.ts'

export const FORWARD = 'forward'

export interface ForwardDeps extends Pick<WebhookDeps, 'context' | 'timeout'> {
  url: string
  maxMessages: number
  /** Lines that are the neighbour's own answers are not sent to it again. */
  isAnswer(utteranceId: string): boolean
  /** The neighbour's words, for clients and the room. Empty answers are not told. */
  onAnswer(sessionId: string, text: string): void
  report(message: string): void
}

/** A model may think for a while; nobody waits for it but its own queue. */
const TIMEOUT = 120_000

export function forwardReceiver(deps: ForwardDeps): Receiver {
  return {
    id: FORWARD,
    plan: (events) => planBatch(events, deps.maxMessages, deps.isAnswer),
    async deliver(sessionId, events, signal) {
      const messages = []
      let roomId = ''
      for (const { event } of events) {
        if (event.type !== 'utterance-finished' || deps.isAnswer(event.utterance.id)) continue
        const { id, participantId, start, end, language, committed } = event.utterance
        const context = await deps.context(sessionId, participantId)
        roomId = context.roomId
        messages.push({ id, speaker: context.speaker, start, end, language, text: textOf(committed) })
      }
      const last = events.at(-1) as RoomEnvelope
      const prompt = messages.map((message) => message.text).join('\n')
      const body = JSON.stringify({ prompt, stream: false, room: roomId, session: sessionId, messages })
      const headers = { 'content-type': 'application/json', 'idempotency-key': eventKey(sessionId, last) }
      const { text } = await call(deps.url, {
        body,
        headers,
        signal,
        trust: 'owner',
        timeout: deps.timeout ?? TIMEOUT,
      })
      const answer = readAnswer(text)
      if (answer) deps.onAnswer(sessionId, answer)
    },
    gaveUp: (reason) => deps.report(reason),
  }
}

/** Full batches, and what is left when the meeting ends. */
export function planBatch(
  events: readonly RoomEnvelope[],
  size: number,
  isAnswer: (utteranceId: string) => boolean = () => false,
): { take: number; send: boolean } {
  let lines = 0
  for (const [i, { event }] of events.entries()) {
    if (event.type === 'session-ended') return { take: i + 1, send: lines > 0 }
    if (event.type !== 'utterance-finished' || isAnswer(event.utterance.id)) continue
    lines++
    if (lines === size) return { take: i + 1, send: true }
  }
  return { take: lines === 0 ? events.length : 0, send: false }
}

/** llama.cpp's `content`, OpenAI's `choices`, common other names, or plain text; nothing for an empty answer or an acknowledgement. */
export function readAnswer(body: string): string {
  const text = body.trim()
  if (!text) return ''
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    if (text.startsWith('<')) throw new CallError('answered with a page instead of text', false)
    return text.slice(0, 20_000)
  }
  if (typeof json === 'string') return json.trim()
  if (!json || typeof json !== 'object') return ''
  const fields = json as Record<string, unknown>
  const [choice] = Array.isArray(fields.choices)
    ? (fields.choices as { text?: unknown; message?: { content?: unknown } }[])
    : []
  for (const value of [
    fields.content,
    choice?.message?.content,
    choice?.text,
    fields.response,
    fields.text,
    fields.answer,
  ]) {
    if (typeof value === 'string' && value.trim()) return value.trim().slice(0, 20_000)
  }
  return ''
}
