/**
 * Deepgram live, `/v1/listen`: everything is asked for in the query; `Results` whose ranges follow each other without holes,
 * interim ones replacing each other, `KeepAlive`, `Finalize`, `CloseStream` → `Metadata` → close.
 */
import { createHash } from 'node:crypto'
import type { SpeechEvent } from '../asr/speech-event.ts'
import { SampleReader } from '../core/sample-reader.ts'
import { CLOSE } from './close-codes.ts'
import { type JsonObject, json, readObject, seconds, speakerName } from './codec-kit.ts'
import { type DeepgramQuery, readDeepgramQuery } from './deepgram-query.ts'
import { alternative, type Line } from './deepgram-result.ts'
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
  readonly #reader: SampleReader | null
  readonly #hash = createHash('sha256')
  #watch = ''
  #started = false
  #ended = false
  /** End of the last final range, ms: the next range begins here. */
  #closedTo = 0
  /** Newest moment known of the sound, ms. */
  #heard = 0
  /** The speech of the last finished utterance is over (a pause), not only cut for length. */
  #pauses = new Map<string, boolean>()
  #speaking = false
  #finalizing = 0
  /** A result with from_finalize was sent since the last Finalize. */
  #answered = false
  #wordEnd: number | null = null
  #elapsed = 0
  #aliveAt = 0

  constructor({ url }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
    this.#query = readDeepgramQuery(url, context.settings.language)
    this.#requestId = context.id('')
    const raw = typeof this.#query === 'string' ? null : this.#query.raw
    this.#reader = raw && new SampleReader(raw.encoding, raw.rate, raw.channels)
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#ended || typeof this.#query === 'string') return []
    this.#aliveAt = this.#elapsed
    if (typeof message === 'string') return this.#control(message)
    if (message.length === 0) return this.#closeStream()
    this.#hash.update(message)
    const sound: ClientCommand = this.#reader
      ? { type: 'audio', pcm: this.#reader.push(message) }
      : { type: 'media', bytes: message }
    if (this.#reader) this.#heard = this.#reader.heard
    const ended = this.#utteranceEnd()
    const commands: ClientCommand[] = ended.length > 0 ? [sound, { type: 'reply', messages: ended }] : [sound]
    return this.#started ? commands : [...this.#start(), ...commands]
  }

  #start(): ClientCommand[] {
    this.#started = true
    const options = typeof this.#query === 'string' ? {} : this.#query.speech
    return [{ type: 'start', speaker: speakerName(this.#url, 'Deepgram client'), options }]
  }

  #control(text: string): ClientCommand[] {
    const type = readObject(text)?.type
    switch (type) {
      case 'KeepAlive':
        return []
      case 'Finalize':
        this.#finalizing++
        return [{ type: 'flush' }]
      case 'CloseStream':
        return this.#closeStream()
      default:
        return [
          {
            type: 'reply',
            messages: [
              json({
                type: 'Error',
                description:
                  'Text messages are KeepAlive, Finalize or CloseStream; sound is sent as binary frames.',
                message: 'unparsable client message',
                variant: 'SchemaError',
              }),
            ],
          },
        ]
    }
  }

  #closeStream(): ClientCommand[] {
    this.#ended = true
    const tail = this.#reader?.end()
    return [...(tail && this.#started ? [{ type: 'audio' as const, pcm: tail }] : []), { type: 'finish' }]
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
        return this.#heardSpeech(event.event, query)
      case 'final': {
        const { committed, id, language, start, end } = event.utterance
        const pause = (this.#pauses.get(id) ?? true) && query.endpointing
        this.#pauses.delete(id)
        const finalize = this.#finalizing > 0
        this.#answered ||= finalize
        // Words that were taken back leave an empty range, so that ranges stay without holes.
        return [
          this.#result({ words: committed, language, start, end }, query, { final: true, pause, finalize }),
        ]
      }
      case 'settled':
        if (this.#finalizing === 0) return []
        this.#finalizing--
        if (this.#answered) {
          this.#answered = false
          return []
        }
        return [
          this.#result({ words: [], language: '', start: 0, end: 0 }, query, {
            final: true,
            pause: true,
            finalize: true,
          }),
        ]
      case 'finished':
        return [this.#metadata(), { close: CLOSE.normal, reason: 'stream closed' }]
      case 'tick':
        return this.#tick(event.elapsed)
      case 'refused':
        return [{ close: CLOSE.policy, reason: event.error.message.slice(0, 120) }]
      case 'error':
        return [this.#error(event.error.message)]
      default:
        return []
    }
  }

  #heardSpeech(event: SpeechEvent, query: DeepgramQuery): WireMessage[] {
    switch (event.type) {
      case 'speech-started':
        this.#speaking = true
        return query.vadEvents
          ? [json({ type: 'SpeechStarted', channel: [0], timestamp: seconds(event.at) })]
          : []
      case 'speech-ended':
        this.#speaking = false
        return []
      case 'utterance-finished':
        this.#pauses.set(event.utterance.id, !this.#speaking)
        return []
      case 'utterance-updated': {
        const { committed, pending, language, start, end } = event.utterance
        this.#heard = Math.max(this.#heard, end)
        if (!query.interim) return []
        return [
          this.#result({ words: [...committed, ...pending], language, start, end }, query, {
            final: false,
            pause: false,
          }),
        ]
      }
      default:
        return []
    }
  }

  #result(
    line: Line,
    query: DeepgramQuery,
    is: { final: boolean; pause: boolean; finalize?: boolean },
  ): string {
    const start = this.#closedTo
    const end = Math.max(start, line.end, line.words.at(-1)?.end ?? 0)
    if (is.final) {
      this.#closedTo = end
      const last = line.words.at(-1)
      if (last) this.#wordEnd = last.end
    }
    return json({
      type: 'Results',
      channel_index: [0, 1],
      duration: seconds(end - start),
      start: seconds(start),
      is_final: is.final,
      speech_final: is.pause,
      from_finalize: is.finalize ?? false,
      channel: { alternatives: [alternative(line, query)] },
      metadata: {
        request_id: this.#requestId,
        model_info: this.#modelInfo(),
        model_uuid: this.#requestId,
        watch: this.#watch,
      },
    })
  }

  /** Told once per gap: no words for so long after the last ones. */
  #utteranceEnd(): WireMessage[] {
    if (typeof this.#query === 'string' || this.#query.utteranceEnd === 0) return []
    if (this.#wordEnd === null || this.#speaking || this.#heard - this.#wordEnd < this.#query.utteranceEnd)
      return []
    const last = this.#wordEnd
    this.#wordEnd = null
    return [json({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: seconds(last) })]
  }

  #tick(elapsed: number): WireMessage[] {
    this.#elapsed = elapsed
    if (this.#ended || elapsed - this.#aliveAt < SILENT_FOR) return this.#utteranceEnd()
    const reason = 'NET-0001: no sound and no KeepAlive for 10 s'
    return [this.#metadata(), { close: CLOSE.internal, reason }]
  }

  #metadata(): string {
    return json({
      type: 'Metadata',
      transaction_key: 'deprecated',
      request_id: this.#requestId,
      sha256: this.#hash.copy().digest('hex'),
      created: new Date(this.#context.openedAt).toISOString(),
      duration: seconds(this.#heard),
      channels: 1,
      watch: this.#watch,
      models: [this.#requestId],
      model_info: { [this.#requestId]: this.#modelInfo() },
    })
  }

  #modelInfo(): JsonObject {
    return { name: this.#context.model, version: '1', arch: 'whisper' }
  }

  #error(description: string): string {
    return json({ type: 'Error', description, message: description, variant: 'ServerError' })
  }
}
