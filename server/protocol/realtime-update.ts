/** `session.update` of OpenAI Realtime transcription, in its GA and its beta shape: read, checked, merged. */
import { languageOfTag } from '../core/language-tag.ts'
import { isObject, type JsonObject } from './codec-kit.ts'
import {
  type AudioFormat,
  DEFAULT_TURNS,
  FORMATS,
  PCM,
  type RealtimeSession,
  type TurnDetection,
} from './realtime-session.ts'

export interface SessionProblem {
  param: string
  message: string
}

/** `session` with what an update names changed; what it leaves out stays, null clears turn detection and noise reduction. */
export function updateSession(
  session: RealtimeSession,
  update: JsonObject,
): RealtimeSession | SessionProblem {
  if (update.type !== undefined && update.type !== 'transcription')
    return problem('session.type', 'This server transcribes only: session.type must be "transcription".')
  const next: RealtimeSession = { ...session }
  const named = namedFields(update)
  for (const take of [takeFormat, takeTranscription, takeNoiseReduction, takeTurns]) {
    const wrong = take(next, named)
    if (wrong) return wrong
  }
  // Unknown include strings are no error: examples in the wild carry some.
  const include = update.include ?? session.include
  if (!Array.isArray(include)) return problem('session.include', 'include must be a list of texts.')
  return { ...next, include: include.filter((each) => typeof each === 'string') }
}

interface Field {
  value: unknown
  /** Where it stands in the message, for the error. */
  param: string
}

type NamedFields = Record<'format' | 'transcription' | 'noiseReduction' | 'turns', Field>

/** GA keeps the fields of the sound in `audio.input`; beta has them at the top, with `input_audio_` in front. */
function namedFields(update: JsonObject): NamedFields {
  const input = isObject(update.audio) && isObject(update.audio.input) ? update.audio.input : null
  const field = (ga: string, beta: string): Field =>
    input
      ? { value: input[ga], param: `session.audio.input.${ga}` }
      : { value: update[beta], param: `session.${beta}` }
  return {
    format: field('format', 'input_audio_format'),
    transcription: field('transcription', 'input_audio_transcription'),
    noiseReduction: field('noise_reduction', 'input_audio_noise_reduction'),
    turns: field('turn_detection', 'turn_detection'),
  }
}

/** Each changes `next` by one field, or says what is wrong with it. */
type Take = (next: RealtimeSession, fields: NamedFields) => SessionProblem | null

const takeFormat: Take = (next, { format: { value, param } }) => {
  if (value === undefined || value === null) return null
  const known = readFormat(value)
  if (!known)
    return problem(
      param,
      'The format must be audio/pcm at 24000 Hz, audio/pcmu or audio/pcma (beta: pcm16, g711_ulaw, g711_alaw).',
    )
  next.format = known
  return null
}

const takeTranscription: Take = (next, { transcription: { value, param } }) => {
  if (value === undefined || value === null) return null
  if (!isObject(value))
    return problem(param, 'transcription must be an object with model, language and prompt.')
  for (const key of ['prompt', 'model']) {
    const text = value[key] ?? ''
    if (typeof text !== 'string') return problem(`${param}.${key}`, `${key} must be a text.`)
  }
  const language = value.language ?? null
  if (language !== null && (typeof language !== 'string' || languageOfTag(language) === undefined))
    return problem(`${param}.language`, 'language must be an ISO 639-1 code such as "en".')
  next.transcription = { ...next.transcription, ...value }
  return null
}

const takeNoiseReduction: Take = (next, { noiseReduction: { value, param } }) => {
  if (value === undefined) return null
  if (value !== null && !isObject(value)) return problem(param, 'noise_reduction must be an object or null.')
  next.noiseReduction = value
  return null
}

const takeTurns: Take = (next, { turns: { value, param } }) => {
  if (value === undefined) return null
  const turns = isObject(value) ? readTurns(value, next.turns) : null
  if (value !== null && !turns)
    return problem(
      param,
      'turn_detection must be null, {"type":"server_vad", threshold 0–1, prefix_padding_ms, silence_duration_ms, idle_timeout_ms} or {"type":"semantic_vad", eagerness}.',
    )
  next.turns = turns
  return null
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
