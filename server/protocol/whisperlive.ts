/**
 * Seed 000, WhisperLive: options as text JSON → `SERVER_READY` → float32 frames → `segments`; `END_OF_AUDIO` ends. Field
 * names, string times and orders are those of collabora/WhisperLive; its clients' habits are honoured where marked.
 */
import type { SpokenUtterance } from '../asr/speech-event.ts'
import { SampleReader } from '../core/sample-reader.ts'
import { textOf, type Word, wordsSoFar } from '../core/transcript.ts'
import { confidence, type JsonObject, json, round, speakerName } from './codec-kit.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'
import { readOptions, type WhisperLiveOptions } from './whisperlive-options.ts'
import { WhisperLiveTranslations } from './whisperlive-translations.ts'

/** The limit these connections count against. */
const WHISPERLIVE_PLACES = 'whisperlive'

export const whisperLive: Protocol = {
  name: 'whisperlive',
  paths: ['/ws/whisper-live'],
  hush: true,
  open: (request, context) => new WhisperLiveCodec(request, context),
}

const END = 'END_OF_AUDIO'

interface Segment {
  start: number
  end: number
  text: string
  words: readonly Word[]
}

export class WhisperLiveCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  #options: WhisperLiveOptions | null = null
  #uid: unknown = null
  #reader = new SampleReader('f32le')
  #watch = ''
  #started = false
  #ended = false
  #toldLanguage = false
  /** Ticks since everything was told; null = not yet. */
  #leaving: number | null = null
  #completed: Segment[] = []
  readonly #translations = new WhisperLiveTranslations()
  #lastIncomplete = ''
  #warned = new Set<string>()

  constructor({ url }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#ended) return []
    if (isEnd(message)) {
      this.#ended = true
      return [{ type: 'finish' }]
    }
    if (!this.#options) return this.#configure(message)
    if (typeof message === 'string')
      return this.#warn('Text is not expected after the options; send sound as binary frames.')
    const pcm = this.#reader.push(message)
    const audio: ClientCommand[] = pcm.length > 0 ? [{ type: 'audio', pcm }] : []
    if (message.length % this.#reader.frameBytes === 0) return audio
    return [
      ...audio,
      ...this.#warn(
        `A frame had ${message.length} bytes, which is no whole number of samples of the announced audio_format.`,
      ),
    ]
  }

  #configure(message: string | Uint8Array): ClientCommand[] {
    const options = readOptions(message, this.#context.settings.language)
    this.#uid = options.uid
    if ('wrong' in options) return this.#refuse(options.wrong)
    this.#options = options
    this.#reader = new SampleReader(options.encoding)
    const start: ClientCommand = {
      type: 'start',
      speaker: speakerName(this.#url, 'WhisperLive client'),
      options: options.speech,
      countAs: WHISPERLIVE_PLACES,
    }
    const { translateTo } = options
    return translateTo === null ? [start] : [start, { type: 'translate', language: translateTo }]
  }

  send(event: ConnectionEvent): WireMessage[] {
    switch (event.type) {
      case 'opened':
        this.#watch = event.watch
        return []
      case 'started':
        this.#started = true
        // Python clients keep completed text only from a backend of this name.
        return [this.#message({ message: 'SERVER_READY', backend: 'faster_whisper', watch: this.#watch })]
      case 'refused':
        if (event.waitMinutes === undefined) return [this.#status('ERROR', event.error.message)]
        return [this.#status('WAIT', round(event.waitMinutes, 2)), { close: 1000, reason: 'full' }]
      case 'speech':
        if (event.event.type === 'utterance-updated') return this.#update(event.event.utterance)
        return []
      case 'final':
        return this.#final(event.utterance)
      case 'translated':
        if (!this.#translations.translated(event.utteranceId, event.text)) return []
        return [this.#translated()]
      case 'finished':
        this.#leaving = 0
        return []
      case 'error': {
        const { code, message } = event.error
        if (code !== 'unsupported' || !this.#options?.translateTo)
          return [this.#status(code === 'unavailable' ? 'WARNING' : 'ERROR', message)]
        // Without translations the stream goes on: its client asked for the transcript as well.
        this.#options.translateTo = null
        return [this.#status('WARNING', `${message} Task "translate" gives English without one.`)]
      }
      case 'tick':
        if (this.#leaving !== null) return this.#goodbye()
        if (!this.#started || event.elapsed < this.#context.settings.maxConnectionTime * 1000) return []
        return [this.#message({ message: 'DISCONNECT' }), { close: 1000, reason: 'maximum connection time' }]
      default:
        return []
    }
  }

  #update(utterance: SpokenUtterance): WireMessage[] {
    const words = wordsSoFar(utterance)
    if (words.length === 0) return []
    return [...this.#language(utterance, words), ...this.#segments(this.#segment(utterance, words))]
  }

  #final(utterance: SpokenUtterance): WireMessage[] {
    if (utterance.committed.length === 0) return []
    const segment = this.#segment(utterance, utterance.committed)
    const before = this.#language(utterance, utterance.committed)
    // The Python client writes the newest incomplete text into its SRT file too, unless it equals the last completed one.
    if (this.#lastIncomplete !== segment.text) before.push(...this.#segments(segment))
    this.#completed.push(segment)
    const translated = this.#translations.completed(utterance.id, segment)
    const keep = this.#options?.lastSegments ?? 10
    if (this.#completed.length > keep) this.#completed = this.#completed.slice(-keep)
    return [...before, ...this.#segments(null), ...(translated ? [this.#translated()] : [])]
  }

  #translated(): string {
    const { lastSegments = 10, translateTo = null } = this.#options ?? {}
    const translated_segments = this.#translations.newest(lastSegments).map(({ start, end, text }) => {
      return { start: fixed(start), end: fixed(end), text, completed: true, target_language: translateTo }
    })
    return this.#message({ translated_segments })
  }

  /**
   * The client is left when it has the translations it waits for; a dead endpoint keeps it no longer than any other. Not at
   * once: the Python client closes the line itself and takes a server that is quicker for an error.
   */
  #goodbye(): WireMessage[] {
    if (this.#options?.translateTo && this.#translations.waiting > 0) return []
    this.#leaving = (this.#leaving ?? 0) + 1
    return this.#leaving > 1 ? [{ close: 1000, reason: 'finished' }] : []
  }

  /** Segments never overlap: the Python client drops a completed one that begins before the last one's end. */
  #segment(utterance: SpokenUtterance, words: readonly Word[]): Segment {
    const floor = this.#completed.at(-1)?.end ?? 0
    const start = Math.max(floor, utterance.start)
    return { start, end: Math.max(start, utterance.end), text: ` ${textOf(words)}`, words }
  }

  #segments(incomplete: Segment | null): WireMessage[] {
    const segments = this.#completed.map((segment) => this.#render(segment, true))
    if (incomplete) {
      segments.push(this.#render(incomplete, false))
      this.#lastIncomplete = incomplete.text
    }
    return [this.#message({ segments })]
  }

  #render({ start, end, text, words }: Segment, completed: boolean): JsonObject {
    const rendered: JsonObject = { start: fixed(start), end: fixed(end), text, completed }
    if (this.#options?.speakers) rendered.speaker = 'SPEAKER_00'
    if (this.#options?.words) {
      rendered.words = words.map((word) => ({
        word: word.text,
        start: round(word.start / 1000),
        end: round(word.end / 1000),
        probability: round(word.probability),
      }))
    }
    return rendered
  }

  /** Told once and before the first text, as the browser extension takes the message after the first for it. */
  #language({ language, languageProbability }: SpokenUtterance, words: readonly Word[]): WireMessage[] {
    if (this.#options?.speech.language !== null || this.#toldLanguage) return []
    this.#toldLanguage = true
    // Where a recogniser does not tell, that of the words understood in the language stands for it.
    const language_prob = languageProbability === undefined ? confidence(words) : round(languageProbability)
    return [this.#message({ language, language_prob })]
  }

  #warn(text: string): ClientCommand[] {
    if (this.#warned.has(text)) return []
    this.#warned.add(text)
    return [{ type: 'reply', messages: [this.#status('WARNING', text)] }]
  }

  #refuse(text: string): ClientCommand[] {
    return [
      { type: 'reply', messages: [this.#status('ERROR', text), { close: 1008, reason: 'invalid options' }] },
    ]
  }

  #status(status: 'WAIT' | 'ERROR' | 'WARNING', message: string | number): string {
    return this.#message({ status, message })
  }

  #message(fields: JsonObject): string {
    return json({ uid: this.#uid, ...fields })
  }
}

function isEnd(message: string | Uint8Array): boolean {
  if (typeof message === 'string') return message.trim() === END
  return message.length === END.length && new TextDecoder().decode(message) === END
}

function fixed(ms: number): string {
  return (ms / 1000).toFixed(3)
}
