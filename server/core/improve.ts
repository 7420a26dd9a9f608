/** Where the careful second pass is better than the fast final, difference by difference, and what the words then are: pure. */
import { LEAST_SHARE } from './live.ts'
import { type Ms, textOf, type Word } from './transcript.ts'
import { bareWord } from './word.ts'
import { commonWords, straighten } from './word-diff.ts'

/**
 * Words are replaced only where the new ones, with a neighbour on each side, are surer by this, per word in natural
 * logarithms. Most changes for the worse are less sure, most for the better surer (test/bench/NOTEBOOK.md); and every
 * change that is not made is one less on screen.
 */
const SURER = 0.05
/** Words that only the new text has must be this probable on average: the live decode has heard the sound several times without them. */
const ADDED = 0.3
/** Words that only the old text has go if they were as improbable as this: beam search likes to leave out and to stop early. */
const OMITTED = 0.1

/**
 * People have read on: words said longer than this before the end of the speech, ms, change only where the new ones are surer
 * by so much more for every second, and more when they are final. How long the pass had to wait for the machine does not
 * count: under load the text would be the worse for it. Nor does sound that came faster than it can be spoken.
 */
const READ: Ms = 3000
const SURER_EACH_SECOND = { promised: 0.1, final: 0.15 }

/** Letters of a word on average: what makes sureness by letters comparable with that by words. */
const LETTERS = 5

/** Words cannot be surer than this, in natural logarithms. */
const MOST_SURE = Math.log(0.9)

/** Old words from…to give way to the new ones from…to. */
interface Difference {
  before: [number, number]
  after: [number, number]
}

/**
 * The refined words with the times of those that did not change, or null when the old text should stay. `read`: session time
 * up to which people can have read on (OpenUtterance.readUntil).
 */
export function improve(
  before: readonly Word[],
  after: readonly Word[],
  otherLanguage: boolean,
  read: Ms,
): Word[] | null {
  // How many words say the same differs between languages, and more between scripts.
  if (otherLanguage && after.length > 0) return [...after]
  if (after.length < before.length * LEAST_SHARE) return null
  const better = differences(before, after).filter((each) =>
    isBetter(each, before, after, read, SURER_EACH_SECOND.final),
  )
  if (better.length === 0) return null
  const words: Word[] = []
  let at = 0
  for (const { before: old, after: fresh } of better) {
    words.push(...before.slice(at, old[0]), ...after.slice(fresh[0], fresh[1]))
    at = old[1]
  }
  return straighten(words.concat(before.slice(at)))
}

/**
 * What a decode of the whole utterance makes of words that were promised while it was spoken: a promise is broken only
 * where the new words are surer; everything after the last promised word is the new text's.
 */
export function confirm(promised: readonly Word[], whole: readonly Word[], read: Ms): Word[] {
  const kept = differences(promised, whole).filter(
    (each) =>
      each.before[1] < promised.length && !isBetter(each, promised, whole, read, SURER_EACH_SECOND.promised),
  )
  const words: Word[] = []
  let at = 0
  for (const { before: old, after: fresh } of kept) {
    words.push(...whole.slice(at, fresh[0]), ...promised.slice(old[0], old[1]))
    at = fresh[1]
  }
  return straighten(words.concat(whole.slice(at)))
}

/**
 * Heard together with what stands around it a doubted text is the better one unless it is less sure by this; one word says
 * little, so that it must be surer, more words less so, by so much over the square of their number.
 */
const LESS_SURE = { by: 0.15, few: 0.3 }
/** What is surer by so much may have lost more words, down to this share: by itself half a word was heard as three. */
const MUCH_SURER = { by: 0.5, share: 0.5 }

/** Where nothing could be believed before, the words heard in company must be this probable on average. */
const BELIEVED = Math.log(0.5)

/**
 * A doubted text replaced as a whole by one that was heard together with its neighbours, punctuation and all; or null: the old
 * one stays.
 */
export function replaced(before: readonly Word[], after: readonly Word[]): Word[] | null {
  if (after.length === 0) return null
  if (before.length === 0) return sureness(after) >= BELIEVED ? straighten([...after]) : null
  const gain = sureness(after) - sureness(before)
  const share = gain >= MUCH_SURER.by ? MUCH_SURER.share : LEAST_SHARE
  if (after.length < before.length * share) return null
  if (gain < LESS_SURE.few / after.length ** 2 - LESS_SURE.by) return null
  if (textOf(before) === textOf(after)) return null
  const words = [...after]
  for (const [i, j] of pairsOf(before, after)) {
    const { start, end } = before[i] as Word
    words[j] = { ...(after[j] as Word), start, end }
  }
  return straighten(words)
}

/** A text that may only mend single words of a line keeps at least this share of them (“Number one” had become one long name). */
const CONFIRMED = 0.5

/** Whether a text has as many words as the other and says mostly the same, so that it may mend the rest. */
export function confirms(before: readonly Word[], after: readonly Word[]): boolean {
  return before.length === after.length && pairsOf(before, after).length >= CONFIRMED * before.length
}

/** The stretches in which letters or digits differ. */
function differences(before: readonly Word[], after: readonly Word[]): Difference[] {
  const pairs = pairsOf(before, after)
  const found: Difference[] = []
  let old = 0
  let fresh = 0
  for (const [i, j] of [...pairs, [before.length, after.length] as const]) {
    if (i > old || j > fresh) found.push({ before: [old, i], after: [fresh, j] })
    old = i + 1
    fresh = j + 1
  }
  return found
}

/** Words that say the same in both, by index. */
function pairsOf(before: readonly Word[], after: readonly Word[]): [number, number][] {
  const key = (word: Word) => bareWord(word.text)
  return commonWords(before.map(key), after.map(key))
}

function isBetter(
  { before: b, after: a }: Difference,
  before: readonly Word[],
  after: readonly Word[],
  read: Ms,
  surerEachSecond: number,
): boolean {
  const old = before.slice(b[0], b[1])
  const fresh = after.slice(a[0], a[1])
  const stood = read - (old[0] ?? before[b[0] - 1] ?? fresh[0])!.end
  const more = (surerEachSecond * Math.max(0, stood - READ)) / 1000
  if (fresh.length === 0) return sureness(old) < Math.log(OMITTED) - more && old.every(isImprobable)
  if (old.length === 0) return sureness(fresh) >= Math.min(Math.log(ADDED) + more, MOST_SURE)
  return evenly(around(after, a)) >= evenly(around(before, b)) + SURER + more
}

function isImprobable(word: Word): boolean {
  return word.probability < OMITTED
}

function around(words: readonly Word[], [from, to]: [number, number]): Word[] {
  return words.slice(Math.max(0, from - 1), to + 1)
}

/**
 * Sureness of texts that may divide the same sound into more or fewer words: half by words, half by letters, so that one
 * wrong word is not outweighed by small sure ones around it ("ninho em um" for "nenhum").
 */
function evenly(words: readonly Word[]): number {
  const letters = words.reduce((count, word) => count + [...bareWord(word.text)].length, 0)
  const byLetters = (sureness(words) * words.length * LETTERS) / Math.max(1, letters)
  return (sureness(words) + byLetters) / 2
}

/** Mean logarithm of the words' probabilities. */
export function sureness(words: readonly Word[]): number {
  return words.reduce((sum, word) => sum + Math.log(Math.max(word.probability, 1e-4)), 0) / words.length
}
