/** One playlist that comes again and again: hours of speech in which every word's true time is known. */
import type { Word } from '../../server/core/transcript.ts'
import { type Gold, goldWords } from './alignment.ts'
import { type Clip, speechDirectory } from './clips.ts'
import { align } from './wer.ts'

/** What can be said of such hours on the command line. */
export const ROUNDS = {
  hours: { type: 'string', default: '2' },
  seconds: { type: 'string', default: '80' },
  clips: { type: 'string', default: 'en_sonnet3,en_ami_EN2001e,en_ls_*,en_lj0*' },
  directory: { type: 'string', default: speechDirectory() },
} as const

/** Stretches of the way that are compared. */
export const STRETCHES = 8

/** Frames of 160 ms, whole chunks of the voice detector: they fall alike in every round. */
export const GRID = 16 * 160

/** The playlist, padded so that every round falls alike on the grid. */
export function onGrid({ clip, gold }: { clip: Clip; gold: Gold }): { clip: Clip; gold: Gold } {
  const pcm = new Float32Array(Math.ceil(clip.pcm.length / GRID) * GRID)
  pcm.set(clip.pcm)
  return { clip: { ...clip, pcm }, gold }
}

/** End of each recognised word less the end of the same word in the recording, ms. */
export function offsets(words: readonly Word[], { words: gold }: Gold, round: number): number[] {
  const first = words[0]
  if (!first) return []
  const base = Math.floor((first.start + 500) / round) * round
  const mine = goldWords(words, 'en').map((word) => ({
    ...word,
    start: word.start - base,
    end: word.end - base,
  }))
  const [from, to] = [(mine[0]?.start ?? 0) - 3000, (mine.at(-1)?.end ?? 0) + 3000]
  const near = gold.filter((word) => word.end > from && word.start < to)
  const { matches } = align(
    near.map((word) => word.unit),
    mine.map((word) => word.unit),
  )
  return matches.map(([g, m]) => (mine[m]?.end ?? 0) - (near[g]?.end ?? 0))
}
