/** English number words as digits, so that "nineteen eighty-four" and "1984" count as the same words. */

const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const SCALES: Record<string, number> = {
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
}
const ORDINALS: Record<string, string> = {
  first: 'one',
  second: 'two',
  third: 'three',
  fifth: 'five',
  eighth: 'eight',
  ninth: 'nine',
  twelfth: 'twelve',
}

interface NumberWord {
  value: number
  kind: 'unit' | 'teen' | 'ten' | 'hundred' | 'scale' | 'digits'
  ordinal: boolean
  plural: boolean
}

/** A single word as part of a number, or null. */
function numberWord(word: string): NumberWord | null {
  if (/^\d+$/.test(word)) return { value: Number(word), kind: 'digits', ordinal: false, plural: false }
  let base = word
  let ordinal = false
  let plural = false
  if (ORDINALS[word]) {
    base = ORDINALS[word]
    ordinal = true
  } else if (word.endsWith('ieth')) {
    base = `${word.slice(0, -4)}y`
    ordinal = true
  } else if (word.endsWith('th')) {
    base = word.slice(0, -2)
    ordinal = true
  } else if (word.endsWith('ies')) {
    base = `${word.slice(0, -3)}y`
    plural = true
  }
  const unit = UNITS.indexOf(base)
  if (unit >= 0) return { value: unit, kind: unit < 10 ? 'unit' : 'teen', ordinal, plural }
  const ten = TENS.indexOf(base)
  if (ten >= 0) return { value: (ten + 2) * 10, kind: 'ten', ordinal, plural }
  if (base === 'hundred') return { value: 100, kind: 'hundred', ordinal, plural }
  const scale = SCALES[base]
  return scale ? { value: scale, kind: 'scale', ordinal, plural } : null
}

const suffix = (value: number) => {
  const teen = value % 100 > 10 && value % 100 < 14
  return teen ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th')
}

/** Words with every number in digits. "and" inside a number ("two hundred and five") disappears. */
export function numbersToDigits(words: readonly string[]): string[] {
  const out: string[] = []
  for (let i = 0; i < words.length; ) {
    const first = numberWord(words[i] as string)
    // A lone "second" or "first" stays a word in both texts; "one" becomes 1 everywhere.
    if (!first || (first.kind === 'scale' && first.value > 0 && first.plural)) {
      out.push(words[i++] as string)
      continue
    }
    const { text, next } = readNumber(words, i)
    out.push(text)
    i = next
  }
  return out
}

function readNumber(words: readonly string[], from: number): { text: string; next: number } {
  let prefix = '' // digits already fixed: "nineteen" before "eighty four"
  let total = 0
  let group: number | null = null
  let last: NumberWord['kind'] | null = null
  let ordinal = false
  let plural = false
  let i = from
  for (; i < words.length && !ordinal && !plural; i++) {
    const word = words[i] as string
    if (word === 'and' && (last === 'hundred' || last === 'scale') && numberWord(words[i + 1] ?? '')) continue
    const part: NumberWord | null = numberWord(word === 'oh' && last !== null ? 'zero' : word)
    if (!part) break
    if (part.kind === 'digits' && i > from) break
    if (part.kind === 'hundred') group = (group ?? 1) * 100
    else if (part.kind === 'scale') {
      total += (group ?? 1) * part.value
      group = null
    } else if (group === null) group = part.value
    else if (last === 'ten' && part.kind === 'unit' && part.value > 0) group += part.value
    else if (last === 'hundred' && part.kind !== 'digits') group += part.value
    else {
      // Two numbers side by side are read like a year or a telephone number.
      prefix += String(total + group)
      total = 0
      group = part.value
    }
    last = part.kind
    ordinal = part.ordinal
    plural = part.plural
  }
  const value = total + (group ?? 0)
  return { text: `${prefix}${value}${ordinal ? suffix(value) : plural ? 's' : ''}`, next: i }
}
