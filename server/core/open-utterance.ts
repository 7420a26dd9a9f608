/**
 * The words of one utterance while it is being spoken: committed, tentative, and the window of sound they were heard in.
 *
 *   start          windowStart                          newest sample
 *     |—— settled ——|—— pieces (forced prefix) ——|—— tail ——|
 *
 * Settled and pieces are committed; only the sound from windowStart on is decoded again.
 */
import { SAMPLES_PER_MS, samplesToMs } from './audio.ts'
import type { LeadIn } from './lead-in.ts'
import type { Ms, Word } from './transcript.ts'
import { endsClause, endsSentence, type Piece, toWords, wordStarts } from './word.ts'

/** A gap between two words that is heard as a breath, ms. */
const BREATH = 200

export interface Final {
  words: Word[]
  /** Speech up to this chunk (SpeechActivity.afterVoiced) was in the window. */
  covered: number
  /** The decoder stopped early: from this sample on there is speech without words. */
  resume: number | null
  /** Somebody spoke, but no words could be believed. */
  doubted?: boolean
  /** As decoded, if all of it was in one: times from the utterance's start. */
  pieces?: readonly Piece[]
  /** What it was heard behind. */
  lead?: LeadIn | null
}

/** An utterance cut in two: the words of the first part, the sample where it ends, and what goes on. */
export interface Division {
  words: Word[]
  end: number
  rest: OpenUtterance
}

export class OpenUtterance {
  /** Committed words that have left the window. */
  settled: Word[] = []
  /** Committed pieces inside the window, times from its start. */
  pieces: Piece[] = []
  /** Everything heard after them. */
  tail: Piece[] = []
  /** Committed pieces that have left the window: what a later decode of the whole utterance is likely to say. */
  earlier: Piece[] = []
  /** A decode of everything from `start`, made at a pause: the final if the pause lasts. */
  final: Final | null = null
  /** Part of its sound was skipped: it cannot be decoded as a whole. */
  broken = false
  /** Heard by itself and not trusted: it is to be heard once more, behind what was said before. */
  doubted: Final | null = null
  /** What its drafts are heard behind, with all the words that were heard there: what is promised follows them. */
  ahead: LeadIn | null = null
  /** Sample at which the newest decode's window ended. */
  heard: number
  /** What a reader has seen of it, to emit only changes. */
  shown = ''
  language: string
  windowStart: number

  constructor(
    readonly id: string,
    /** First sample that may hold its words. */
    readonly start: number,
    /** Session time of the stream's sample 0. */
    readonly origin: Ms,
    language: string,
    public languageProbability?: number,
    /** Clock at which its first sample was spoken, if its sound comes as it is spoken. */
    readonly begun: Ms = Number.NEGATIVE_INFINITY,
  ) {
    this.windowStart = start
    this.heard = start
    this.language = language
  }

  /** Session time of the window's first sample. */
  get windowTime(): Ms {
    return this.origin + this.windowStart / SAMPLES_PER_MS
  }

  /**
   * Session time up to which people can have read on when its sound up to sample `end` is known: what comes faster than it
   * can be spoken leaves no time to read.
   */
  readUntil(end: number, now: Ms): Ms {
    return this.origin + Math.min(samplesToMs(end), samplesToMs(this.start) + now - this.begun)
  }

  committed(): Word[] {
    return this.settled.concat(this.#windowWords(this.pieces, 0))
  }

  /** The tentative words, times following the committed ones. */
  tentative(): Word[] {
    return this.#windowWords(this.pieces.concat(this.tail), this.pieces.length)
  }

  /** Everything known: what a final is made of. */
  all(): Word[] {
    return this.settled.concat(this.#windowWords(this.pieces.concat(this.tail), 0))
  }

  /** Text of all words so far. */
  get text(): string {
    return this.settled
      .map((word) => word.text)
      .concat(
        this.pieces.map((piece) => piece.text),
        this.tail.map((piece) => piece.text),
      )
      .join('')
  }

  /** What a decode of the whole utterance is expected to say. */
  expected(): Piece[] {
    return this.earlier.concat(this.pieces, this.tail)
  }

  /**
   * Take a decode of the whole utterance into the tentative tail, if it agrees with everything committed: what is
   * committed must not change before the final.
   */
  adopt(whole: readonly Piece[]): void {
    const committed = this.earlier.concat(this.pieces)
    const agrees = committed.every((piece, i) => whole[i]?.id === piece.id && whole[i]?.text === piece.text)
    if (!agrees) return
    const offset = (this.windowStart - this.start) / SAMPLES_PER_MS
    this.tail = whole.slice(committed.length).map((piece) => shifted(piece, offset))
  }

  /** Take a decode's answer: the first `commit` pieces stay, the rest is tentative. */
  update(pieces: readonly Piece[], commit: number): void {
    this.pieces = this.pieces.concat(pieces.slice(0, commit))
    this.tail = pieces.slice(commit)
  }

  /** The sound up to `end` cannot be decoded: go on after it with the committed words, and never decode it again. */
  skip(end: number, covered: number | null): void {
    this.settled = this.committed()
    this.pieces = []
    this.tail = []
    this.windowStart = end
    this.heard = end
    this.broken = true
    if (covered !== null) this.final = { words: this.all(), covered, resume: null }
  }

  /** Forget all words (the language was wrong): the window starts over. */
  restart(language: string): void {
    this.settled = []
    this.earlier = []
    this.pieces = []
    this.tail = []
    this.ahead = null
    this.final = null
    this.windowStart = this.start
    this.language = language
  }

  /**
   * Where the window may be cut: an index into `pieces` at which a word begins. The last sentence end is best, else the
   * last word that begins before `share` of the window. −1 = nowhere.
   */
  cutPoint(windowMs: Ms, share: number): number {
    const sentence = this.sentenceCut()
    if (sentence > 0) return sentence
    let cut = -1
    for (const index of wordStarts(this.pieces, this.language)) {
      if (index > 0 && (this.pieces[index] as Piece).start <= windowMs * share) cut = index
    }
    return cut
  }

  /** Index of the piece after the last committed sentence end inside the window, −1 if there is none. */
  sentenceCut(): number {
    const starts = wordStarts(this.pieces, this.language)
    for (let i = starts.length - 1; i > 0; i--) {
      const at = starts[i] as number
      if (endsSentence((this.pieces[at - 1] as Piece).text) && endsSentence(this.#textTo(at))) return at
    }
    // All committed words may be one finished sentence while the next exists only as a tail.
    const next = this.tail[0]
    return next && this.pieces.length > 0 && endsSentence(this.#textTo(this.pieces.length))
      ? this.pieces.length
      : -1
  }

  /** The best place to divide the utterance: the last committed sentence end, else clause end or breath, else word. */
  bestCut(): { kind: 'sentence' | 'clause' | 'word' | 'nothing'; at: number } {
    const sentence = this.sentenceCut()
    if (sentence > 0) return { kind: 'sentence', at: sentence }
    const starts = wordStarts(this.pieces, this.language).filter((at) => at > 0)
    const clause = starts.findLast((at) => {
      const before = this.pieces[at - 1] as Piece
      return endsClause(before.text) || (this.pieces[at] as Piece).start - before.end >= BREATH
    })
    if (clause !== undefined) return { kind: 'clause', at: clause }
    const word = starts.at(-1)
    return word === undefined ? { kind: 'nothing', at: -1 } : { kind: 'word', at: word }
  }

  /** Move the window's start to piece `at`; what lies before becomes settled. */
  cut(at: number): void {
    const before = this.pieces.slice(0, at)
    const words = this.#windowWords(before, 0)
    const time = this.cutTime(at)
    this.settled = this.settled.concat(words)
    this.earlier = this.earlier.concat(before)
    this.pieces = this.pieces.slice(at).map((piece) => shifted(piece, time))
    this.tail = this.tail.map((piece) => shifted(piece, time))
    this.windowStart += Math.round(time * SAMPLES_PER_MS)
  }

  /** Between the word before piece `at` and the word that begins there, ms from the window's start. */
  cutTime(at: number): Ms {
    const before = this.pieces[at - 1]
    const after = this.pieces[at] ?? this.tail[0]
    if (!before) return 0
    const from = before.end
    const to = after ? Math.max(after.start, from) : from
    return Math.max(0, Math.round((from + to) / 2))
  }

  /** Everything before piece `at` as an utterance of its own; the rest goes on under `id` as a new one. */
  splitOff(at: number, id: string): Division {
    this.cut(at)
    const { windowStart, origin, language, languageProbability } = this
    const begun = this.begun + samplesToMs(windowStart - this.start)
    const rest = new OpenUtterance(id, windowStart, origin, language, languageProbability, begun)
    rest.pieces = this.pieces
    rest.tail = this.tail
    rest.heard = this.heard
    return { words: this.settled, end: this.windowStart, rest }
  }

  #textTo(at: number): string {
    return this.pieces
      .slice(0, at)
      .map((piece) => piece.text)
      .join('')
  }

  #windowWords(pieces: readonly Piece[], from: number): Word[] {
    const after = this.settled.at(-1)?.end ?? 0
    const words = toWords(pieces, this.language, this.windowTime, after)
    return from === 0
      ? words
      : words.slice(toWords(pieces.slice(0, from), this.language, this.windowTime, after).length)
  }
}

function shifted(piece: Piece, by: Ms): Piece {
  return { ...piece, start: Math.max(0, piece.start - by), end: Math.max(0, piece.end - by) }
}
