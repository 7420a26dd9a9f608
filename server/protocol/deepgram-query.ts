/** What a Deepgram client asks for in the address of `/v1/listen`. */
import type { SpeechOptions } from '../asr/speech-event.ts'
import { languageOfTag } from '../core/language-tag.ts'
import type { RawEncoding } from '../core/sample-reader.ts'
import { flag } from './codec-kit.ts'

export interface DeepgramQuery {
  model: string
  /** Raw samples; null = a container, or a compressed stream that brings its own description. */
  raw: { encoding: RawEncoding; rate: number; channels: number } | null
  /** Speakers: one per channel of raw sound with `multichannel`, else one. */
  speakers: number
  interim: boolean
  /** Tell pauses (`speech_final`). */
  endpointing: boolean
  /** Ms without words after which UtteranceEnd is told; 0 = never. */
  utteranceEnd: number
  vadEvents: boolean
  diarize: boolean
  /** Punctuation and capitals as recognised. */
  formatted: boolean
  /** The language is found out, so it is told with the results. */
  tellsLanguage: boolean
  speech: Partial<SpeechOptions>
}

const RAW = new Map<string, RawEncoding>([
  ['linear16', 's16le'],
  ['linear32', 'f32le'],
  ['mulaw', 'mulaw'],
  ['alaw', 'alaw'],
])
const CONTAINED = new Set(['flac', 'ogg-opus', 'opus', 'webm-opus', 'mp3', 'aac'])
/** Telephone codecs no decoder here reads. */
const ABSENT = new Set(['amr-nb', 'amr-wb', 'speex', 'g729'])
/** Any of these asks for punctuation and capitals. */
const FORMATTING = ['punctuate', 'smart_format', 'dictation', 'paragraphs']

/** The query, or a sentence saying what is wrong with it. `fallback`: the language when it names none; null = detect. */
export function readDeepgramQuery(url: URL, fallback: string | null): DeepgramQuery | string {
  const { searchParams: query } = url
  const raw = readRaw(query)
  if (typeof raw === 'string') return raw
  const utteranceEnd = number(query.get('utterance_end_ms'), 0)
  if (utteranceEnd === null || (utteranceEnd !== 0 && utteranceEnd < 1000))
    return 'utterance_end_ms must be 1000 or more.'
  const interim = isOn(query, 'interim_results')
  if (utteranceEnd > 0 && !interim) return 'utterance_end_ms needs interim_results=true.'
  const endpointing = query.get('endpointing')
  const silence = endpointing === null || flag(endpointing) === true ? null : number(endpointing, null)
  if (endpointing !== null && flag(endpointing) === undefined && silence === null)
    return 'endpointing must be false or milliseconds.'
  const tag = isOn(query, 'detect_language') ? 'multi' : query.get('language')
  const language = tag === null ? fallback : languageOfTag(tag)
  if (language === undefined)
    return `The language '${(tag ?? '').slice(0, 40)}' is not known; send a BCP-47 code, or "multi".`
  const vocabulary = vocabularyOf(query)
  return {
    model: query.get('model') ?? 'general',
    raw,
    speakers: raw && isOn(query, 'multichannel') ? raw.channels : 1,
    interim,
    endpointing: flag(endpointing) !== false || endpointing === '',
    utteranceEnd,
    vadEvents: isOn(query, 'vad_events'),
    diarize: isOn(query, 'diarize'),
    formatted: FORMATTING.some((name) => isOn(query, name)),
    tellsLanguage: language === null,
    speech: {
      language,
      drafts: interim,
      // Their default of 10 ms closes a line at every breath; a shorter wish than 100 ms is not honoured by the engine.
      ...(silence !== null && silence > 10 ? { endSilence: Math.round(silence) } : {}),
      ...(vocabulary ? { vocabulary } : {}),
    },
  }
}

/** How raw samples are encoded; null = they are in a container. What is wrong is told even where it is of no account. */
function readRaw(query: URLSearchParams): DeepgramQuery['raw'] | string {
  const encoding = query.get('encoding')?.toLowerCase() ?? null
  if (encoding !== null && ABSENT.has(encoding))
    return `encoding=${encoding} is not supported; send linear16, linear32, mulaw, alaw, flac or ogg-opus.`
  const samples = encoding === null ? undefined : RAW.get(encoding)
  if (encoding !== null && !samples && !CONTAINED.has(encoding))
    return 'encoding must be linear16, linear32, mulaw, alaw, flac or ogg-opus; leave it out for files in a container.'
  const telephone = encoding === 'mulaw' || encoding === 'alaw'
  const rate = number(query.get('sample_rate'), telephone ? 8000 : null)
  if (samples && (rate === null || !Number.isInteger(rate) || rate < 8000 || rate > 48_000))
    return 'sample_rate must be a whole number between 8000 and 48000 when an encoding is given.'
  const channels = number(query.get('channels'), 1)
  if (channels === null || !Number.isInteger(channels) || channels < 1 || channels > 16)
    return 'channels must be between 1 and 16.'
  return samples && rate !== null ? { encoding: samples, rate, channels } : null
}

/** Terms of the newer models and, with weights that mean nothing here, of the older ones; characters as everywhere. */
function vocabularyOf(query: URLSearchParams): string {
  const keywords = query.getAll('keywords').map((each) => each.replace(/:[-\d.]+$/, ''))
  return [...query.getAll('keyterm'), ...keywords].join(', ').slice(0, 2000)
}

function isOn(query: URLSearchParams, name: string): boolean {
  return flag(query.get(name)) ?? false
}

function number(text: string | null, fallback: number | null): number | null {
  if (text === null || text === '') return fallback
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
