/**
 * WhisperLiveKit, `/asr`: `config` → binary sound (PCM16 16 kHz or MediaRecorder chunks) → the whole state (mode=full) or
 * its changes (mode=diff) → an empty frame ends → `ready_to_stop`.
 */
import type { SpokenUtterance } from '../asr/speech-event.ts'
import { languageOfTag } from '../core/language-tag.ts'
import { textOf, type Word } from '../core/transcript.ts'
import { type JsonObject, json, querySpeech, readObject, round, speakerName } from './codec-kit.ts'
import { LineDiff } from './line-diff.ts'
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'

export const whisperLiveKit: Protocol = {
  name: 'whisperlivekit',
  paths: ['/asr'],
  open: (request, context) => new WhisperLiveKitCodec(request, context),
}

/** One line as its clients show it. */
export interface Line {
  speaker: number
  text: string
  start: string
  end: string
  detected_language?: string
}

interface State {
  status: 'active_transcription' | 'no_audio_detected'
  lines: Line[]
  buffer_transcription: string
  buffer_diarization: string
  buffer_translation: string
  remaining_time_transcription: number
  remaining_time_diarization: number
}

class WhisperLiveKitCodec implements Codec {
  readonly #url: URL
  readonly #context: CodecContext
  readonly #diff: LineDiff | null
  readonly #wrong: string | null
  #lines: Line[] = []
  #open: SpokenUtterance | null = null
  #lag = 0
  #started = false
  #ended = false
  #last = ''

  constructor({ url }: UpgradeRequest, context: CodecContext) {
    this.#url = url
    this.#context = context
    this.#wrong = firstWrong(url)
    this.#diff = url.searchParams.get('mode') === 'diff' ? new LineDiff() : null
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#ended || this.#wrong) return []
    if (typeof message === 'string') {
      // Some of its clients send settings as text; there is nothing to set here.
      if (readObject(message)) return []
      return [
        {
          type: 'reply',
          messages: [json({ type: 'error', error: 'Send sound as binary frames; an empty one ends.' })],
        },
      ]
    }
    if (message.length === 0) {
      this.#ended = true
      return [{ type: 'finish' }]
    }
    const media: ClientCommand = { type: 'media', bytes: message, otherwise: 's16le' }
    if (this.#started) return [media]
    this.#started = true
    const options = { ...querySpeech(this.#url, this.#context.settings.language), drafts: true }
    if (this.#url.searchParams.get('target_language') === 'en') options.task = 'translate'
    return [{ type: 'start', speaker: speakerName(this.#url, 'WhisperLiveKit client'), options }, media]
  }

  send(event: ConnectionEvent): WireMessage[] {
    switch (event.type) {
      case 'opened': {
        if (this.#wrong)
          return [json({ type: 'error', error: this.#wrong }), { close: 4400, reason: 'bad parameters' }]
        const mode = this.#diff ? 'diff' : 'full'
        // Raw samples need no decoder and no waiting; MediaRecorder chunks are recognised by their first bytes all the same.
        return [json({ type: 'config', useAudioWorklet: true, mode, watch: event.watch })]
      }
      case 'speech':
        if (event.event.type === 'utterance-updated') this.#open = event.event.utterance
        else if (event.event.type === 'lag') this.#lag = event.event.lag
        else return []
        return this.#state()
      case 'final': {
        const { utterance } = event
        if (this.#open?.id === utterance.id) this.#open = null
        if (utterance.committed.length > 0) this.#lines.push(line(utterance, utterance.committed))
        return this.#state()
      }
      case 'finished':
        this.#open = null
        this.#lag = 0
        return [...this.#state(), json({ type: 'ready_to_stop' })]
      case 'refused':
      case 'error':
        return [json({ type: 'error', error: event.error.message })]
      default:
        return []
    }
  }

  /** The state if it is another one than was told last. */
  #state(): WireMessage[] {
    const open = this.#open
    const lines =
      open && open.committed.length > 0 ? [...this.#lines, line(open, open.committed)] : this.#lines
    const buffer = textOf(open?.pending ?? [])
    const state: State = {
      status: lines.length > 0 || buffer ? 'active_transcription' : 'no_audio_detected',
      lines,
      buffer_transcription: buffer,
      buffer_diarization: '',
      buffer_translation: '',
      remaining_time_transcription: round(this.#lag / 1000, 1),
      remaining_time_diarization: 0,
    }
    const text = json(state)
    if (text === this.#last) return []
    this.#last = text
    return [this.#diff ? json(this.#diff.next(state as State & JsonObject)) : text]
  }
}

function line({ start, language }: SpokenUtterance, words: readonly Word[]): Line {
  const end = words.at(-1)?.end ?? start
  return {
    speaker: 1,
    text: textOf(words),
    start: clock(start),
    end: clock(end),
    detected_language: language,
  }
}

/** Milliseconds as `H:MM:SS.cc`. */
function clock(ms: number): string {
  const hundredths = Math.round(ms / 10)
  const two = (value: number) => String(value).padStart(2, '0')
  const rest = `${two(Math.floor(hundredths / 6000) % 60)}:${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`
  return `${Math.floor(hundredths / 360_000)}:${rest}`
}

function firstWrong(url: URL): string | null {
  const mode = url.searchParams.get('mode')
  if (mode !== null && mode !== 'full' && mode !== 'diff') return 'mode must be "full" or "diff".'
  const language = url.searchParams.get('language')
  if (language !== null && languageOfTag(language) === undefined)
    return `Parley does not know the language '${language.slice(0, 40)}'. Send a code such as "en", or "auto".`
  return null
}
