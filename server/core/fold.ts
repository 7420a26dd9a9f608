/** Text reduced to what a search compares: case, accents and look-alikes removed, with the way back to the original. */

export interface Folded {
  text: string
  /** For every UTF-16 unit of `text` the index in the (NFC) original it came from, plus one entry for the end. */
  origin: number[]
}

/** A character and the marks on it. The half-width Japanese voicing signs count as marks, so that they compose. */
const CLUSTER = /[^\p{M}\uff9e\uff9f][\p{M}\uff9e\uff9f]*|[\p{M}\uff9e\uff9f]+/gu

/**
 * Marks that a searcher may leave out: Latin, Greek and Cyrillic accents, Arabic and Hebrew vowel points, the Arabic
 * stretching sign. Vowel signs of Indic scripts, Thai, and Japanese voicing are letters' other half and stay.
 */
const OPTIONAL_MARK =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]/g

/** Letters that no normalisation takes apart but people write in two ways. */
const ALIKE: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  þ: 'th',
  ς: 'σ',
  ٱ: 'ا',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
}

/** `text` folded. Positions refer to `text.normalize('NFC')`, which readers cannot tell from `text`. */
export function fold(text: string): Folded {
  const original = text.normalize('NFC')
  let folded = ''
  const origin: number[] = []
  for (const match of original.matchAll(CLUSTER)) {
    const from = match.index
    const piece = foldCluster(match[0])
    for (let i = 0; i < piece.length; i++) origin.push(from)
    folded += piece
  }
  origin.push(original.length)
  return { text: folded, origin }
}

/** Only the folded text. */
export function foldText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase()
  let folded = ''
  for (const match of text.normalize('NFC').matchAll(CLUSTER)) folded += foldCluster(match[0])
  return folded
}

function foldCluster(cluster: string): string {
  if (cluster.length === 1 && cluster < '\u0080') return cluster.toLowerCase()
  const bare = cluster.normalize('NFKD').toLowerCase().normalize('NFKD').replace(OPTIONAL_MARK, '')
  let piece = ''
  for (const character of bare.normalize('NFC')) piece += ALIKE[character] ?? digit(character)
  return piece
}

/** Arabic-Indic digits as ASCII ones. */
function digit(character: string): string {
  const code = character.charCodeAt(0)
  if (code >= 0x660 && code <= 0x669) return String(code - 0x660)
  if (code >= 0x6f0 && code <= 0x6f9) return String(code - 0x6f0)
  return character
}

/** Characters of scripts that are written without spaces between words, and Hangul, whose words carry endings. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々〆]\p{M}*/gu

/** Folded text with such characters set apart, so that each is a word of its own and any run of them a phrase. */
export function spaceApart(folded: string): string {
  return folded.replace(UNSPACED, ' $& ')
}

/** The runs of letters and digits in folded text: exactly what the word index takes for words. */
export function wordsOf(folded: string): string[] {
  return spaceApart(folded).match(/[\p{L}\p{N}\p{M}\p{Co}]+/gu) ?? []
}
