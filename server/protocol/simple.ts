/**
 * Seed 004, `/ws`: `status` on connect, sound as binary (raw PCM16 16 kHz, or any audio file in pieces), `transcription`
 * messages, text `END` → `status` with everything that was said.
 */
import { textOf, utteranceText } from '../core/transcript.ts'
import { confidence, flag, json, querySpeech, readObject, speakerName } from './codec-kit.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'

export const simple: Protocol = {
  name: 'simple',
  paths: ['/ws'],
  open: (request, context) => new SimpleCodec(request, context),
}

class SimpleCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  readonly #interim: boolean
  readonly #sampleRate: number
  #started = false
  #ended = false

  constructor({ url }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
    this.#interim = flag(url.searchParams.get('interim')) ?? false
    const rate = Number(url.searchParams.get('sample_rate') ?? 16_000)
    this.#sampleRate = Number.isInteger(rate) && rate >= 8000 && rate <= 48_000 ? rate : 16_000
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#ended) return []
    if (typeof message === 'string') return this.#text(message)
    if (message.length === 0) return []
    // The first bytes say whether this is a file; anything else is raw samples.
    const media: ClientCommand = {
      type: 'media',
      bytes: message,
      otherwise: 's16le',
      sampleRate: this.#sampleRate,
    }
    if (this.#started) return [media]
    this.#started = true
    const options = { ...querySpeech(this.#url, this.#context.settings.language), drafts: this.#interim }
    return [{ type: 'start', speaker: speakerName(this.#url, 'WebSocket client'), options }, media]
  }

  #text(text: string): ClientCommand[] {
    const word = text.trim().toUpperCase()
    const type = readObject(text)?.type
    if (word === 'END' || (typeof type === 'string' && type.toUpperCase() === 'END')) {
      this.#ended = true
      return [{ type: 'finish' }]
    }
    const message =
      'Only the text END is understood here; send sound as binary frames (PCM 16-bit 16 kHz mono, or an audio file in pieces).'
    return [{ type: 'reply', messages: [json({ type: 'error', message })] }]
  }

  send(event: ConnectionEvent): WireMessage[] {
    switch (event.type) {
      case 'opened': {
        const message = 'Connected. Send sound as binary frames and the text END to finish.'
        const { roomId, watch } = event
        return [json({ type: 'status', status: 'connected', message, room: roomId, watch })]
      }
      case 'speech': {
        if (!this.#interim || event.event.type !== 'utterance-updated') return []
        const text = utteranceText(event.event.utterance)
        return text ? [json({ type: 'transcription', text, is_final: false })] : []
      }
      case 'final': {
        const text = textOf(event.utterance.committed)
        if (!text) return []
        const final = this.#interim
          ? { is_final: true, confidence: confidence(event.utterance.committed) }
          : {}
        return [json({ type: 'transcription', text, ...final })]
      }
      case 'finished': {
        const text = event.utterances.map((utterance) => textOf(utterance.committed)).join(' ')
        const message = 'Transcription completed.'
        const completed = { type: 'status', status: 'completed', message, text, full_transcription: text }
        return [json(completed), { close: 1000, reason: 'completed' }]
      }
      case 'refused':
      case 'error':
        return [json({ type: 'error', message: event.error.message })]
      default:
        return []
    }
  }
}
