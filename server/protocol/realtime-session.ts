/** The session object of OpenAI Realtime transcription, in its GA and its beta shape: read, merged, rendered. */
import type { SpeechOptions } from '../asr/speech-event.ts'
import { languageOfTag } from '../core/language-tag.ts'
import type { RawEncoding } from '../core/sample-reader.ts'
import { isObject, type JsonObject } from './codec-kit.ts'

export type Dialect = 'ga' | 'beta'

/** Sound on the wire: name in each dialect and what it is. */
export interface AudioFormat {
  encoding: RawEncoding
  rate: number
  ga: JsonObject
  beta: string
}

const PCM: AudioFormat = {
  encoding: 's16le',
  rate: 24_000,
  ga: { type: 'audio/pcm', rate: 24_000 },
  beta: 'pcm16',
}
const FORMATS: AudioFormat[] = [
  PCM,
  { encoding: 'mulaw', rate: 8000, ga: { type: 'audio/pcmu' }, beta: 'g711_ulaw' },
  { encoding: 'alaw', rate: 8000, ga: { type: 'audio/pcma' }, beta: 'g711_alaw' },
]

export interface TurnDetection extends JsonObject {
  type: 'server_vad' | 'semantic_vad'
}

export interface RealtimeSession {
  format: AudioFormat
  transcription: JsonObject
  noiseReduction: JsonObject | null
  /** null = the client commits. */
  turns: TurnDetection | null
  include: string[]
}

const DEFAULT_TURNS: TurnDetection = {
  type: 'server_vad',
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
}

export function newSession(model: string, query?: URLSearchParams): RealtimeSession {
  const language = query?.get('language')
  const wished = query?.get('input_audio_format')
  return {
    // Together's servers name 16 kHz in the address; everybody else means 24 kHz.
    format:
      wished === 'pcm_s16le_16000' ? { ...PCM, rate: 16_000, ga: { type: 'audio/pcm', rate: 16_000 } } : PCM,
    transcription: {
      model: query?.get('transcription_model') ?? query?.get('model') ?? model,
      ...(language ? { language } : {}),
    },
    noiseReduction: null,
    turns: DEFAULT_TURNS,
    include: [],
  }
}

export interface SessionProblem {
  param: string
  message: string
}

/** `session` with what an update names changed; what it leaves out stays, null clears turn detection and noise reduction. */
export function updateSession(
  session: RealtimeSession,
  update: JsonObject,
): RealtimeSession | SessionProblem {
  const type = update.type
  if (type !== undefined && type !== 'transcription')
    return problem('session.type', 'This server transcribes only: session.type must be "transcription".')
  const ga = isObject(update.audio) && isObject(update.audio.input)
  const input = ga ? ((update.audio as JsonObject).input as JsonObject) : update
  const path = ga ? 'session.audio.input.' : 'session.'
  const name = (key: string) => (ga ? key : key === 'turn_detection' ? key : `input_audio_${key}`)
  const next: RealtimeSession = { ...session }

  const format = input[name('format')] ?? (ga ? undefined : update.input_audio_format)
  if (format !== undefined && format !== null) {
    const known = readFormat(format)
    if (!known)
      return problem(
        path + name('format'),
        'The format must be audio/pcm at 24000 Hz, audio/pcmu or audio/pcma (beta: pcm16, g711_ulaw, g711_alaw).',
      )
    next.format = known
  }
  const transcription = input[name('transcription')]
  if (transcription !== undefined && transcription !== null) {
    if (!isObject(transcription))
      return problem(
        path + name('transcription'),
        'transcription must be an object with model, language and prompt.',
      )
    const { language, prompt, model } = transcription
    for (const [key, value] of Object.entries({ prompt, model })) {
      if (value !== undefined && value !== null && typeof value !== 'string')
        return problem(`${path + name('transcription')}.${key}`, `${key} must be a text.`)
    }
    if (
      language !== undefined &&
      language !== null &&
      (typeof language !== 'string' || languageOfTag(language) === undefined)
    )
      return problem(
        `${path + name('transcription')}.language`,
        'language must be an ISO 639-1 code such as "en".',
      )
    next.transcription = { ...session.transcription, ...transcription }
  }
  const noise = input[name('noise_reduction')]
  if (noise !== undefined) {
    if (noise !== null && !isObject(noise))
      return problem(path + name('noise_reduction'), 'noise_reduction must be an object or null.')
    next.noiseReduction = noise
  }
  const turns = input.turn_detection
  if (turns === null) next.turns = null
  else if (turns !== undefined) {
    const read = isObject(turns) ? readTurns(turns, session.turns) : null
    if (!read)
      return problem(
        `${path}turn_detection`,
        'turn_detection must be null, {"type":"server_vad", threshold 0–1, prefix_padding_ms, silence_duration_ms, idle_timeout_ms} or {"type":"semantic_vad", eagerness}.',
      )
    next.turns = read
  }
  // Unknown include strings are no error: examples in the wild carry some.
  if (update.include !== undefined && update.include !== null && !Array.isArray(update.include))
    return problem('session.include', 'include must be a list of texts.')
  if (Array.isArray(update.include)) next.include = update.include.filter((each) => typeof each === 'string')
  return next
}

function problem(param: string, message: string): SessionProblem {
  return { param, message }
}

/** Both shapes are accepted everywhere: the official example shows the beta string inside the GA object. */
function readFormat(format: unknown): AudioFormat | null {
  if (typeof format === 'string')
    return FORMATS.find((each) => each.beta === format || each.ga.type === format) ?? null
  if (!isObject(format)) return null
  const known = FORMATS.find((each) => each.ga.type === format.type) ?? null
  const { rate } = format
  if (known !== PCM || rate === undefined || rate === PCM.rate) return known
  if (typeof rate !== 'number' || !Number.isInteger(rate) || rate < 8000 || rate > 48_000) return null
  return { ...PCM, rate, ga: { type: 'audio/pcm', rate } }
}

function readTurns(turns: JsonObject, before: TurnDetection | null): TurnDetection | null {
  const type = turns.type ?? before?.type ?? 'server_vad'
  if (type === 'semantic_vad') {
    const eagerness = turns.eagerness ?? 'auto'
    return ['low', 'medium', 'high', 'auto'].includes(eagerness as string)
      ? { ...turns, type, eagerness }
      : null
  }
  if (type !== 'server_vad') return null
  const merged: TurnDetection = {
    ...DEFAULT_TURNS,
    ...(before?.type === 'server_vad' ? before : {}),
    ...turns,
    type,
  }
  const within = (key: string, low: number, high: number) => {
    const value = merged[key]
    return typeof value === 'number' && value >= low && value <= high
  }
  const idle = merged.idle_timeout_ms
  const fine =
    (idle === undefined || idle === null || within('idle_timeout_ms', 1000, 60_000)) &&
    within('threshold', 0, 1) &&
    within('prefix_padding_ms', 0, 5000) &&
    within('silence_duration_ms', 0, 30_000)
  return fine ? merged : null
}

/** Pauses of semantic_vad, ms: how long it waits for a speaker who may go on. */
const EAGERNESS: Record<string, number> = { low: 1600, medium: 800, auto: 800, high: 400 }

/** What the engine is told. */
export function speechOf(session: RealtimeSession): Partial<SpeechOptions> {
  const { language, languages, prompt, keywords } = session.transcription
  const tag = typeof language === 'string' ? languageOfTag(language) : null
  const several = Array.isArray(languages)
    ? languages
        .map((each) => (typeof each === 'string' ? languageOfTag(each) : null))
        .filter((each) => typeof each === 'string')
    : []
  const terms = Array.isArray(keywords) ? keywords.filter((each) => typeof each === 'string') : []
  const vocabulary = [typeof prompt === 'string' ? prompt : '', terms.join(', ')].filter(Boolean).join(' ')
  const { turns } = session
  const silence =
    turns?.type === 'semantic_vad'
      ? EAGERNESS[(turns.eagerness as string) ?? '']
      : wished(turns, 'silence_duration_ms')
  return {
    ...(tag ? { language: tag } : {}),
    ...(several.length > 0 ? { languages: several } : {}),
    ...(vocabulary ? { vocabulary: vocabulary.slice(0, 2000) } : {}),
    endSilence: silence,
    vadThreshold: wished(turns, 'threshold'),
    preRoll: wished(turns, 'prefix_padding_ms'),
    drafts: true,
  }
}

/** A server_vad parameter that is not OpenAI's default: the default leaves it to this server's settings. */
function wished(
  turns: TurnDetection | null,
  key: 'threshold' | 'prefix_padding_ms' | 'silence_duration_ms',
): number | undefined {
  if (turns?.type !== 'server_vad' || turns[key] === DEFAULT_TURNS[key]) return undefined
  return turns[key] as number
}

export function renderSession(
  session: RealtimeSession,
  dialect: Dialect,
  id: string,
  expiresAt: number,
): JsonObject {
  const { format, transcription, noiseReduction, turns, include } = session
  const common = { id, object: 'realtime.transcription_session', expires_at: expiresAt, include }
  if (dialect === 'ga') {
    const input = { format: format.ga, transcription, noise_reduction: noiseReduction, turn_detection: turns }
    return { ...common, type: 'transcription', audio: { input } }
  }
  return {
    ...common,
    modalities: ['text'],
    input_audio_format: format.beta,
    input_audio_transcription: transcription,
    input_audio_noise_reduction: noiseReduction,
    turn_detection: turns,
    client_secret: null,
  }
}
