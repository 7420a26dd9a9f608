/** Word and character error rates, after the kind of normalisation Whisper's authors use; own writing. */
import { numbersToDigits } from './numbers.ts'

const FILLERS = new Set('hmm hm mm mmm mhm mmhmm uh uhm um umm er erm ah eh uhhuh'.split(' '))

/** Contractions and spoken short forms, longest first where one contains another. */
const CONTRACTIONS: [RegExp, string][] = [
  [/\bwon't\b/g, 'will not'],
  [/\bcan't\b/g, 'can not'],
  [/\bcannot\b/g, 'can not'],
  [/\blet's\b/g, 'let us'],
  [/\bain't\b/g, 'aint'],
  [/\by'all\b/g, 'you all'],
  [/\bwanna\b/g, 'want to'],
  [/\bgotta\b/g, 'got to'],
  [/\bgonna\b/g, 'going to'],
  [/\bi'ma\b/g, 'i am going to'],
  [/\bimma\b/g, 'i am going to'],
  [/\bwoulda\b/g, 'would have'],
  [/\bcoulda\b/g, 'could have'],
  [/\bshoulda\b/g, 'should have'],
  [/\bma'am\b/g, 'madam'],
  [/\bmr\b\.?/g, 'mister'],
  [/\bmrs\b\.?/g, 'missus'],
  [/\bst\b\.(?= )/g, 'saint'],
  [/\bdr\b\.?/g, 'doctor'],
  [/\bprof\b\.?/g, 'professor'],
  [/'d been\b/g, ' had been'],
  [/'s been\b/g, ' has been'],
  [/'d gone\b/g, ' had gone'],
  [/'s got\b/g, ' has got'],
  [/n't\b/g, ' not'],
  [/'re\b/g, ' are'],
  [/'ll\b/g, ' will'],
  [/'ve\b/g, ' have'],
  [/'m\b/g, ' am'],
  [/'d\b/g, ' would'],
  [/\b(it|that|there|he|she|what|who|where|how|here)'s\b/g, '$1 is'],
]

/** British endings and common words to their American spelling. */
const SPELLINGS: [RegExp, string][] = [
  [
    /\b(col|fav|flav|hon|hum|lab|neighb|rum|splend|vap|vig|behavi|harb|endeav|arm|sav|parl|od|val|clam)our/g,
    '$1or',
  ],
  [/\b(cent|theat|met|lit|fib|spect|somb|meag|lust|calib)re\b/g, '$1er'],
  [/\b(\w{3,})is(e|es|ed|ing|ation|ations)\b/g, '$1iz$2'],
  [/\b(\w{3,})ys(e|es|ed|ing)\b/g, '$1yz$2'],
  [/\b(travel|cancel|label|model|signal|level|quarrel|counsel|marvel)l(ed|ing|er|ers)\b/g, '$1$2'],
  [/\b(def|off|lic|pret)ence\b/g, '$1ense'],
  [/\b(catal|dial|anal|monol|prol)ogue/g, '$1og'],
  [/\bgrey/g, 'gray'],
  [/\bprogramme\b/g, 'program'],
  [/\bprogrammes\b/g, 'programs'],
  [/\bcheque/g, 'check'],
  [/\btyre/g, 'tire'],
  [/\bjewellery\b/g, 'jewelry'],
  [/\bmould/g, 'mold'],
  [/\bplough/g, 'plow'],
  [/\bsceptic/g, 'skeptic'],
  [/\baeroplane/g, 'airplane'],
  [/\btowards\b/g, 'toward'],
  [/\bwhilst\b/g, 'while'],
  [/\bokay\b/g, 'ok'],
  [/\bjudgement\b/g, 'judgment'],
  [/\benquir/g, 'inquir'],
]

/** English words to compare: lower case, no brackets, fillers or punctuation; contractions, numbers and spellings evened out. */
export function englishWords(text: string): string[] {
  let plain = text
    .toLowerCase()
    .replace(/[<[][^>\]]*[>\]]/g, ' ')
    .replace(/\([^)]*\)/g, ' ')
    .replace(/[’‘`´]/g, "'")
    .replace(/\s+'/g, "'")
  for (const [pattern, replacement] of CONTRACTIONS) plain = plain.replace(pattern, replacement)
  plain = plain
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    .replace(/\$\s?(\d[\d.]*)/g, '$1 dollars')
    .replace(/(\d)\s?%/g, '$1 percent')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/\.(?!\d)/g, ' ')
    .replace(/'s\b/g, ' s')
    .replace(/[^\p{L}\p{N}.]+/gu, ' ')
  for (const [pattern, replacement] of SPELLINGS) plain = plain.replace(pattern, replacement)
  const words = plain.split(' ').filter((word) => word !== '' && word !== '.' && !FILLERS.has(word))
  return numbersToDigits(words)
}

/** Words of any other language: lower case, no marks, no punctuation. */
export function plainWords(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[<[][^>\]]*[>\]]/g, ' ')
    .replace(/\([^)]*\)/g, ' ')
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .split(' ')
    .filter(Boolean)
}

/** What is compared for a language: words, or characters where words have no spaces between them. */
export function units(text: string, language: string): string[] {
  if (language === 'en') return englishWords(text)
  if (['zh', 'ja', 'th', 'yue'].includes(language)) return [...plainWords(text).join('')]
  return plainWords(text)
}

export interface Errors {
  substitutions: number
  deletions: number
  insertions: number
  /** Units of the reference. */
  total: number
}

/** Errors of `hypothesis` against `reference`, and which units are matched with which. */
export function align(reference: readonly string[], hypothesis: readonly string[]) {
  const width = hypothesis.length + 1
  const cost = new Uint32Array((reference.length + 1) * width)
  for (let j = 0; j < width; j++) cost[j] = j
  for (let i = 1; i <= reference.length; i++) {
    cost[i * width] = i
    for (let j = 1; j < width; j++) {
      const same = reference[i - 1] === hypothesis[j - 1] ? 0 : 1
      const diagonal = (cost[(i - 1) * width + j - 1] as number) + same
      const up = (cost[(i - 1) * width + j] as number) + 1
      const left = (cost[i * width + j - 1] as number) + 1
      cost[i * width + j] = Math.min(diagonal, up, left)
    }
  }
  const errors: Errors = { substitutions: 0, deletions: 0, insertions: 0, total: reference.length }
  const matches: [number, number][] = []
  let i = reference.length
  let j = hypothesis.length
  while (i > 0 || j > 0) {
    const here = cost[i * width + j] as number
    const same = i > 0 && j > 0 && reference[i - 1] === hypothesis[j - 1] ? 0 : 1
    if (i > 0 && j > 0 && here === (cost[(i - 1) * width + j - 1] as number) + same) {
      i--
      j--
      if (same === 0) matches.unshift([i, j])
      else errors.substitutions++
    } else if (i > 0 && here === (cost[(i - 1) * width + j] as number) + 1) {
      i--
      errors.deletions++
    } else {
      j--
      errors.insertions++
    }
  }
  return { errors, matches }
}

export function addErrors(a: Errors, b: Errors): Errors {
  return {
    substitutions: a.substitutions + b.substitutions,
    deletions: a.deletions + b.deletions,
    insertions: a.insertions + b.insertions,
    total: a.total + b.total,
  }
}

export const noErrors: Errors = { substitutions: 0, deletions: 0, insertions: 0, total: 0 }

/** Errors per hundred units of the reference. */
export function rate(errors: Errors): number {
  const wrong = errors.substitutions + errors.deletions + errors.insertions
  return errors.total === 0 ? 0 : (100 * wrong) / errors.total
}

/** Error rate of one text, in percent. */
export function errorRate(reference: string, hypothesis: string, language: string): number {
  return rate(align(units(reference, language), units(hypothesis, language)).errors)
}
