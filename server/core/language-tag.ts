/** Language tags of the outside world (BCP-47, other people's codes) ↔ the languages Whisper knows. */
import { AppError } from './error.ts'

/** Whisper's languages: ISO 639-1, three of 639-3. */
const SPEECH_LANGUAGES: readonly string[] =
  'af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh'.split(
    ' ',
  )

const KNOWN = new Set(SPEECH_LANGUAGES)

/** Older, longer or regional names of the same languages. */
const ALIASES: Record<string, string> = {
  cmn: 'zh',
  zho: 'zh',
  nb: 'no',
  nob: 'no',
  nno: 'nn',
  fil: 'tl',
  iw: 'he',
  in: 'id',
  ji: 'yi',
  jv: 'jw',
  mo: 'ro',
  sh: 'sr',
  arb: 'ar',
  pes: 'fa',
}

/** What clients write when they want the language found out. */
const DETECT = new Set(['', 'auto', 'multi', 'und', 'detect'])

/** 'ar-EG' → 'ar', 'cmn-Hans-CN' → 'zh', 'auto' → null (detect); undefined when it is no language Parley knows. */
export function languageOfTag(tag: string): string | null | undefined {
  const lower = tag.trim().toLowerCase().replaceAll('_', '-')
  if (DETECT.has(lower)) return null
  const [primary = '', second = ''] = lower.split('-')
  if (primary === 'zh' && (second === 'hk' || second === 'yue')) return 'yue'
  const language = ALIASES[primary] ?? primary
  return KNOWN.has(language) ? language : undefined
}

/** As `languageOfTag`; English names are understood, too: 'german' → 'de'. */
export function spokenLanguage(text: string): string | null | undefined {
  const name = text.trim().toLowerCase()
  return SPEECH_LANGUAGES.find((code) => languageName(code) === name) ?? languageOfTag(text)
}

/** `en`, `en-US`, `english`, `auto` or nothing → Whisper's code or null (detect); rejects what is no language. */
export function readLanguage(text: string): string | null {
  const language = spokenLanguage(text)
  if (language !== undefined) return language
  const says = `language '${text.slice(0, 40)}' is not known. Use a code such as en, de or pt-BR.`
  throw new AppError('invalid', says, { param: 'language' })
}

/** The full English name in lower case, as OpenAI and whisper.cpp answer it (`english`). */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames('en', { type: 'language' }).of(code)?.toLowerCase() ?? code
  } catch {
    return code
  }
}
