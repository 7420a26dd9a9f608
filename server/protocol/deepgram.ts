/**
 * Deepgram live, `/v1/listen`: everything is asked for in the query; `Results` whose ranges follow each other without holes,
 * interim ones replacing each other, `KeepAlive`, `Finalize`, `CloseStream` → `Metadata` → close.
 */
import { createHash } from 'node:crypto'
import { ChannelReader, SampleReader } from '../core/sample-reader.ts'
import { CLOSE } from './close-codes.ts'
import { type JsonObject, json, readObject, seconds, speakerName } from './codec-kit.ts'
import { DeepgramChannel } from './deepgram-channel.ts'
import { type DeepgramQuery, readDeepgramQuery } from './deepgram-query.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'

/** Ms without sound or KeepAlive until the stream is closed, as Deepgram does it. */
const SILENT_FOR = 10_000

export const deepgram: Protocol = {
  name: 'deepgram',
  paths: ['/v1/listen'],
  // Browsers cannot set headers, so the key comes as ["token", KEY] or ["bearer", KEY].
  subprotocol: (offered) => offered.find((name) => name === 'token' || name === 'bearer'),
  secrets: (offered) => (offered[0] === 'token' || offered[0] === 'bearer' ? offered.slice(1) : []),
  refuse: ({ url }) => {
    const query = readDeepgramQuery(url, null)
    return typeof query === 'string'
      ? { status: 400, body: { err_code: 'Bad Request', err_msg: query } }
      : null
  },
  open: (request, context) => new DeepgramCodec(request, context),
}

class DeepgramCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  readonly #query: DeepgramQuery | string
  readonly #requestId: string
  readonly #reader: SampleReader | ChannelReader | null = null
  readonly #channels: DeepgramChannel[] = []
  readonly #hash = createHash('sha256')
  #watch = ''
  #started = false
  #ended = false
  #elapsed = 0
  #aliveAt = 0

  constructor({ url }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
    const query = readDeepgramQuery(url, context.settings.language)
    this.#query = query
    this.#requestId = context.id('')
    if (typeof query === 'string') return
    const { raw, speakers } = query
    if (raw)
      this.#reader =
        speakers > 1
          ? new ChannelReader(raw.encoding, raw.rate, speakers)
          : new SampleReader(raw.encoding, raw.rate, raw.channels)
    const metadata = () => this.#resultMetadata()
    for (let index = 0; index < speakers; index++)
      this.#channels.push(new DeepgramChannel({ index, query, metadata }))
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#ended || typeof this.#query === 'string') return []
    this.#aliveAt = this.#elapsed
    if (typeof message === 'string') return this.#control(message)
    if (message.length === 0) return this.#closeStream()
    this.#hash.update(message)
    const sound: ClientCommand[] = this.#reader
      ? audio(this.#reader.push(message))
      : [{ type: 'media', bytes: message }]
    this.#heard(this.#reader?.heard ?? 0)
    const ended = this.#utteranceEnds()
    const commands: ClientCommand[] =
      ended.length > 0 ? [...sound, { type: 'reply', messages: ended }] : sound
    return this.#started ? commands : [...this.#start(), ...commands]
  }

  #start(): ClientCommand[] {
    this.#started = true
    const options = typeof this.#query === 'string' ? {} : this.#query.speech
    const speaker = speakerName(this.#url, 'Deepgram client')
    return [{ type: 'start', speaker, options, channels: this.#channels.length }]
  }

  #control(text: string): ClientCommand[] {
    const message = readObject(text)
    switch (message?.type) {
      case 'KeepAlive':
        return []
      case 'Finalize':
        for (const channel of this.#channels) channel.finalize()
        return [{ type: 'flush' }]
      case 'CloseStream':
        return this.#closeStream()
      case 'Configure':
        return this.#configure(message)
      default: {
        const says =
          'Text messages are KeepAlive, Finalize, CloseStream or Configure; sound is sent as binary frames.'
        const fields = { description: says, message: 'unparsable client message', variant: 'SchemaError' }
        return [reply({ type: 'Error', ...fields })]
      }
    }
  }

  /** New terms for the rest of the stream; an empty list forgets those before. */
  #configure({ keyterms }: JsonObject): ClientCommand[] {
    const request_id = this.#requestId
    const list = keyterms ?? undefined
    if (list !== undefined && !(Array.isArray(list) && list.every((term) => typeof term === 'string'))) {
      const description = 'keyterms must be a list of texts.'
      return [reply({ type: 'ConfigureFailure', request_id, code: 'CONFIGURE_INTERNAL_ERROR', description })]
    }
    const done = reply({ type: 'ConfigureSuccess', request_id, ...(list && { keyterms: list }) })
    if (!list || typeof this.#query === 'string') return [done]
    const vocabulary = list.join(', ').slice(0, 2000)
    this.#query.speech.vocabulary = vocabulary
    return this.#started ? [{ type: 'configure', change: { vocabulary } }, done] : [done]
  }

  #closeStream(): ClientCommand[] {
    this.#ended = true
    const tail = this.#started && this.#reader ? audio(this.#reader.end()) : []
    return [...tail, { type: 'finish' }]
  }

  send(event: ConnectionEvent): WireMessage[] {
    const query = this.#query
    if (typeof query === 'string')
      return event.type === 'opened' ? [{ close: CLOSE.policy, reason: query.slice(0, 120) }] : []
    switch (event.type) {
      case 'opened':
        this.#watch = event.watch
        return []
      case 'speech':
        return this.#channels[event.channel ?? 0]?.speech(event.event) ?? []
      case 'final':
        return this.#channels[event.channel ?? 0]?.final(event.utterance) ?? []
      case 'settled':
        return this.#channels.flatMap((channel) => channel.settled())
      case 'finished':
        this.#heard(event.heard)
        return [this.#metadata(), { close: CLOSE.normal, reason: 'stream closed' }]
      case 'tick':
        // How long compressed sound is, the decoder finds out on the way.
        if (!this.#reader) this.#heard(event.decided)
        return this.#tick(event.elapsed)
      case 'refused':
        return [{ close: CLOSE.policy, reason: event.error.message.slice(0, 120) }]
      case 'error': {
        const { message } = event.error
        return [json({ type: 'Error', description: message, message, variant: 'ServerError' })]
      }
      default:
        return []
    }
  }

  #heard(ms: number): void {
    for (const channel of this.#channels) channel.heard = Math.max(channel.heard, ms)
  }

  #utteranceEnds(): string[] {
    return this.#channels.flatMap((channel) => channel.utteranceEnd())
  }

  #tick(elapsed: number): WireMessage[] {
    this.#elapsed = elapsed
    if (this.#ended || elapsed - this.#aliveAt < SILENT_FOR) return this.#utteranceEnds()
    const reason = 'NET-0001: no sound and no KeepAlive for 10 s'
    return [this.#metadata(), { close: CLOSE.internal, reason }]
  }

  #resultMetadata(): JsonObject {
    const request_id = this.#requestId
    return { request_id, model_info: this.#modelInfo(), model_uuid: request_id, watch: this.#watch }
  }

  #metadata(): string {
    return json({
      type: 'Metadata',
      transaction_key: 'deprecated',
      request_id: this.#requestId,
      sha256: this.#hash.copy().digest('hex'),
      created: new Date(this.#context.openedAt).toISOString(),
      duration: seconds(Math.max(0, ...this.#channels.map(({ heard }) => heard))),
      channels: this.#channels.length,
      watch: this.#watch,
      models: [this.#requestId],
      model_info: { [this.#requestId]: this.#modelInfo() },
    })
  }

  #modelInfo(): JsonObject {
    return { name: this.#context.model, version: '1', arch: 'whisper' }
  }
}

/** Sound of one channel, or of each. */
function audio(pcm: Float32Array | Float32Array[]): ClientCommand[] {
  if (!Array.isArray(pcm)) return [{ type: 'audio', pcm }]
  return pcm.map((plane, channel) => ({ type: 'audio', pcm: plane, channel }))
}

function reply(message: JsonObject): ClientCommand {
  return { type: 'reply', messages: [json(message)] }
}
