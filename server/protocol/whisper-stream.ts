/**
 * Seed 001, whisper.cpp's websocket stream on `/ws/whisper-stream`: raw sound from the first frame on, each transcript back
 * as plain text (`?json=1`: as an object). What the forward URL answers is relayed the same way.
 */
import { SampleReader } from '../core/sample-reader.ts'
import { textOf, utteranceText } from '../core/transcript.ts'
import { confidence, flag, json, querySpeech, seconds, speakerName } from './codec-kit.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'
import { guessEncoding } from './sample-guess.ts'

export const whisperStream: Protocol = {
  name: 'whisper-stream',
  paths: ['/ws/whisper-stream'],
  hush: true,
  refuse: refuseFormat,
  open: (request, context) => new WhisperStreamCodec(request, context),
}

/** Bytes after which the format is decided whatever they look like: one second of float32. */
const DECIDE_AFTER = 64_000
/** An answer waits so long for its question, ms: longer than a final waits for its refinement. */
const ANSWER_WAITS = 5000
const FORMATS = new Map<string, 'f32le' | 's16le'>([
  ['f32', 'f32le'],
  ['float32', 'f32le'],
  ['s16', 's16le'],
  ['int16', 's16le'],
])

/** A format nobody can mean is told before the upgrade: afterwards this protocol has no words for errors. */
export function refuseFormat({ url }: UpgradeRequest): { status: number; body: unknown } | null {
  const format = url.searchParams.get('format')
  if (format === null || FORMATS.has(format)) return null
  const error = `format must be f32 or s16 (16 kHz, mono); leave it out to have it recognised.`
  return { status: 400, body: { error } }
}

export class WhisperStreamCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  readonly #json: boolean
  #reader: SampleReader | null
  #head = new Uint8Array(0)
  #started = false
  #ended = false
  /** Transcripts told, and answers of the forward URL: the client hears those it is owed before it is left. */
  #told = 0
  #answers = 0
  #finished = false
  /** Answers that came before what they answer was told: a final may wait for its refinement. */
  #early: { text: string; until: number }[] = []
  #elapsed = 0

  constructor({ url }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
    this.#json = flag(url.searchParams.get('json')) ?? false
    const format = FORMATS.get(url.searchParams.get('format') ?? '')
    this.#reader = format ? new SampleReader(format) : null
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#ended) return []
    if (typeof message === 'string') return this.#text(message)
    if (message.length === 0) return this.#end()
    const commands: ClientCommand[] = []
    if (!this.#started) {
      this.#started = true
      const options = { ...querySpeech(this.#url, this.#context.settings.language), drafts: this.#json }
      commands.push({ type: 'start', speaker: speakerName(this.#url, 'whisper.cpp stream'), options })
    }
    return [...commands, ...this.#audio(message)]
  }

  #text(text: string): ClientCommand[] {
    if (text.trim().toUpperCase() === 'END') return this.#end()
    // In plain mode every text is a transcript, so there are no words for an error.
    if (!this.#json) return []
    const error = 'Send sound as binary frames (float32 or int16, 16 kHz, mono), and END to finish.'
    return [{ type: 'reply', messages: [json({ error })] }]
  }

  #audio(bytes: Uint8Array): ClientCommand[] {
    if (this.#reader) return [{ type: 'audio', pcm: this.#reader.push(bytes) }]
    const head = new Uint8Array(this.#head.length + bytes.length)
    head.set(this.#head)
    head.set(bytes, this.#head.length)
    this.#head = head
    const guess = guessEncoding(head)
    if (guess === null && head.length < DECIDE_AFTER) return []
    return this.#decide(guess ?? 'f32le', guess !== null)
  }

  #decide(encoding: 'f32le' | 's16le', sure: boolean): ClientCommand[] {
    const reader = new SampleReader(encoding)
    const pcm = reader.push(this.#head)
    this.#head = new Uint8Array(0)
    // A second of digital silence says nothing yet: it is passed on, and the next second is looked at.
    if (sure) this.#reader = reader
    return [{ type: 'audio', pcm }]
  }

  #end(): ClientCommand[] {
    this.#ended = true
    const rest = this.#head.length > 0 ? this.#decide(guessEncoding(this.#head, 1) ?? 'f32le', true) : []
    return [...rest, { type: 'finish' }]
  }

  /** Answers whose question was told, or that have waited long enough for it. */
  #due(): WireMessage[] {
    const every = Math.max(1, this.#context.settings.forwardEvery)
    const messages: WireMessage[] = []
    for (let first = this.#early[0]; first; first = this.#early[0]) {
      const asked = this.#told >= (this.#answers + 1) * every
      if (!asked && !this.#finished && this.#elapsed < first.until) break
      this.#early.shift()
      this.#answers++
      messages.push(this.#json ? json({ reply: first.text }) : first.text)
    }
    return messages
  }

  /** A neighbour that never answers is not waited for longer than any client that does not close. */
  #goodbye(): WireMessage[] {
    const { forwardEvery } = this.#context.settings
    const owed = forwardEvery > 0 ? Math.floor(this.#told / forwardEvery) : 0
    return this.#finished && this.#answers >= owed ? [{ close: 1000, reason: 'finished' }] : []
  }

  send(event: ConnectionEvent): WireMessage[] {
    switch (event.type) {
      case 'opened':
        return this.#json ? [json({ type: 'ready', room: event.roomId, watch: event.watch })] : []
      case 'speech': {
        if (!this.#json || event.event.type !== 'utterance-updated') return []
        const { start, end } = event.event.utterance
        const text = utteranceText(event.event.utterance)
        return text ? [json({ text, start: seconds(start), end: seconds(end), is_final: false })] : []
      }
      case 'final': {
        const { committed, start, end, language } = event.utterance
        const text = textOf(committed)
        if (!text) return []
        this.#told++
        if (!this.#json) return [text, ...this.#due()]
        const said = {
          text,
          start: seconds(start),
          end: seconds(end),
          language,
          confidence: confidence(committed),
        }
        return [json({ ...said, is_final: true }), ...this.#due()]
      }
      case 'forwarded':
        this.#early.push({ text: event.text, until: this.#elapsed + ANSWER_WAITS })
        return [...this.#due(), ...this.#goodbye()]
      case 'tick':
        this.#elapsed = event.elapsed
        return this.#due()
      case 'finished':
        this.#finished = true
        return [...this.#due(), ...this.#goodbye()]
      case 'refused':
      case 'error':
        return this.#json ? [json({ error: event.error.message })] : []
      default:
        return []
    }
  }
}
