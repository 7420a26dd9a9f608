/** Which tentative words are worth showing, so that what is on screen hardly ever changes: confidence, distance, hysteresis. */
import type { Ms, Word } from './transcript.ts'
import { bareWord, withoutEnding } from './word.ts'

export interface GateOptions {
  /** A word must be at least this probable… */
  probability: number
  /** …and end this far before the newest audio: 5 frames of 20 ms (engine note §2.4: 0.43 s shown, nothing erased). */
  edge: Ms
  /** …unless it lies this far back: then it will not get better. */
  settledAfter: Ms
  /** A shown word gives way at once to one that is so much more probable; else only to one that comes twice. */
  gain: number
}

const GATE: GateOptions = { probability: 0.4, edge: 60, settledAfter: 500, gain: 0.2 }

/** One utterance's tentative words on screen. */
export class DisplayGate {
  #shown: Word[] = []
  /** Compare keys of the tail seen last, for "comes twice". */
  #before: string[] = []

  constructor(readonly options: GateOptions = GATE) {}

  /**
   * The words to show after the committed ones. `newlyCommitted` words leave the tail first; `tail` is everything
   * tentative now, `now` the end of the audio it was heard in.
   */
  update(newlyCommitted: readonly Word[], tail: readonly Word[], now: Ms): Word[] {
    const left = matching(this.#shown, newlyCommitted)
    this.#shown = this.#shown.slice(left)
    this.#before = this.#before.slice(newlyCommitted.length)
    const { probability, edge, settledAfter, gain } = this.options
    const keys = tail.map((word) => bareWord(word.text))
    const next: Word[] = []
    for (let i = 0; i < tail.length; i++) {
      const word = tail[i] as Word
      const old = this.#shown[i]
      const unchanged = old !== undefined && bareWord(old.text) === keys[i]
      const twice = this.#before[i] === keys[i]
      const sure =
        word.probability >= (twice ? probability * 0.6 : probability) || word.end <= now - settledAfter
      const safe = sure && word.end <= now - edge
      if (unchanged) {
        next.push(word)
        continue
      }
      if (old !== undefined) {
        if (safe && (twice || word.probability >= old.probability + gain)) next.push(word)
        else return this.#keep(next.concat(this.#shown.slice(i)), keys)
        continue
      }
      if (!safe) break
      next.push(word)
    }
    // Words that are no longer heard stay for one more round: usually they come back.
    if (
      next.length < this.#shown.length &&
      keys.length < this.#shown.length &&
      this.#before.length > keys.length
    )
      return this.#keep(next.concat(this.#shown.slice(next.length)), keys)
    return this.#keep(next, keys)
  }

  /** A new utterance begins, or the rest of this one moved to a new line. */
  reset(): void {
    this.#shown = []
    this.#before = []
  }

  #keep(words: Word[], keys: string[]): Word[] {
    this.#before = keys
    this.#shown = words
    const last = words.at(-1)
    if (!last) return []
    // Punctuation after the newest word is a guess about what comes next.
    return [...words.slice(0, -1), { ...last, text: withoutEnding(last.text) }].filter(
      (word) => word.text.trim() !== '',
    )
  }
}

/** How many leading shown words are covered by the newly committed ones. */
function matching(shown: readonly Word[], committed: readonly Word[]): number {
  const end = committed.at(-1)?.end
  if (end === undefined) return 0
  let count = Math.min(shown.length, committed.length)
  // The same number of words usually; by time when the recogniser now divides them differently.
  while (count < shown.length && (shown[count] as Word).end <= end) count++
  return count
}
