/**
 * Seed 002, `/ws/asr-stream`: configuration → `metadata` → binary sound → `transcript` interim and final → `complete`.
 * The end is a text `END` or `{"type":"end"}` or an empty binary frame, or that nothing comes for longer than any pause.
 */
import { languageOfTag } from '../core/language-tag.ts'
import { type RawEncoding, SampleReader } from '../core/sample-reader.ts'
import { textOf, type Word, wordsSoFar } from '../core/transcript.ts'
import {
  confidence,
  flag,
  type JsonObject,
  json,
  readObject,
  speakerName,
  withoutPunctuation,
} from './codec-kit.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'

const EXAMPLE = '{"language_code":"en-US","sample_rate_hertz":16000,"encoding":"LINEAR16"}'
const RATE = { min: 8000, max: 48_000 }

const RAW: Record<string, RawEncoding> = { LINEAR16: 's16le', MULAW: 'mulaw', ALAW: 'alaw' }
/** Encodings that carry their own sample rate, with a hint for the decoder. */
const CONTAINED: Record<string, string> = {
  FLAC: 'audio/flac',
  OGG_OPUS: 'audio/ogg',
  WEBM_OPUS: 'audio/webm',
  MP3: 'audio/mpeg',
}
const ENCODINGS = [...Object.keys(RAW), ...Object.keys(CONTAINED)]

interface StreamConfig {
  languageCode: string
  language: string | null
  sampleRate: number
  encoding: string
  interim: boolean
  punctuation: boolean
}

export const asrStream: Protocol = {
  name: 'asr-stream',
  paths: ['/ws/asr-stream'],
  // The client in the seed's document never says that it has finished: it waits for `complete`.
  overAfter: 40_000,
  hush: true,
  open: (request, context) => new AsrStreamCodec(request, context),
}

class AsrStreamCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  #config: StreamConfig | null = null
  #reader: SampleReader | null = null
  #watch = ''
  #toldOfMissing = false
  #toldOfHalf = false
  #ended = false
  #lastInterim = ''

  constructor({ url }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#ended) return []
    if (typeof message !== 'string') return this.#audio(message)
    const text = message.trim()
    if (text.toUpperCase() === 'END') return this.#end()
    const object = readObject(text)
    if (!object)
      return refuse(
        `This text is not a JSON object. Send the configuration, e.g. ${EXAMPLE}, then sound as binary frames.`,
      )
    if (typeof object.type === 'string' && object.type.toLowerCase() === 'end') return this.#end()
    if (this.#config) {
      return refuse(
        'This stream is configured already. Send sound as binary frames, {"type":"end"} to finish, or open another connection.',
      )
    }
    const config = readConfig(object, this.#context)
    if (typeof config === 'string') return refuse(config)
    this.#config = config
    const raw = RAW[config.encoding]
    if (raw) this.#reader = new SampleReader(raw, config.sampleRate)
    const options = { language: config.language, drafts: config.interim }
    return [{ type: 'start', speaker: speakerName(this.#url, 'ASR stream'), options }]
  }

  #audio(bytes: Uint8Array): ClientCommand[] {
    if (bytes.length === 0) return this.#end()
    if (!this.#config) {
      // Once, not for each of the frames that follow.
      if (this.#toldOfMissing) return []
      this.#toldOfMissing = true
      return refuse(`Sound came before the configuration. Send it first as text, e.g. ${EXAMPLE}.`)
    }
    if (!this.#reader) return [{ type: 'media', bytes, hint: CONTAINED[this.#config.encoding] ?? '' }]
    const audio: ClientCommand = { type: 'audio', pcm: this.#reader.push(bytes) }
    if (bytes.length % this.#reader.frameBytes === 0 || this.#toldOfHalf) return [audio]
    // Once: a program that passes on what a pipe gives it sends many.
    this.#toldOfHalf = true
    return [audio, ...refuse(halfSample(bytes.length))]
  }

  #end(): ClientCommand[] {
    this.#ended = true
    const tail = this.#reader?.end()
    return [...(tail ? [{ type: 'audio' as const, pcm: tail }] : []), { type: 'finish' }]
  }

  send(event: ConnectionEvent): WireMessage[] {
    switch (event.type) {
      case 'opened':
        this.#watch = event.watch
        return []
      case 'started':
        return this.#metadata()
      case 'speech':
        return event.event.type === 'utterance-updated'
          ? this.#interim(wordsSoFar(event.event.utterance))
          : []
      case 'final':
        return event.utterance.committed.length > 0 ? [this.#transcript(event.utterance.committed, true)] : []
      case 'finished':
        return [json({ type: 'complete' }), { close: 1000, reason: 'complete' }]
      case 'refused':
      case 'error':
        return [json({ type: 'error', detail: event.error.message })]
      default:
        return []
    }
  }

  #metadata(): WireMessage[] {
    if (!this.#config) return []
    const { languageCode, sampleRate, encoding } = this.#config
    const ready = {
      type: 'metadata',
      status: 'ready',
      language_code: languageCode,
      sample_rate_hertz: sampleRate,
      encoding,
    }
    return [json({ ...ready, watch: this.#watch })]
  }

  #interim(words: readonly Word[]): WireMessage[] {
    if (!this.#config?.interim || words.length === 0) return []
    const message = this.#transcript(words, false)
    if (message === this.#lastInterim) return []
    this.#lastInterim = message
    return [message]
  }

  #transcript(words: readonly Word[], final: boolean): string {
    const text = textOf(words)
    const said = this.#config?.punctuation ? text : withoutPunctuation(text)
    return json({ type: 'transcript', text: said, is_final: final, confidence: confidence(words) })
  }
}

function refuse(detail: string): ClientCommand[] {
  return [{ type: 'reply', messages: [json({ type: 'error', detail })] }]
}

function halfSample(bytes: number): string {
  return `A frame had ${bytes} bytes, but LINEAR16 has two bytes per sample: send an even number. The half sample waits for the next frame.`
}

/** Fields left out take the server's defaults; at least one must be there, and what is there must be right. */
function readConfig(object: JsonObject, { settings }: CodecContext): StreamConfig | string {
  const { language_code, sample_rate_hertz, encoding, interim_results, enable_automatic_punctuation } = object
  const defaults = settings.asrStream
  if (language_code === undefined && sample_rate_hertz === undefined && encoding === undefined)
    return `The configuration lacks language_code, sample_rate_hertz and encoding. Send e.g. ${EXAMPLE}.`
  const languageCode = language_code ?? defaults.language
  if (typeof languageCode !== 'string') return 'language_code must be a text such as "ar-EG".'
  const language = languageOfTag(languageCode)
  if (language === undefined)
    return `Parley does not know the language_code '${languageCode.slice(0, 40)}'. Send a BCP-47 code such as "en-US", "ar-EG" or "de", or "auto".`
  // Forms and environment variables give numbers and switches as text; what they mean is clear.
  const rate = sample_rate_hertz ?? defaults.sampleRate
  const sampleRate = typeof rate === 'string' && /^\d+$/.test(rate) ? Number(rate) : rate
  if (
    typeof sampleRate !== 'number' ||
    !Number.isInteger(sampleRate) ||
    sampleRate < RATE.min ||
    sampleRate > RATE.max
  )
    return `sample_rate_hertz must be a whole number between ${RATE.min} and ${RATE.max}, e.g. 16000.`
  const name = encoding ?? 'LINEAR16'
  if (typeof name !== 'string' || !ENCODINGS.includes(name.toUpperCase()))
    return `This encoding is not supported. Send one of ${ENCODINGS.join(', ')}.`
  const interim = asked(interim_results, defaults.interim)
  if (interim === undefined) return 'interim_results must be true or false.'
  const punctuation = asked(enable_automatic_punctuation, defaults.punctuation)
  if (punctuation === undefined) return 'enable_automatic_punctuation must be true or false.'
  return {
    languageCode,
    language,
    sampleRate,
    encoding: name.toUpperCase(),
    interim,
    punctuation,
  }
}

/** A switch, also as text; the default where it is left out, undefined where it is neither on nor off. */
function asked(value: unknown, fallback: boolean): boolean | undefined {
  if (value === undefined || value === null) return fallback
  if (typeof value === 'boolean') return value
  return typeof value === 'string' && value !== '' ? flag(value) : undefined
}
