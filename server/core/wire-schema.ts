/** What a client may send over Parley's own protocol, checked on the server; apart from core/wire.ts so that browsers do not carry it. */
import * as v from 'valibot'
import { spokenLanguage } from './language-tag.ts'
import { WIRE_VERSION } from './wire.ts'

const text = (max: number) => v.pipe(v.string(), v.maxLength(max, `at most ${max} characters`))
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))

/** A spoken language as people write it: `de`, `pt-BR`, `german`; null = found out. A room in one nobody knows would hear nothing. */
const spoken = v.pipe(
  text(40),
  v.check((tag) => spokenLanguage(tag) !== undefined, 'a language such as en, de or pt-BR'),
  v.transform((tag) => spokenLanguage(tag) ?? null),
)

/** A hundred years; for ever is null. */
const days = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(36_500))

const voiceCommandsSchema = v.object({
  on: v.boolean(),
  who: v.picklist(['host', 'everyone']),
  phrases: v.pipe(
    v.array(
      v.object({
        does: v.picklist(['section', 'action', 'off-the-record', 'on-the-record']),
        phrase: v.pipe(
          text(60),
          v.regex(/[\p{L}\p{N}].*[\p{L}\p{N}]/u, 'a phrase needs two letters at least'),
        ),
      }),
    ),
    v.maxLength(40),
  ),
})

/** What can be set for a room, over the socket by its host and over HTTP; its title is apart (`title`). */
export const roomSettingsSchema = v.object({
  language: v.nullable(spoken),
  languages: v.pipe(
    v.array(spoken),
    v.maxLength(20),
    v.transform((codes) => [...new Set(codes.filter((code) => code !== null))]),
  ),
  task: v.picklist(['transcribe', 'translate']),
  vocabulary: text(2000),
  locked: v.boolean(),
  backend: v.nullable(v.picklist(['whisper', 'openai'])),
  keep: v.object({ what: v.picklist(['nothing', 'text', 'text+audio']), days: v.nullable(days) }),
  commands: voiceCommandsSchema,
})

export const clientMessageSchema = v.variant('type', [
  /** First message. `participantKey` is the client's own secret: the same key comes back as the same Participant. */
  v.object({
    type: v.literal('hello'),
    version: v.literal(WIRE_VERSION),
    role: v.picklist(['speaker', 'viewer']),
    name: v.optional(text(80), ''),
    participantKey: v.optional(text(64), ''),
    /** The secret part of a capability link, if the room was opened with one. */
    token: v.optional(text(128), ''),
    /** Version of the words the speaker agreed to (CONSENT_VERSION), if they were shown any. */
    consent: v.optional(count),
    /** What this screen already has; the server sends every stored event after it. */
    since: v.optional(v.object({ epoch: text(64), seq: count })),
  }),
  /**
   * Announces an audio stream (one continuous recording). `stream` is chosen by the client and identifies it across
   * reconnects. The server answers `audio-ready` with the byte offset it already has.
   */
  v.object({ type: v.literal('audio-start'), stream: text(64), number: count }),
  /** No more audio after `length` bytes; the server finishes the utterance and answers `audio-ended`. */
  v.object({ type: v.literal('audio-end'), number: count, length: count }),
  /** The client could not keep bytes `from`…`to` of its stream; the server records a gap and continues at `to`. */
  v.object({ type: v.literal('audio-lost'), number: count, from: count, to: count }),
  /** Oneself, or (host) another: their sound becomes silence until they unmute or the host takes it back. */
  v.object({ type: v.literal('mute'), muted: v.boolean(), participantId: v.optional(text(40)) }),
  /** Host: from now on nothing is kept or transcribed, or everything again. */
  v.object({ type: v.literal('off-the-record'), on: v.boolean() }),
  /** Host: set a section or an action item by hand, now; or take one back. */
  v.object({ type: v.literal('mark'), kind: v.picklist(['section', 'action']), text: text(300) }),
  v.object({ type: v.literal('unmark'), markId: text(64) }),
  v.object({ type: v.literal('rename'), name: text(80), participantId: v.optional(text(40)) }),
  v.object({ type: v.literal('title'), title: text(200) }),
  /** Host: change language, vocabulary, keep, lock. Only the given fields change. */
  v.object({
    type: v.literal('settings'),
    settings: v.partial(roomSettingsSchema),
  }),
  /** From now on finished lines are translated into this language, for everyone. */
  v.object({
    type: v.literal('translate'),
    language: v.pipe(text(8), v.regex(/^[a-z]{2,3}$/, 'a language code')),
  }),
  /** This screen shows the summary so far; said again every minute for as long as it does. */
  v.object({ type: v.literal('follow-summary') }),
  v.object({ type: v.literal('end-session') }),
  /** Every 5 s from the client; answered by `pong` (page code cannot see protocol pings). */
  v.object({ type: v.literal('ping'), at: v.number() }),
])

export type ClientMessage = v.InferOutput<typeof clientMessageSchema>

/** The message, or a sentence saying what is wrong with it. */
export function parseClientMessage(textFrame: string): ClientMessage | string {
  let json: unknown
  try {
    json = JSON.parse(textFrame)
  } catch {
    return 'This is not JSON. Send one JSON object per text frame, audio as binary frames.'
  }
  const result = v.safeParse(clientMessageSchema, json)
  if (result.success) return result.output
  const issue = result.issues[0]
  return `Bad message: ${v.getDotPath(issue) ?? 'type'}: ${issue.message}`
}
