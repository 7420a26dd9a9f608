/** What the same speaker said just before: the decoder hears it in front of the next piece of speech, its words given. Pure. */
import { sureness } from './improve.ts'
import { joined, type Spoken } from './joined.ts'
import type { Ms, Word } from './transcript.ts'
import { bareWord, countWords, opens, type Piece, wordStarts } from './word.ts'

/** Mean log probability (natural) of a word: finals of fluent speech are above it; what is below is decoded once more (NOTEBOOK). */
const DOUBTFUL = -0.2
/** The mean over fewer words says little (DF11), and one or two words are easily changed to fit the words before them ("asked not"). */
const FEW = 3
/** Where the first decode had no believable word, the words of the second must be this probable on average. */
const BELIEVED = Math.log(0.5)

/** A second text with so many times the words of the first (plus one) repeats itself: the same sound cannot hold so many. */
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
 * Whether the words decoded with a lead-in replace those decoded without one. Their probabilities do not tell which are
 * right: knowing how a sentence began, the decoder finds the right words with lower probabilities (NOTEBOOK).
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
  /** Its words are not sure (`isDoubtful`). */
  doubted: boolean
  /** …or were not sure until they were decoded with a lead-in. */
  halting: boolean
  /** Number of its words. */
  words: number
  language: string
  /** What was said before it. */
  context: string
}

/** A doubtful piece of speech of up to so many ms and at least so many words is a fragment: its speaker hesitates. */
const FRAGMENT = { length: 2500, words: 2 }
/** Of other doubtful pieces it takes so many in a row: a single one may be a mumbled sentence of anybody. */
const IN_A_ROW = 2

/** Whether the speaker of these (oldest first) hesitates, so that the next piece will hardly be understood by itself. */
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
  /** Its words as a forced prefix, up to the first doubtful piece: a wrong word in the prefix makes the decoder write more wrong ones. */
  given: Piece[]
  /** Its other words, as a draft for the decoder to verify. */
  guessed: Piece[]
  /** What was said before it. */
  context: string
}

/** After a longer pause there is no lead-in, ms. */
const NEAR: Ms = 2500
/**
 * In ms: a piece longer than `own` needs no lead-in; before the others there is one of at most `most`, if both together are
 * not longer than `inAll`. More costs more than it improves (test/bench/NOTEBOOK.md).
 */
const LEAD_IN: { own: Ms; most: Ms; inAll: Ms } = { own: 5000, most: 6000, inAll: 12_000 }
/** The same for drafts, of which there are many: three seconds are nearly as good as six. */
export const DRAFT_LEAD_IN = { ...LEAD_IN, most: 3000 }
/** A piece that is too long is cut so long before one of its words, ms. */
const BEFORE_WORD: Ms = 60
/** A shorter lead-in does not help, ms. */
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

/** The newest words of a piece, at most `most` ms of it; null if nothing useful is left. */
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

/** Without its final punctuation: decoded by itself, every piece ends like a sentence, even where the sentence goes on. */
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
