/**
 * OpenAI Realtime transcription, `/v1/realtime?intent=transcription` (seed 003): GA and beta shapes, server VAD or commits by
 * the client. `error` is sent for errors alone, since some clients treat any as fatal; deltas only append.
 */
import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import { SampleReader } from '../core/sample-reader.ts'
import type { Word } from '../core/transcript.ts'
import { isObject, type JsonObject, json, readObject, round, speakerName } from './codec-kit.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'
import { type Item, Items, joinWords, nextDelta, transcriptOf } from './realtime-items.ts'
import {
  type Dialect,
  newSession,
  type RealtimeSession,
  renderSession,
  speechOf,
  updateSession,
} from './realtime-session.ts'

const KEY_PREFIX = 'openai-insecure-api-key.'
/** Committing less is refused. */
const SHORTEST = 100
/** Characters of base64 in one append: 15 MiB of sound, as the original allows; the socket's own limit may be lower. */
const LONGEST_APPEND = 20 * 1024 * 1024
/** An item in which no words turn up is completed without any after so long, ms. */
const GIVE_UP = 10_000
/** Told as `expires_at`; nothing here ends by itself. */
const LIFETIME = 30 * 60_000
const LOGPROBS = 'item.input_audio_transcription.logprobs'

export const openaiRealtime: Protocol = {
  name: 'realtime',
  paths: ['/v1/realtime'],
  subprotocol: (offered) => (offered.includes('realtime') ? 'realtime' : undefined),
  secrets: (offered) =>
    offered.filter((name) => name.startsWith(KEY_PREFIX)).map((name) => name.slice(KEY_PREFIX.length)),
  open: (request, context) => new RealtimeCodec(request, context),
}

class RealtimeCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  readonly #sessionId: string
  readonly #items: Items
  #dialect: Dialect
  #session: RealtimeSession
  #reader: SampleReader
  /** Ms of sound before the present reader (the format may change). */
  #before = 0
  /** Where the sound that is not committed yet begins, ms. */
  #from = 0
  /** Speech before this was cleared away. */
  #cleared = -1
  #started = false
  #watch = ''
  #elapsed = 0

  constructor({ url, headers, subprotocols }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
    const beta =
      headers.get('openai-beta')?.includes('realtime=v1') ||
      subprotocols.some((name) => name.startsWith('openai-beta.'))
    this.#dialect = beta ? 'beta' : 'ga'
    this.#sessionId = context.id('sess')
    this.#items = new Items(() => context.id('item'))
    this.#session = newSession(context.model, url.searchParams)
    const preset = context.preset && updateSession(this.#session, context.preset)
    if (preset && !('message' in preset)) this.#session = preset
    this.#reader = this.#newReader()
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (typeof message !== 'string')
      return this.#error(
        'invalid_request_error',
        'invalid_message',
        'Send events as JSON text; sound goes into input_audio_buffer.append as base64.',
        null,
        null,
      )
    const event = message.length > LONGEST_APPEND ? null : readEvent(message)
    if (!event)
      return this.#error(
        'invalid_request_error',
        'invalid_json',
        'This message is not a JSON object with a type.',
        null,
        null,
      )
    switch (event.type) {
      case 'session.update':
      case 'transcription_session.update':
        return this.#update(event)
      case 'input_audio_buffer.append':
        return this.#append(event)
      case 'input_audio_buffer.commit':
        return this.#commit(event)
      case 'input_audio_buffer.clear':
        return this.#clear()
      case 'conversation.item.retrieve':
      case 'conversation.item.delete':
        return this.#item(event)
      default: {
        const type = String(event.type).slice(0, 80)
        return this.#wrong(
          event,
          'type',
          'unsupported_event',
          `'${type}' is not known in a transcription session.`,
        )
      }
    }
  }

  #update(event: JsonObject): ClientCommand[] {
    if (event.type === 'transcription_session.update') this.#dialect = 'beta'
    if (!isObject(event.session))
      return this.#wrong(event, 'session', 'missing_required_parameter', 'session must be an object.')
    const next = updateSession(this.#session, event.session)
    if ('message' in next) return this.#wrong(event, next.param, 'invalid_value', next.message)
    const otherFormat = next.format !== this.#session.format
    this.#session = next
    if (otherFormat) {
      this.#before += this.#reader.heard
      this.#reader = this.#newReader()
    }
    const updated = this.#reply(
      this.#event(this.#dialect === 'ga' ? 'session.updated' : 'transcription_session.updated', {
        session: this.#rendered(),
      }),
    )
    return this.#started ? [{ type: 'configure', change: speechOf(next) }, updated] : [updated]
  }

  #append(event: JsonObject): ClientCommand[] {
    const bytes = typeof event.audio === 'string' ? fromBase64(event.audio) : null
    if (!bytes) return this.#wrong(event, 'audio', 'invalid_value', 'audio must be base64.')
    if (bytes.length % this.#reader.frameBytes !== 0)
      return this.#wrong(
        event,
        'audio',
        'invalid_value',
        `audio has ${bytes.length} bytes; 16-bit samples need an even number. It was left out.`,
      )
    const audio: ClientCommand = { type: 'audio', pcm: this.#reader.push(bytes) }
    if (!this.#session.turns && !this.#items.current) this.#items.open(this.#from, true)
    if (this.#started) return [audio]
    this.#started = true
    const { language } = this.#context.settings
    const options = { ...(language ? { language } : {}), ...speechOf(this.#session) }
    return [{ type: 'start', speaker: speakerName(this.#url, 'Realtime client'), options }, audio]
  }

  #commit(event: JsonObject): ClientCommand[] {
    const buffered = this.#heard() - this.#from
    if (buffered < SHORTEST) {
      const message = `Error committing input audio buffer: buffer too small. Expected at least ${SHORTEST}ms of audio, but buffer only has ${buffered.toFixed(2)}ms of audio.`
      return this.#wrong(event, null, 'input_audio_buffer_commit_empty', message)
    }
    const item = this.#items.current ?? this.#items.open(this.#from, true)
    item.manual = true
    return [this.#reply(...this.#committed(item, this.#heard())), { type: 'flush' }]
  }

  #clear(): ClientCommand[] {
    const item = this.#items.current
    if (item) {
      item.dropped = true
      this.#items.done(item)
    }
    this.#cleared = this.#heard()
    this.#from = this.#cleared
    return [
      ...(this.#started ? [{ type: 'clear' as const }] : []),
      this.#reply(this.#event('input_audio_buffer.cleared', {})),
    ]
  }

  #item(event: JsonObject): ClientCommand[] {
    const item = this.#items.find(event.item_id)
    if (!item) return this.#wrong(event, 'item_id', 'item_not_found', 'There is no item with this id.')
    if (event.type === 'conversation.item.retrieve')
      return [this.#reply(this.#event('conversation.item.retrieved', { item: renderItem(item) }))]
    this.#items.remove(item)
    return [this.#reply(this.#event('conversation.item.deleted', { item_id: item.id }))]
  }

  send(event: ConnectionEvent): WireMessage[] {
    switch (event.type) {
      case 'opened':
        this.#watch = event.watch
        return [
          this.#event(this.#dialect === 'ga' ? 'session.created' : 'transcription_session.created', {
            session: this.#rendered(),
          }),
        ]
      case 'speech':
        return this.#speech(event.event)
      case 'final':
        return this.#final(event.utterance)
      case 'settled': {
        const item = this.#items.waiting.find((waiting) => waiting.manual)
        return item ? this.#completed(item) : []
      }
      case 'finished':
        return this.#items.waiting.flatMap((item) => this.#completed(item))
      case 'tick':
        this.#elapsed = event.elapsed
        return this.#items.waiting
          .filter(
            (item) => !item.manual && this.#items.isEmpty(item) && event.elapsed - item.committedAt > GIVE_UP,
          )
          .flatMap((item) => this.#completed(item))
      case 'refused':
      case 'error':
        return [this.#errorEvent('server_error', event.error.code, event.error.message, null, null)]
      default:
        return []
    }
  }

  #speech(event: SpeechEvent): WireMessage[] {
    switch (event.type) {
      case 'speech-started':
        return this.#session.turns && !this.#items.at(event.at) ? this.#speechStarted(event.at)[1] : []
      case 'speech-ended': {
        const item = this.#items.current
        return this.#session.turns && item ? this.#speechStopped(item, event.at) : []
      }
      case 'utterance-updated': {
        const { utterance } = event
        if (utterance.committed.length === 0 || utterance.start < this.#cleared) return []
        const [item, messages] = this.#itemFor(utterance)
        return [...messages, ...this.#delta(item, utterance.committed)]
      }
      case 'utterance-finished': {
        // Cut for length without a pause: the item ends here, whatever the final says later.
        if (!this.#session.turns || event.utterance.start < this.#cleared) return []
        const [item, messages] = this.#itemFor(event.utterance)
        return item.committed ? messages : [...messages, ...this.#speechStopped(item, event.utterance.end)]
      }
      default:
        return []
    }
  }

  #final(utterance: SpokenUtterance): WireMessage[] {
    if (utterance.start < this.#cleared && !this.#items.of(utterance)?.committed) return []
    const [item, messages] = this.#itemFor(utterance)
    if (item.manual || !item.committed) {
      messages.push(...this.#delta(item, utterance.committed))
      item.words = joinWords(item.words, utterance.committed)
      return messages
    }
    messages.push(...this.#delta(item, utterance.committed))
    item.words = utterance.committed
    // Finals come in order: earlier items without one will never have any.
    for (const earlier of this.#items.waiting) {
      if (earlier === item) break
      if (!earlier.manual && this.#items.isEmpty(earlier)) messages.push(...this.#completed(earlier))
    }
    return [...messages, ...this.#completed(item)]
  }

  #itemFor(utterance: SpokenUtterance): [Item, WireMessage[]] {
    const known = this.#items.of(utterance)
    if (known) return [known, []]
    const [item, messages] = this.#session.turns
      ? this.#speechStarted(utterance.start)
      : [this.#items.open(this.#from, true), []]
    this.#items.give(utterance, item)
    return [item, messages]
  }

  #speechStarted(at: number): [Item, WireMessage[]] {
    const padding = (this.#session.turns?.prefix_padding_ms as number | undefined) ?? 0
    const item = this.#items.open(at, false)
    const message = this.#event('input_audio_buffer.speech_started', {
      item_id: item.id,
      audio_start_ms: Math.max(0, Math.round(at - padding)),
    })
    return [item, [message]]
  }

  #speechStopped(item: Item, at: number): WireMessage[] {
    const stopped = this.#event('input_audio_buffer.speech_stopped', {
      item_id: item.id,
      audio_end_ms: Math.round(at),
    })
    return [stopped, ...this.#committed(item, at)]
  }

  #committed(item: Item, end: number): WireMessage[] {
    this.#items.commit(item, end, this.#elapsed)
    this.#from = Math.max(this.#from, end)
    const committed = this.#event('input_audio_buffer.committed', {
      item_id: item.id,
      previous_item_id: item.previous,
    })
    const announce = (type: string) =>
      this.#event(type, { previous_item_id: item.previous, item: renderItem(item) })
    return this.#dialect === 'ga'
      ? [committed, announce('conversation.item.added'), announce('conversation.item.done')]
      : [committed, announce('conversation.item.created')]
  }

  #delta(item: Item, words: readonly Word[]): WireMessage[] {
    const delta = item.done ? '' : nextDelta(item, words)
    return delta ? [this.#transcription('delta', item, { delta })] : []
  }

  #completed(item: Item): WireMessage[] {
    this.#items.done(item)
    const length = Math.max(0, (item.end ?? item.start) - item.start)
    const logprobs = this.#session.include.includes(LOGPROBS) ? { logprobs: item.words.map(logprob) } : {}
    const usage = { type: 'duration', seconds: round(length / 1000) }
    return [this.#transcription('completed', item, { transcript: transcriptOf(item), usage, ...logprobs })]
  }

  #transcription(what: 'delta' | 'completed', item: Item, fields: JsonObject): string {
    return this.#event(`conversation.item.input_audio_transcription.${what}`, {
      item_id: item.id,
      content_index: 0,
      ...fields,
    })
  }

  #rendered(): JsonObject {
    const expires = Math.round((this.#context.openedAt + LIFETIME) / 1000)
    return { ...renderSession(this.#session, this.#dialect, this.#sessionId, expires), watch: this.#watch }
  }

  #newReader(): SampleReader {
    return new SampleReader(this.#session.format.encoding, this.#session.format.rate)
  }

  #heard(): number {
    return this.#before + this.#reader.heard
  }

  #event(type: string, fields: JsonObject): string {
    return json({ type, event_id: this.#context.id('event'), ...fields })
  }

  #reply(...messages: WireMessage[]): ClientCommand {
    return { type: 'reply', messages }
  }

  #wrong(event: JsonObject, param: string | null, code: string, message: string): ClientCommand[] {
    const id = typeof event.event_id === 'string' ? event.event_id : null
    return this.#error('invalid_request_error', code, message, param, id)
  }

  #error(
    type: string,
    code: string,
    message: string,
    param: string | null,
    eventId: string | null,
  ): ClientCommand[] {
    return [this.#reply(this.#errorEvent(type, code, message, param, eventId))]
  }

  #errorEvent(
    type: string,
    code: string,
    message: string,
    param: string | null,
    eventId: string | null,
  ): string {
    return this.#event('error', { error: { type, code, message, param, event_id: eventId } })
  }
}

/** An append is large and comes often: it is parsed without the size limit of configurations. */
function readEvent(text: string): JsonObject | null {
  const event = readObject(text)
  return event && typeof event.type === 'string' ? event : null
}

function fromBase64(text: string): Uint8Array | null {
  const compact = text.replace(/=+$/, '')
  if (compact.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(compact)) return null
  return new Uint8Array(Buffer.from(compact, 'base64'))
}

function renderItem(item: Item): JsonObject {
  const content = [{ type: 'input_audio', transcript: item.done ? transcriptOf(item) : null }]
  return { id: item.id, object: 'realtime.item', type: 'message', status: 'completed', role: 'user', content }
}

function logprob(word: Word): JsonObject {
  const bytes = [...new TextEncoder().encode(word.text)]
  return { token: word.text, logprob: round(Math.log(Math.max(word.probability, 1e-9)), 4), bytes }
}
