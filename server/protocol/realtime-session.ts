/** The session object of OpenAI Realtime transcription: as a new one is, what it tells the engine, and both its shapes. */
import type { SpeechOptions } from '../asr/speech-event.ts'
import { languageOfTag } from '../core/language-tag.ts'
import type { RawEncoding } from '../core/sample-reader.ts'
import type { JsonObject } from './codec-kit.ts'

export type Dialect = 'ga' | 'beta'

/** Sound on the wire: name in each dialect and what it is. */
export interface AudioFormat {
  encoding: RawEncoding
  rate: number
  ga: JsonObject
  beta: string
}

export const PCM: AudioFormat = {
  encoding: 's16le',
  rate: 24_000,
  ga: { type: 'audio/pcm', rate: 24_000 },
  beta: 'pcm16',
}
export const FORMATS: AudioFormat[] = [
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

export const DEFAULT_TURNS: TurnDetection = {
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
