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

const RAW: Record<string, RawEncoding> = {
  linear16: 's16le',
  linear32: 'f32le',
  mulaw: 'mulaw',
  alaw: 'alaw',
}
const CONTAINED = new Set(['flac', 'ogg-opus', 'opus', 'webm-opus', 'mp3', 'aac'])
/** Telephone codecs no decoder here reads. */
const ABSENT = new Set(['amr-nb', 'amr-wb', 'speex', 'g729'])

/** The query, or a sentence saying what is wrong with it. */
export function readDeepgramQuery(url: URL, fallback: string | null): DeepgramQuery | string {
  const { searchParams: query } = url
  const encoding = query.get('encoding')?.toLowerCase() ?? null
  if (encoding !== null && ABSENT.has(encoding))
    return `encoding=${encoding} is not supported; send linear16, linear32, mulaw, alaw, flac or ogg-opus.`
  if (encoding !== null && !RAW[encoding] && !CONTAINED.has(encoding))
    return 'encoding must be linear16, linear32, mulaw, alaw, flac or ogg-opus; leave it out for files in a container.'
  const telephone = encoding === 'mulaw' || encoding === 'alaw'
  const rate = number(query.get('sample_rate'), telephone ? 8000 : null)
  if (
    encoding !== null &&
    RAW[encoding] &&
    (rate === null || !Number.isInteger(rate) || rate < 8000 || rate > 48_000)
  )
    return 'sample_rate must be a whole number between 8000 and 48000 when an encoding is given.'
  const channels = number(query.get('channels'), 1)
  if (channels === null || !Number.isInteger(channels) || channels < 1 || channels > 16)
    return 'channels must be between 1 and 16.'
  const utteranceEnd = number(query.get('utterance_end_ms'), 0)
  if (utteranceEnd === null || (utteranceEnd !== 0 && utteranceEnd < 1000))
    return 'utterance_end_ms must be 1000 or more.'
  const interim = flag(query.get('interim_results')) ?? false
  if (utteranceEnd > 0 && !interim) return 'utterance_end_ms needs interim_results=true.'
  const endpointing = query.get('endpointing')
  const silence = endpointing === null || flag(endpointing) === true ? null : number(endpointing, null)
  if (endpointing !== null && flag(endpointing) === undefined && silence === null)
    return 'endpointing must be false or milliseconds.'
  const detects = query.get('detect_language')
  const tag = flag(detects) === true ? 'multi' : query.get('language')
  const language = tag === null ? fallback : languageOfTag(tag)
  if (language === undefined)
    return `The language '${(tag ?? '').slice(0, 40)}' is not known; send a BCP-47 code, or "multi".`
  const vocabulary = [
    ...query.getAll('keyterm'),
    ...query.getAll('keywords').map((each) => each.replace(/:[-\d.]+$/, '')),
  ]
  const formatted = ['punctuate', 'smart_format', 'dictation', 'paragraphs'].some(
    (name) => flag(query.get(name)) === true,
  )
  const raw = encoding === null ? undefined : RAW[encoding]
  return {
    model: query.get('model') ?? 'general',
    raw: raw && rate !== null ? { encoding: raw, rate, channels } : null,
    speakers: raw && flag(query.get('multichannel')) ? channels : 1,
    interim,
    endpointing: flag(endpointing) !== false || endpointing === '',
    utteranceEnd,
    vadEvents: flag(query.get('vad_events')) ?? false,
    diarize: flag(query.get('diarize')) ?? false,
    formatted,
    tellsLanguage: language === null,
    speech: {
      language,
      drafts: interim,
      // Their default of 10 ms closes a line at every breath; a shorter wish than 100 ms is not honoured by the engine.
      ...(silence !== null && silence > 10 ? { endSilence: Math.round(silence) } : {}),
      ...(vocabulary.length > 0 ? { vocabulary: vocabulary.join(', ').slice(0, 2000) } : {}),
    },
  }
}

function number(text: string | null, fallback: number | null): number | null {
  if (text === null || text === '') return fallback
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
