/** The first message of a WhisperLive client: its options, checked; fields of other versions are ignored. */
import type { SpeechOptions } from '../asr/speech-event.ts'
import { languageOfTag } from '../core/language-tag.ts'
import type { RawEncoding } from '../core/sample-reader.ts'
import { type JsonObject, readObject } from './codec-kit.ts'

export interface WhisperLiveOptions {
  /** Comes back in every message. */
  uid: string | number
  encoding: RawEncoding
  /** Completed segments told at a time. */
  lastSegments: number
  words: boolean
  speakers: boolean
  /** Wanted language of translations, or null. */
  translateTo: string | null
  speech: Partial<SpeechOptions> & Pick<SpeechOptions, 'language'>
}

const FORMATS: Record<string, RawEncoding> = { float32: 'f32le', int16: 's16le', uint8: 'u8' }
const LAST_SEGMENTS = { least: 1, usual: 10, most: 1000 }
const EXAMPLE = '{"uid":"…","language":"en","task":"transcribe","model":"base","use_vad":true}'

/** The options, or what is wrong with them; `uid` is told also then. `fallback`: the language when none is named. */
export function readOptions(
  message: string | Uint8Array,
  fallback: string | null,
): { uid: unknown; wrong: string } | WhisperLiveOptions {
  const object = typeof message === 'string' ? readObject(message) : null
  if (!object)
    return {
      uid: null,
      wrong: `The first message must be a JSON object with the options, e.g. ${EXAMPLE}.`,
    }
  const { uid = null, language: tag = null, target_language = 'fr', audio_format = 'float32' } = object
  const refused = (wrong: string) => ({ uid, wrong })
  if ((typeof uid !== 'string' || uid === '') && typeof uid !== 'number')
    return refused('The options need a uid: a text that names this client.')
  const wrong = wrongType(object)
  if (wrong) return refused(wrong)
  const language = tag === null ? fallback : languageOfTag(String(tag))
  if (language === undefined)
    return refused(unknown('language', tag, 'Send an ISO 639-1 code such as "en", or null.'))
  const encoding =
    typeof audio_format === 'string' && Object.hasOwn(FORMATS, audio_format) && FORMATS[audio_format]
  if (!encoding) return refused('audio_format must be "float32", "int16" or "uint8".')
  const target = object.enable_translation === true ? (target_language ?? 'fr') : null
  const translateTo = target === null ? null : languageOfTag(String(target))
  if (translateTo === undefined)
    return refused(unknown('target_language', target, 'Send an ISO 639-1 code such as "fr".'))
  const vocabulary = [object.initial_prompt, object.hotwords]
    .filter((each) => typeof each === 'string' && each)
    .join(' ')
  return {
    uid,
    encoding,
    lastSegments: segmentsOf(object),
    words: object.word_timestamps === true,
    speakers: object.enable_diarization === true,
    translateTo,
    speech: {
      language,
      task: object.task === 'translate' ? 'translate' : 'transcribe',
      drafts: true,
      ...(vocabulary ? { vocabulary: vocabulary.slice(0, 2000) } : {}),
    },
  }
}

function unknown(field: string, value: unknown, help: string): string {
  return `Parley does not know the ${field} '${String(value).slice(0, 40)}'. ${help}`
}

function segmentsOf({ send_last_n_segments: wanted }: JsonObject): number {
  const { least, usual, most } = LAST_SEGMENTS
  return Math.max(least, Math.min(most, Math.floor(typeof wanted === 'number' ? wanted : usual)))
}

/** A sentence on the first field of a wrong type, or null. */
function wrongType({ language, task, send_last_n_segments }: JsonObject): string | null {
  if (language !== undefined && language !== null && typeof language !== 'string')
    return 'language must be a text such as "en", or null.'
  if (task !== undefined && task !== null && task !== 'transcribe' && task !== 'translate')
    return 'task must be "transcribe" or "translate".'
  if (send_last_n_segments !== undefined && typeof send_last_n_segments !== 'number')
    return 'send_last_n_segments must be a number.'
  return null
}
