/** What was typed in lines of past meetings and is not known to be stored: kept in this browser until it is, or somebody decides. */
import { signal } from '@preact/signals'
import { recall, remember } from './identity.ts'
import type { KeyValue } from './settings.ts'

export interface UnsavedText {
  text: string
  /** The revision it was typed over. */
  rev: number
  /** What was sent last: the answer may have been lost, and then it is there as somebody else's. */
  sent: string
}

interface Kept extends UnsavedText {
  sessionId: string
  utteranceId: string
  /** Wall clock, ms. */
  at: number
}

/** The lines of one meeting. */
export interface UnsavedLines {
  of(utteranceId: string): UnsavedText | null
  /** The lines that have some, the newest last. */
  lines(): string[]
  keep(utteranceId: string, text: UnsavedText): void
  forget(utteranceId: string): void
  /** Whoever typed has gone on, and it is still here: they are told on whatever page they are. */
  tell(utteranceId: string): void
}

/** A text that waits for its writer, wherever they are now. `address`: of its meeting, as they had it. */
export const leftBehind = signal<{
  sessionId: string
  utteranceId: string
  address: string
  /** They want to see it. */
  asked: boolean
} | null>(null)

const PLACE = 'parley.unsaved'
const MOST = 20
const KEPT_MS = 7 * 86_400_000

export function unsavedLines(
  storage: KeyValue | null,
  sessionId: string,
  address: string,
  now: () => number = Date.now,
): UnsavedLines {
  const all = () => keptIn(recall(storage, PLACE)).filter((each) => now() - each.at < KEPT_MS)
  const write = (kept: Kept[]) => remember(storage, PLACE, kept.length > 0 ? JSON.stringify(kept) : '')
  const mine = (utteranceId: string) => (each: Kept) =>
    each.sessionId === sessionId && each.utteranceId === utteranceId
  return {
    of: (utteranceId) => all().find(mine(utteranceId)) ?? null,
    lines: () =>
      all()
        .filter((each) => each.sessionId === sessionId)
        .map((each) => each.utteranceId),
    keep(utteranceId, text) {
      const others = all().filter((each) => !mine(utteranceId)(each))
      write([...others, { ...text, sessionId, utteranceId, at: now() }].slice(-MOST))
    },
    forget(utteranceId) {
      const before = all()
      const others = before.filter((each) => !mine(utteranceId)(each))
      if (others.length < before.length) write(others)
      const told = leftBehind.peek()
      if (told?.sessionId === sessionId && told.utteranceId === utteranceId) leftBehind.value = null
    },
    tell(utteranceId) {
      if (all().some(mine(utteranceId))) leftBehind.value = { sessionId, utteranceId, address, asked: false }
    },
  }
}

function keptIn(text: string): Kept[] {
  try {
    const kept: unknown = JSON.parse(text)
    return Array.isArray(kept)
      ? kept.filter((each) => typeof each?.text === 'string' && Number.isInteger(each.rev))
      : []
  } catch {
    return []
  }
}
