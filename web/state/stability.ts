/** How much of the tentative tail a reader sees: at once, when it has stayed unchanged for a while, or only finished sentences. */
import type { Utterance, Word } from '../../server/core/transcript.ts'

export type Stability = 'instant' | 'balanced' | 'steady'

type Spoken = Pick<Utterance, 'committed' | 'pending'>

/** A pending word is shown in “Balanced” when it has stayed the same for so long; measured, see test/bench/NOTEBOOK.md. */
const HOLD_MS = 200
/** A word less probable than this has to outlive the next draft as well: half of what readers saw taken back began with one. */
const DOUBTFUL = 0.4
const HOLD_DOUBTFUL_MS = 500

/** When each pending word of an utterance took its present text: one entry per position after the committed words. */
export interface TailMemory {
  /** Index of the first remembered word, counted over committed and pending words. */
  from: number
  texts: string[]
  since: number[]
}

export const emptyTail: TailMemory = { from: 0, texts: [], since: [] }

/** Remembers since when each tentative word has had its text; a changed word makes all after it new again. */
export function rememberTail(memory: TailMemory, utterance: Spoken, now: number): TailMemory {
  const from = utterance.committed.length
  const texts = utterance.pending.map((word) => word.text)
  const since: number[] = []
  let same = true
  texts.forEach((text, index) => {
    const before = from + index - memory.from
    same = same && memory.texts[before] === text
    since.push(same ? (memory.since[before] as number) : now)
  })
  return { from, texts, since }
}

/** The tentative words to show now, and in how many ms another one becomes due (null = none waits). */
export function visibleTail(
  utterance: Spoken,
  memory: TailMemory,
  stability: Stability,
  now: number,
  hold = HOLD_MS,
): { words: readonly Word[]; due: number | null } {
  if (stability === 'instant') return { words: utterance.pending, due: null }
  if (stability === 'steady') return { words: [], due: null }
  for (const [index, word] of utterance.pending.entries()) {
    const patience = word.probability < DOUBTFUL ? Math.max(hold, HOLD_DOUBTFUL_MS) : hold
    const due = (memory.since[index] ?? now) + patience - now
    if (due > 0) return { words: utterance.pending.slice(0, index), due }
  }
  return { words: utterance.pending, due: null }
}

/**
 * What of a finished line “Steady” shows: as it first came, whatever the careful second pass makes of it later; the transcript
 * has the better text. What a person changes or takes away is shown in every display.
 */
export function standing<T extends Pick<Utterance, 'state' | 'committed'>>(shown: T | undefined, now: T): T {
  const byMachine = shown?.state === 'final' && now.state === 'refined' && now.committed.length > 0
  return byMachine ? shown : now
}
