/**
 * OpenAI Realtime transcription, `/v1/realtime?intent=transcription` (seed 003): GA and beta shapes, server VAD or commits by
 * the client. `error` is sent for errors alone, since some clients treat any as fatal; deltas only append.
 */
import { SampleReader } from '../core/sample-reader.ts'
import { isObject, type JsonObject, json, readObject, speakerName } from './codec-kit.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'
import {
  type Dialect,
  newSession,
  type RealtimeSession,
  renderSession,
  speechOf,
} from './realtime-session.ts'
import { Turns } from './realtime-turns.ts'
import { updateSession } from './realtime-update.ts'

const KEY_PREFIX = 'openai-insecure-api-key.'
/** One append may hold 15 MiB of base64 (OpenAI's own limit); the event around it is small. */
const FRAME_BYTES = 16 * 1024 * 1024
/** Committing less is refused, ms. */
const SHORTEST = 100
/** Told as `expires_at`, ms from the opening; nothing here ends by itself. */
const LIFETIME = 30 * 60_000

export const openaiRealtime: Protocol = {
  name: 'realtime',
  paths: ['/v1/realtime'],
  frameBytes: FRAME_BYTES,
  subprotocol: (offered) => (offered.includes('realtime') ? 'realtime' : undefined),
  secrets: (offered) =>
    offered.filter((name) => name.startsWith(KEY_PREFIX)).map((name) => name.slice(KEY_PREFIX.length)),
  open: (request, context) => new RealtimeCodec(request, context),
}

class RealtimeCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  readonly #sessionId: string
  readonly #turns: Turns
  #dialect: Dialect
  #session: RealtimeSession
  #reader: SampleReader
  /** Ms of sound before the present reader (the format may change). */
  #before = 0
  #started = false
  #watch = ''

  constructor({ url, headers, subprotocols }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
    const beta =
      headers.get('openai-beta')?.includes('realtime=v1') ||
      subprotocols.some((name) => name.startsWith('openai-beta.'))
    this.#dialect = beta ? 'beta' : 'ga'
    this.#sessionId = context.id('sess')
    this.#session = newSession(context.model, url.searchParams)
    const preset = context.preset && updateSession(this.#session, context.preset)
    if (preset && !('message' in preset)) this.#session = preset
    this.#reader = this.#newReader()
    this.#turns = new Turns({
      session: () => this.#session,
      dialect: () => this.#dialect,
      newItemId: () => context.id('item'),
      event: (type, fields) => this.#event(type, fields),
    })
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (typeof message !== 'string') {
      const says = 'Send events as JSON text; sound goes into input_audio_buffer.append as base64.'
      return [this.#reply(this.#error('invalid_message', says))]
    }
    const event = readObject(message, FRAME_BYTES)
    if (typeof event?.type !== 'string')
      return [
        this.#reply(this.#error('invalid_json', 'This message is not a JSON object with a type.', event)),
      ]
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
      case 'conversation.item.retrieve': {
        const item = this.#turns.retrieve(event.item_id)
        return item
          ? [this.#reply(this.#event('conversation.item.retrieved', { item }))]
          : this.#noItem(event)
      }
      case 'conversation.item.delete': {
        const { item_id } = event
        return this.#turns.remove(item_id)
          ? [this.#reply(this.#event('conversation.item.deleted', { item_id }))]
          : this.#noItem(event)
      }
      default: {
        const says = `'${event.type.slice(0, 80)}' is not known in a transcription session.`
        return [this.#reply(this.#error('unsupported_event', says, event, 'type'))]
      }
    }
  }

  #update(event: JsonObject): ClientCommand[] {
    if (event.type === 'transcription_session.update') this.#dialect = 'beta'
    if (!isObject(event.session)) {
      const error = this.#error('missing_required_parameter', 'session must be an object.', event, 'session')
      return [this.#reply(error)]
    }
    const next = updateSession(this.#session, event.session)
    if ('message' in next) return [this.#reply(this.#error('invalid_value', next.message, event, next.param))]
    const otherFormat = next.format !== this.#session.format
    this.#session = next
    if (otherFormat) {
      this.#before += this.#reader.heard
      this.#reader = this.#newReader()
    }
    const updated = this.#reply(this.#about('updated'))
    return this.#started ? [{ type: 'configure', change: speechOf(next) }, updated] : [updated]
  }

  #append(event: JsonObject): ClientCommand[] {
    const bytes = typeof event.audio === 'string' ? fromBase64(event.audio) : null
    if (!bytes) return [this.#reply(this.#error('invalid_value', 'audio must be base64.', event, 'audio'))]
    const audio: ClientCommand = { type: 'audio', pcm: this.#reader.push(bytes) }
    this.#turns.appended(this.#heard())
    if (this.#started) return [audio]
    this.#started = true
    const { language } = this.#context.settings
    const options = { ...(language ? { language } : {}), ...speechOf(this.#session) }
    return [{ type: 'start', speaker: speakerName(this.#url, 'Realtime client'), options }, audio]
  }

  #commit(event: JsonObject): ClientCommand[] {
    const buffered = this.#heard() - this.#turns.from
    if (buffered < SHORTEST) {
      const says = `Error committing input audio buffer: buffer too small. Expected at least ${SHORTEST}ms of audio, but buffer only has ${buffered.toFixed(2)}ms of audio.`
      return [this.#reply(this.#error('input_audio_buffer_commit_empty', says, event))]
    }
    return [this.#reply(...this.#turns.commit(this.#heard())), { type: 'flush' }]
  }

  #clear(): ClientCommand[] {
    this.#turns.clear(this.#heard())
    const cleared = this.#reply(this.#event('input_audio_buffer.cleared', {}))
    return this.#started ? [{ type: 'clear' }, cleared] : [cleared]
  }

  #noItem(event: JsonObject): ClientCommand[] {
    return [this.#reply(this.#error('item_not_found', 'There is no item with this id.', event, 'item_id'))]
  }

  send(event: ConnectionEvent): WireMessage[] {
    switch (event.type) {
      case 'opened':
        this.#watch = event.watch
        return [this.#about('created')]
      case 'speech':
        return this.#turns.speech(event.event)
      case 'final':
        return this.#turns.final(event.utterance)
      case 'settled':
        return this.#turns.settled()
      case 'finished':
        return this.#turns.finished()
      case 'tick':
        return this.#turns.tick(event.elapsed)
      case 'refused':
      case 'error':
        return [this.#error(event.error.code, event.error.message, null, null, 'server_error')]
      default:
        return []
    }
  }

  #about(what: 'created' | 'updated'): string {
    const expires = Math.round((this.#context.openedAt + LIFETIME) / 1000)
    const session = renderSession(this.#session, this.#dialect, this.#sessionId, expires)
    const name = this.#dialect === 'ga' ? 'session' : 'transcription_session'
    return this.#event(`${name}.${what}`, { session: { ...session, watch: this.#watch } })
  }

  #newReader(): SampleReader {
    return new SampleReader(this.#session.format.encoding, this.#session.format.rate)
  }

  /** Ms of sound received. */
  #heard(): number {
    return this.#before + this.#reader.heard
  }

  #event(type: string, fields: JsonObject): string {
    return json({ type, event_id: this.#context.id('event'), ...fields })
  }

  #reply(...messages: WireMessage[]): ClientCommand {
    return { type: 'reply', messages }
  }

  /** `about` is the client's event, whose id comes back. */
  #error(
    code: string,
    message: string,
    about: JsonObject | null = null,
    param: string | null = null,
    type = 'invalid_request_error',
  ): string {
    const event_id = typeof about?.event_id === 'string' ? about.event_id : null
    return this.#event('error', { error: { type, code, message, param, event_id } })
  }
}

/**
 * Also with line breaks (MIME) or in the alphabet for addresses; null when it is none. A pattern for an end looks for it at
 * one place (`(?<!=)`), not from every sign of a run: 16 MiB of them would keep everybody waiting for days (SX72).
 */
function fromBase64(text: string): Uint8Array | null {
  const compact = text.replace(/\s+/g, '').replace(/(?<!=)=+$/, '')
  if (compact.length % 4 === 1 || /[^\w+/-]/.test(compact)) return null
  return new Uint8Array(Buffer.from(compact, 'base64'))
}
