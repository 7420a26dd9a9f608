/** A take as the reader's display shows it: tentative words wait there until they have stood unchanged for a moment. Pure. */

import type { SpokenUtterance } from '../../server/asr/speech-event.ts'
import { emptyTail, rememberTail, standing, type TailMemory, visibleTail } from '../../web/state/stability.ts'
import type { Heard } from './play.ts'

interface Line {
  utterance: SpokenUtterance
  memory: TailMemory
  /** When the next waiting word is shown. */
  due: number | null
}

/** `hold`: ms a tentative word must have stood; the page's default display with the page's own rules. */
export function displayed(heard: readonly Heard[], hold?: number): Heard[] {
  const lines = new Map<string, Line>()
  const seen: Heard[] = []
  const show = (line: Line, at: number) => {
    const { words, due } = visibleTail(line.utterance, line.memory, 'balanced', at, hold)
    line.due = due === null ? null : at + due
    seen.push({
      at,
      event: { type: 'utterance-updated', utterance: { ...line.utterance, pending: [...words] } },
    })
  }
  const wake = (until: number) => {
    for (;;) {
      const next = [...lines.values()]
        .filter(({ due }) => due !== null && due < until)
        .sort((a, b) => (a.due as number) - (b.due as number))[0]
      if (!next) return
      show(next, next.due as number)
    }
  }
  for (const { at: exact, event } of heard) {
    // Whole milliseconds, so that "long enough" cannot fail by a rounding error.
    const at = Math.round(exact)
    wake(at)
    if (event.type !== 'utterance-updated') {
      if ('utterance' in event) lines.delete(event.utterance.id)
      seen.push({ at, event })
      continue
    }
    const { utterance } = event
    const line = lines.get(utterance.id) ?? { utterance, memory: emptyTail, due: null }
    line.utterance = utterance
    line.memory = rememberTail(line.memory, utterance, at, hold)
    lines.set(utterance.id, line)
    show(line, at)
  }
  wake(Number.POSITIVE_INFINITY)
  return seen
}

/** A take as the steady display shows it: finished lines only, and those as they first came. */
export function steadily(heard: readonly Heard[]): Heard[] {
  const lines = new Map<string, { state: 'final' | 'refined'; committed: SpokenUtterance['committed'] }>()
  return heard.flatMap(({ at, event }) => {
    if (event.type !== 'utterance-finished' && event.type !== 'utterance-refined') return []
    const { utterance } = event
    const state = event.type === 'utterance-finished' ? ('final' as const) : ('refined' as const)
    const line = standing(lines.get(utterance.id), { state, committed: utterance.committed })
    lines.set(utterance.id, line)
    return [{ at, event: { ...event, utterance: { ...utterance, committed: line.committed } } }]
  })
}
