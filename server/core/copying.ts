/** Changing lists and maps without touching the old ones, and cheaply: what the transcript's reducer is made of. */
import type { Utterance } from './transcript.ts'

/** Lists, maps and sets made during the running `inPlace`, which nobody else has seen yet; null outside of it. */
let owned: WeakSet<object> | null = null

/** Runs `work`; the copies it makes are made once and then changed in place. */
export function inPlace<T>(work: () => T): T {
  owned = new WeakSet()
  try {
    return work()
  } finally {
    owned = null
  }
}

/** `value` itself if it may be changed in place, else a copy. */
export function writable<T extends object>(value: object, copy: () => T): T {
  if (owned?.has(value)) return value as T
  const made = copy()
  owned?.add(made)
  return made
}

export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): Map<string, V> {
  return writable(map, () => new Map(map)).set(key, value)
}

export function withMember(set: ReadonlySet<string>, member: string, present: boolean): ReadonlySet<string> {
  if (set.has(member) === present) return set
  const copy = writable(set, () => new Set(set))
  if (present) copy.add(member)
  else copy.delete(member)
  return copy
}

/**
 * Ids that may be in a list (never too few), so that a new line, the usual case, is known as new without looking at
 * thousands. A list hands its set on to the list made from it.
 */
const seen = new WeakMap<readonly Utterance[], Set<string>>()

function idsOf(utterances: readonly Utterance[]): Set<string> {
  let ids = seen.get(utterances)
  if (!ids) {
    ids = new Set(utterances.map((utterance) => utterance.id))
    seen.set(utterances, ids)
  }
  return ids
}

/** Index of the line with this id, or -1. What changes is near the end almost always. */
export function find(utterances: readonly Utterance[], id: string): number {
  if (!idsOf(utterances).has(id)) return -1
  for (let index = utterances.length - 1; index >= 0; index--) if (utterances[index]?.id === id) return index
  return -1
}

export function takeOut(utterances: readonly Utterance[], index: number): Utterance[] {
  const ids = idsOf(utterances)
  const left = writable(utterances, () => utterances.slice())
  left.splice(index, 1)
  seen.set(left, ids)
  return left
}

/** `utterances` with `utterance` in its place by (start, id), instead of the one at `index` (-1 = it is new). */
export function place(utterances: readonly Utterance[], utterance: Utterance, index: number): Utterance[] {
  const ids = idsOf(utterances)
  const placed = writable(utterances, () => utterances.slice())
  if (index >= 0) placed.splice(index, 1)
  let at = index >= 0 ? index : placed.length
  while (at > 0 && isAfter(placed[at - 1] as Utterance, utterance)) at--
  while (at < placed.length && isAfter(utterance, placed[at] as Utterance)) at++
  placed.splice(at, 0, utterance)
  seen.set(placed, ids.add(utterance.id))
  return placed
}

function isAfter(a: Utterance, b: Utterance): boolean {
  return a.start > b.start || (a.start === b.start && a.id > b.id)
}
