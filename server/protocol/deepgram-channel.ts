/** One channel of a Deepgram stream: ranges without holes, pauses, UtteranceEnd; what a speaker's events become. */
import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import { wordsSoFar } from '../core/transcript.ts'
import { type JsonObject, json, seconds } from './codec-kit.ts'
import type { DeepgramQuery } from './deepgram-query.ts'
import { alternative, type Line } from './deepgram-result.ts'

export interface ChannelParts {
  index: number
  query: DeepgramQuery
  metadata(): JsonObject
}

interface ResultIs {
  final: boolean
  pause: boolean
  finalize?: boolean
}

const NOTHING: Line = { words: [], language: '', start: 0, end: 0 }

export class DeepgramChannel {
  readonly #parts: ChannelParts
  /** End of the last final range, ms: the next range begins here. */
  #closedTo = 0
  /** The speech of the last finished utterance is over (a pause), not only cut for length. */
  readonly #pauses = new Map<string, boolean>()
  #speaking = false
  /** Results with from_finalize that are owed, and whether one was sent for the oldest of them. */
  #finalizing = 0
  #answered = false
  #wordEnd: number | null = null
  /** Words after `#wordEnd` were heard whose final is still to come. */
  #wordsOnTheWay = false
  /** Where a voice ended whose words are perhaps still to come, ms. */
  #voiceEnd = 0
  /** Newest moment known of the sound, ms. */
  heard = 0

  constructor(parts: ChannelParts) {
    this.#parts = parts
  }

  finalize(): void {
    this.#finalizing++
  }

  speech(event: SpeechEvent): string[] {
    const { query, index } = this.#parts
    switch (event.type) {
      case 'speech-started':
        this.#speaking = true
        return query.vadEvents
          ? [json({ type: 'SpeechStarted', channel: [index, query.speakers], timestamp: seconds(event.at) })]
          : []
      case 'speech-ended':
        this.#speaking = false
        this.#voiceEnd = event.at
        return []
      case 'utterance-finished':
        this.#pauses.set(event.utterance.id, !this.#speaking)
        return []
      case 'utterance-updated': {
        const { language, start, end } = event.utterance
        const words = wordsSoFar(event.utterance)
        this.heard = Math.max(this.heard, end)
        this.#wordsOnTheWay = words.length > 0
        if (!query.interim) return []
        const line = { words, language, start, end }
        return [this.#result(line, { final: false, pause: false })]
      }
      default:
        return []
    }
  }

  /** Words that were taken back leave an empty range, so that ranges stay without holes. */
  final({ committed, id, language, start, end }: SpokenUtterance): string[] {
    const pause = (this.#pauses.get(id) ?? true) && this.#parts.query.endpointing
    this.#pauses.delete(id)
    const finalize = this.#finalizing > 0
    this.#answered ||= finalize
    this.#wordsOnTheWay = false
    this.#voiceEnd = 0
    return [this.#result({ words: committed, language, start, end }, { final: true, pause, finalize })]
  }

  /** A Finalize is answered even if there was nothing to say. */
  settled(): string[] {
    if (this.#finalizing === 0) return []
    this.#finalizing--
    const answered = this.#answered
    this.#answered = false
    return answered ? [] : [this.#result(NOTHING, { final: true, pause: true, finalize: true })]
  }

  /** Told once per gap: no words for so long after the last ones, and none that may be on their way. */
  utteranceEnd(): string[] {
    const { query, index } = this.#parts
    if (query.utteranceEnd === 0 || this.#wordEnd === null || this.#speaking || this.#wordsOnTheWay) return []
    if (this.heard - Math.max(this.#wordEnd, this.#voiceEnd) < query.utteranceEnd) return []
    const last = this.#wordEnd
    this.#wordEnd = null
    return [json({ type: 'UtteranceEnd', channel: [index, query.speakers], last_word_end: seconds(last) })]
  }

  #result(line: Line, is: ResultIs): string {
    const { query, index } = this.#parts
    const start = this.#closedTo
    const end = Math.max(start, line.end, line.words.at(-1)?.end ?? 0)
    if (is.final) {
      this.#closedTo = end
      const last = line.words.at(-1)
      if (last) this.#wordEnd = last.end
    }
    return json({
      type: 'Results',
      channel_index: [index, query.speakers],
      duration: seconds(end - start),
      start: seconds(start),
      is_final: is.final,
      speech_final: is.pause,
      from_finalize: is.finalize ?? false,
      channel: { alternatives: [alternative(line, query, index)] },
      metadata: this.#parts.metadata(),
    })
  }
}
