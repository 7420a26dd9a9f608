/** What the same speaker said just before: the decoder hears it in front of the next piece of speech, its words given. Pure. */
import { sureness } from './improve.ts'
import { joined, type Spoken } from './joined.ts'
import type { Ms, Word } from './transcript.ts'
import { bareWord, countWords, opens, type Piece, wordStarts } from './word.ts'

/** Finals of fluent speech are surer than this, in natural logarithms a word; whoever is less sure is heard once more (NOTEBOOK). */
const DOUBTFUL = -0.2
/** The mean of fewer words says little (DF11), and behind others one of them is easily bent to fit ("asked not"). */
const FEW = 3
/** Where no word could be believed before, those of a second hearing must be this probable on average. */
const BELIEVED = Math.log(0.5)

/** The same sound does not hold so many times as many words, one more granted: what does has gone in circles. */
const MOST_SHARE = 2

/** Whether these words cannot be trusted by themselves. */
export function isDoubtful(words: readonly Word[]): boolean {
  return words.length > 0 && sureness(words) < DOUBTFUL
}

/** Whether these words, heard by themselves, are worth a second hearing. */
export function worthHearingAgain(words: readonly Word[], language: string): boolean {
  return isDoubtful(words) && countWords(words, language) >= FEW
}

/**
 * Whether what was heard behind the words before it replaces what was heard by itself. Which of the two is surer says
 * nothing: given its beginning, a sentence is understood rightly with less probable words (NOTEBOOK).
 */
export function worthMore(behind: readonly Word[], alone: readonly Word[] = []): boolean {
  if (behind.length === 0) return false
  if (alone.length === 0) return sureness(behind) >= BELIEVED
  return behind.length <= (alone.length + 1) * MOST_SHARE
}

/** A decoded piece of speech; times of its pieces count from its first sample. */
export interface Said extends Spoken {
  /** Empty when they are not known: nothing is heard with it. */
  pieces: readonly Piece[]
  /** Its words are doubted. */
  doubted: boolean
  /** …or were, until they were heard behind what was said before. */
  halting: boolean
  /** How many they are. */
  words: number
  language: string
  /** What was said before it. */
  context: string
}

/** Up to so long, of so many words, a saying is a fragment: one that is doubted shows a speaker who halts, ms. */
const FRAGMENT = { length: 2500, words: 2 }
/** Of other doubted sayings so many in a row do: one may be anybody's mumbled sentence. */
const IN_A_ROW = 2

/** Whether the speaker of these, oldest first, halts: what comes next will hardly be understood by itself. */
export function halts(said: readonly Said[]): boolean {
  const newest = said.at(-1)
  if (!newest?.halting) return false
  if (newest.speechEnd <= FRAGMENT.length && newest.words >= FRAGMENT.words) return true
  return said.length >= IN_A_ROW && said.slice(-IN_A_ROW).every(({ halting }) => halting)
}

export interface LeadIn {
  pcm: Float32Array
  /** How long it is, ms. */
  length: Ms
  /** Its words, to be forced, up to the first that are doubted: given a wrong word, the decoder writes more of its kind. */
  given: Piece[]
  /** The other ones: a guess at what it says there. */
  guessed: Piece[]
  /** What was said before it. */
  context: string
}

/** What comes after a longer pause is begun anew, ms. */
const NEAR: Ms = 2500
/**
 * What is longer by itself has company enough; before the others so much is heard, if it is not too much in all, ms: more
 * costs more than it gives (test/bench/NOTEBOOK.md).
 */
const LEAD_IN: { own: Ms; most: Ms; inAll: Ms } = { own: 5000, most: 6000, inAll: 12_000 }
/** The same for drafts, which come one after the other: three seconds are nearly as good as six. */
export const DRAFT_LEAD_IN = { ...LEAD_IN, most: 3000 }
/** A saying that is too long is cut so long before one of its words, ms. */
const BEFORE_WORD: Ms = 60
/** Less is not worth it, ms. */
const LEAST: Ms = 500

/** The newest of `said` (oldest first) that lie close before `next`, or null. */
export function leadIn(
  said: readonly Said[],
  next: { time: Ms; length: Ms },
  language: string,
  { own, most, inAll } = LEAD_IN,
): LeadIn | null {
  if (next.length > own) return null
  let left = Math.min(most, inAll - next.length)
  let { time } = next
  const used: Said[] = []
  for (const piece of said.toReversed()) {
    const length = piece.pcm.length / 16
    const far = time - (piece.time + piece.speechEnd) > NEAR
    if (far || piece.language !== language || piece.pieces.length === 0) break
    const whole = length <= left
    const part = whole ? piece : endOf(piece, left)
    if (part) used.unshift(part)
    if (!whole) break
    left -= length
    time = piece.time
  }
  const [first] = used
  if (!first) return null
  const { pcm } = joined(used)
  const sure = used.findIndex((piece) => piece.doubted)
  const [given, guessed] = sure < 0 ? [used, []] : [used.slice(0, sure), used.slice(sure)]
  return {
    pcm,
    length: pcm.length / 16,
    given: given.flatMap((piece) => withoutEnd(piece.pieces)),
    guessed: guessed.flatMap((piece) => [...piece.pieces]),
    context: first.context,
  }
}

/** The newest words of a saying, at most so long in all; null if there are none to speak of. */
function endOf(piece: Said, most: Ms): Said | null {
  const length = piece.pcm.length / 16
  const from = length - most
  const at = wordStarts(piece.pieces, piece.language).find(
    (start) => (piece.pieces[start] as Piece).start - BEFORE_WORD >= from,
  )
  if (at === undefined) return null
  const start = Math.round((piece.pieces[at] as Piece).start - BEFORE_WORD)
  if (length - start < LEAST) return null
  return { ...piece, pcm: piece.pcm.slice(start * 16), pieces: piece.pieces.slice(at) }
}

/** Decoded by itself every saying ends like a sentence; whether it does, what follows shows. */
function withoutEnd(pieces: readonly Piece[]): readonly Piece[] {
  const last = pieces.findLastIndex((piece) => bareWord(piece.text) !== '')
  return pieces.slice(0, last + 1)
}

/** Sound behind its lead-in. */
export function behind({ pcm: before }: LeadIn, pcm: Float32Array): Float32Array {
  const both = new Float32Array(before.length + pcm.length)
  both.set(before)
  both.set(pcm, before.length)
  return both
}

/** An answer whose text goes on after words that were given behind the lead-in: times from its end. */
export function afterLeadIn<T extends { tokens: Piece[] }>(heard: T, { length }: LeadIn): T {
  const by = (at: Ms) => Math.max(0, at - length)
  const tokens = heard.tokens.map((token) => ({ ...token, start: by(token.start), end: by(token.end) }))
  return { ...heard, tokens }
}

/** The lead-in with all that an answer heard there as given. */
export function withGuess(heard: { tokens: Piece[]; language: string }, lead: LeadIn): LeadIn {
  const own = withoutLeadIn(heard, lead).tokens.length
  const before = heard.tokens.slice(0, heard.tokens.length - own)
  return { ...lead, given: [...lead.given, ...withoutEnd(before)], guessed: [] }
}

/** The part of an answer that was said after the lead-in, times from its end; words attended before it belong to the lead-in. */
export function withoutLeadIn<T extends { tokens: Piece[]; language: string }>(heard: T, lead: LeadIn): T {
  const { length } = lead
  const { tokens, language } = heard
  const starts = wordStarts(tokens, language)
  const first = starts.findIndex((start, i) => {
    const last = tokens[(starts[i + 1] ?? tokens.length) - 1] as Piece
    return ((tokens[start] as Piece).start + last.end) / 2 >= length
  })
  const behind = first < 0 ? [] : tokens.slice(starts[first])
  // The punctuation that was left open is the lead-in's too.
  const begin = behind.findIndex(({ text }) => bareWord(text) !== '' || opens(text))
  const own = begin < 0 ? [] : behind.slice(begin)
  return afterLeadIn({ ...heard, tokens: [...own] }, lead)
}
