/** What a reader's screen held after each event, and what was taken back from it. Pure. */
import type { Word } from '../../server/core/transcript.ts'
import type { Heard } from './play.ts'
import { align, units } from './wer.ts'

export interface Snapshot {
  at: number
  /** Everything on the screen, as compare units. */
  shown: string[]
  /** What must not change before its final, finals included. */
  committed: string[]
  /** Words of finals only. */
  finals: string[]
  change: 'draft' | 'final' | 'refinement'
}

/** Words that left the screen or changed on it, by what took them. */
export interface Erased {
  drafts: number
  finals: number
  refinements: number
  /** Committed words that changed before their final. */
  committed: number
}

/** Events that arrive within one frame of a screen are seen as one change, ms. */
const ONE_FRAME = 5

export function snapshotsOf(heard: readonly Heard[], language: string): Snapshot[] {
  const unitsOf = (words: readonly Word[]) => units(words.map((word) => word.text).join(''), language)
  const lines = new Map<string, { start: number; committed: string[]; all: string[]; final: boolean }>()
  const snapshots: Snapshot[] = []
  const relevant = heard.filter(({ event }) => 'utterance' in event)
  for (const [index, { at, event }] of relevant.entries()) {
    if (!('utterance' in event)) continue
    const { id, start, committed, pending } = event.utterance
    lines.set(id, {
      start: lines.get(id)?.start ?? start,
      committed: unitsOf(committed),
      all: unitsOf(committed.concat(pending)),
      final: event.type !== 'utterance-updated',
    })
    const following = relevant[index + 1]
    if (following && following.at - at < ONE_FRAME && event.type !== 'utterance-refined') continue
    const ordered = [...lines.values()].sort((a, b) => a.start - b.start)
    snapshots.push({
      at,
      shown: ordered.flatMap((line) => line.all),
      committed: ordered.flatMap((line) => line.committed),
      finals: ordered.flatMap((line) => (line.final ? line.committed : [])),
      change:
        event.type === 'utterance-refined'
          ? 'refinement'
          : event.type === 'utterance-finished'
            ? 'final'
            : 'draft',
    })
  }
  return snapshots
}

export function erasedIn(snapshots: readonly Snapshot[]): Erased {
  const erased: Erased = { drafts: 0, finals: 0, refinements: 0, committed: 0 }
  for (const [index, now] of snapshots.entries()) {
    const before = snapshots[index - 1]
    if (!before) continue
    const lost = changedWords(before.shown, now.shown)
    if (now.change === 'refinement') erased.refinements += lost
    else {
      if (now.change === 'final') erased.finals += lost
      else {
        erased.drafts += lost
        erased.committed += changedWords(before.committed, now.committed)
      }
    }
  }
  return erased
}

/** The newest text of every utterance, in order. */
export function finalLines(heard: readonly Heard[]): Word[][] {
  const lines = new Map<string, { start: number; words: Word[] }>()
  for (const { event } of heard) {
    if (!('utterance' in event)) continue
    const { id, start, committed } = event.utterance
    lines.set(id, { start: lines.get(id)?.start ?? start, words: committed })
  }
  return [...lines.values()].sort((a, b) => a.start - b.start).map(({ words }) => words)
}

/** Old words that did not survive in place or shifted. */
function changedWords(before: readonly string[], after: readonly string[]): number {
  const prefix = commonPrefix(before, after)
  const old = before.slice(prefix)
  if (old.length === 0) return 0
  return old.length - align(old, after.slice(prefix)).matches.length
}

export function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}
