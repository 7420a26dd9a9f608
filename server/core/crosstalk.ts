/**
 * Two microphones in one room hear one voice: which of two lines is the echo. A line is an echo when nearly all of its
 * words were said at the same time in a louder line; a line with words of its own is genuine overlap and stays.
 */
import { editDistance } from './nearest.ts'
import { type Utterance, type Word, wordsSoFar } from './transcript.ts'

/** Clocks of two devices, their buffers and the sound's way differ: the same word may lie so far apart (engine note §10). */
export const MAX_OFFSET_MS = 1500
/** Share of a line's words that must be found in the other one. */
const MIN_SHARED = 0.8
/** One or two words ("yes", "thank you") are said by two people at once often enough: only a clear echo counts, near in time. */
const SHORT_WORDS = 2
const SHORT_OFFSET_MS = 400
const SHORT_DECIBELS = 6

export interface HeardLine {
  utterance: Pick<Utterance, 'start' | 'end' | 'committed' | 'pending'>
  /** Level of its own microphone while it was said, dB. */
  decibels: number
}

/** True when `line` only repeats what the louder `other` says. Lines without words echo nothing. */
export function isEcho(line: HeardLine, other: HeardLine): boolean {
  const words = wordsSoFar(line.utterance)
  const others = wordsSoFar(other.utterance)
  if (words.length === 0 || others.length === 0) return false
  const short = words.length <= SHORT_WORDS
  const margin = short ? SHORT_DECIBELS : 0
  if (other.decibels - line.decibels <= margin) return false
  const shared = sharedWords(words, others, short ? SHORT_OFFSET_MS : MAX_OFFSET_MS)
  return shared / words.length >= (short ? 1 : MIN_SHARED)
}

/** How many of `words` appear in `others` in the same order and about the same time (longest common subsequence). */
export function sharedWords(words: readonly Word[], others: readonly Word[], offset: number): number {
  const left = words.map(plain)
  const right = others.map(plain)
  let row = new Array<number>(others.length + 1).fill(0)
  for (let i = 1; i <= words.length; i++) {
    const next = [0]
    for (let j = 1; j <= others.length; j++) {
      const near = Math.abs((words[i - 1] as Word).start - (others[j - 1] as Word).start) <= offset
      const same = near && alike(left[i - 1] as string, right[j - 1] as string)
      next[j] = same ? (row[j - 1] as number) + 1 : Math.max(row[j] as number, next[j - 1] as number)
    }
    row = next
  }
  return row[others.length] as number
}

function plain(word: Word): string {
  return word.text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** A far microphone mishears endings: a third of the letters may differ. */
function alike(a: string, b: string): boolean {
  return a === b || (a.length > 3 && editDistance(a, b) <= Math.floor(Math.max(a.length, b.length) / 3))
}
