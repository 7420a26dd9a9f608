/** Any OpenAI-compatible `POST /audio/transcriptions` as a recogniser: time limits, retries, word times where offered. */

import { samplesToMs } from '../../core/audio.ts'
import { AppError } from '../../core/error.ts'
import { toPcm16 } from '../../core/pcm.ts'
import { retryAfterMs } from '../../core/retry-after.ts'
import { wavFile } from '../../core/wav-file.ts'
import { fetchByName } from '../../names.ts'
import type { AsrBackend, DecodeRequest, Decoder, Hypothesis, ModelOptions, Token } from '../backend.ts'

/** A request is worth waiting for so long, then it is tried again; a live draft is worth less than a final. */
const TIME_LIMIT = { draft: 5000, final: 15_000, refine: 60_000 }
const TRIES = { draft: 1, final: 3, refine: 3 }
const RETRY_AFTER = 400
const OPENAI = 'https://api.openai.com'

/** What servers answer to `verbose_json`; everything may be missing. */
interface Answer {
  text?: string
  language?: string
  /** Faster-Whisper servers tell it. */
  language_probability?: number
  words?: AnswerWord[]
  /** WhisperLive's server puts the words into their segments. */
  segments?: { avg_logprob?: number; no_speech_prob?: number; words?: AnswerWord[] }[]
}

interface AnswerWord {
  word?: string
  start?: number
  end?: number
  probability?: number
}

export const openai: AsrBackend = {
  name: 'openai',
  async load(options) {
    return new OpenAiDecoder(options)
  },
}

class OpenAiDecoder implements Decoder {
  readonly capabilities = { forcedPrefix: false, translate: true, languages: [] }
  #base: string
  #key: string
  #model: string
  /** Some servers know no word times: asked once, remembered. */
  #wordTimes = true
  #closing = new AbortController()

  constructor(options: ModelOptions) {
    const { url = `${OPENAI}/v1`, key = '', model = 'whisper-1' } = options.settings
    this.#base = url.replace(/\/+$/, '')
    this.#key = key
    this.#model = model
  }

  async decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    const { pcm, kind } = request
    if (pcm.length === 0 || pcm.length > 480_000)
      throw new AppError('invalid', 'A window holds between one sample and 30 s.')
    const started = performance.now()
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      const limit = AbortSignal.timeout(TIME_LIMIT[kind])
      const stop = AbortSignal.any([limit, this.#closing.signal, ...(signal ? [signal] : [])])
      try {
        const answer = await this.#ask(request, stop)
        return hypothesisOf(answer, request, performance.now() - started)
      } catch (thrown) {
        signal?.throwIfAborted()
        const error = thrown instanceof AppError ? thrown : unreachable(limit.aborted, thrown)
        if (error.code !== 'unavailable' || attempt >= TRIES[kind] || this.#closing.signal.aborted)
          throw error
        await Bun.sleep(Math.max(RETRY_AFTER * attempt, Math.min(5, error.retryAfter ?? 0) * 1000))
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
  }

  async #ask(request: DecodeRequest, signal: AbortSignal): Promise<Answer> {
    const samples = toPcm16(request.pcm)
    const form = new FormData()
    form.append('file', new Blob([wavFile([samples])], { type: 'audio/wav' }), 'window.wav')
    form.append('model', this.#model)
    const translate = request.task === 'translate'
    // One language allowed is as good as a pinned one; detection among several is up to the server.
    const language = request.language ?? (request.languages.length === 1 ? request.languages[0] : undefined)
    if (language && !translate) form.append('language', language)
    const prompt = [request.vocabulary, request.context].filter((text) => text !== '').join(' ')
    if (prompt) form.append('prompt', prompt.slice(-800))
    form.append('response_format', this.#wordTimes ? 'verbose_json' : 'json')
    if (this.#wordTimes) {
      form.append('timestamp_granularities[]', 'word')
      // Servers written with FastAPI often know the name without brackets only; OpenAI's own refuses what it does not know.
      if (!this.#base.startsWith(OPENAI)) form.append('timestamp_granularities', 'word')
    }
    const response = await fetchByName(
      `${this.#base}/audio/${translate ? 'translations' : 'transcriptions'}`,
      {
        method: 'POST',
        body: form,
        headers: this.#key ? { authorization: `Bearer ${this.#key}` } : {},
        redirect: 'error',
        signal,
      },
    )
    if (response.ok) return (await response.json()) as Answer
    await response.body?.cancel()
    if (this.#wordTimes && (response.status === 400 || response.status === 422)) {
      this.#wordTimes = false
      return this.#ask(request, signal)
    }
    throw refused(response)
  }
}

function refused(response: Response): AppError {
  const { status } = response
  if (status === 401 || status === 403)
    return new AppError('unauthorized', `The transcription service refused the key (HTTP ${status}).`)
  const afterMs = retryAfterMs(response.headers.get('retry-after'), Date.now())
  if (status === 408 || status === 409 || status === 429 || status >= 500)
    return new AppError('unavailable', `The transcription service is busy or failing (HTTP ${status}).`, {
      retryAfter: afterMs === null ? undefined : afterMs / 1000,
    })
  return new AppError(
    'unsupported',
    `The transcription service does not accept the request (HTTP ${status}).`,
  )
}

function unreachable(timedOut: boolean, cause: unknown): AppError {
  const what = timedOut ? 'did not answer in time' : 'cannot be reached'
  return new AppError('unavailable', `The transcription service ${what}.`, { cause })
}

/** An answer as tokens: one per word, id −1, times in the window; evenly spread where the server gives none. */
function hypothesisOf(answer: Answer, request: DecodeRequest, wall: number): Hypothesis {
  const window = samplesToMs(request.pcm.length)
  const segments = answer.segments ?? []
  const words = answer.words?.length ? answer.words : segments.flatMap((segment) => segment.words ?? [])
  const tokens = words.length > 0 ? timedTokens(words, window) : spreadTokens(answer.text ?? '', window)
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const logProbabilities = segments.flatMap((segment) => segment.avg_logprob ?? [])
  const noSpeech = segments.flatMap((segment) => segment.no_speech_prob ?? [])
  return {
    tokens,
    language: request.language ?? languageCode(answer.language) ?? 'en',
    languageProbability: request.language ? 1 : (answer.language_probability ?? 0.8),
    noSpeechProbability: noSpeech.length ? mean(noSpeech) : 0,
    averageLogProbability: logProbabilities.length ? mean(logProbabilities) : tokens.length ? -0.3 : 0,
    stop: 'end',
    cost: { mel: 0, encode: Math.round(wall), prompt: 0, decode: 0, cpu: 0 },
  }
}

/** Probability given to words of servers that tell none: good enough to show and commit. */
const ASSUMED = 0.8

function timedTokens(words: readonly AnswerWord[], window: number): Token[] {
  return words.flatMap(({ word = '', start = 0, end = 0, probability = ASSUMED }) => {
    if (word.trim() === '') return []
    const from = Math.min(window, Math.round(start * 1000))
    return [
      {
        id: -1,
        text: spaced(word),
        start: from,
        end: Math.min(window, Math.max(from, Math.round(end * 1000))),
        probability,
      },
    ]
  })
}

function spreadTokens(text: string, window: number): Token[] {
  const words = text.trim().split(/\s+/u).filter(Boolean)
  const total = words.reduce((sum, word) => sum + word.length + 1, 0)
  let before = 0
  return words.map((word) => {
    const start = Math.round((before / total) * window)
    before += word.length + 1
    return {
      id: -1,
      text: spaced(word),
      start,
      end: Math.round((before / total) * window),
      probability: ASSUMED,
    }
  })
}

/** Servers give words without their space; scripts that use none must not get one. */
function spaced(word: string): string {
  return /^[\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{P}]/u.test(word)
    ? word
    : ` ${word}`
}

/** `verbose_json` names languages in English ("german"); codes pass through. */
function languageCode(name: string | undefined): string | undefined {
  if (!name) return undefined
  const lower = name.toLowerCase()
  if (/^[a-z]{2,3}$/.test(lower)) return lower
  return LANGUAGE_NAMES.find(([english]) => english === lower)?.[1]
}

const LANGUAGE_NAMES: [string, string][] = (() => {
  const codes =
    'af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it ja ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh yue'
  const names = new Intl.DisplayNames(['en'], { type: 'language' })
  return codes.split(' ').map((code) => [(names.of(code) ?? code).toLowerCase(), code])
})()
