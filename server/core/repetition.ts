/** Finding and collapsing the loops a recogniser falls into when it has nothing to hear; independent of language. */

/** A phrase of `length` units said `count` times in a row, the last of them ending before index `end`. */
export interface Loop {
  start: number
  end: number
  length: number
  count: number
}

/** Longest phrase that is looked for, in units. */
const MAX_PHRASE = 16
/**
 * How often a phrase may be said in a row before it is a loop: people do say "no no no no" and "very very very", so
 * short phrases need more evidence than long ones. Index = phrase length; 3 beyond the table.
 */
const ALLOWED = [0, 5, 4, 3]

function limit(length: number): number {
  return ALLOWED[length] ?? 2
}

/** The first loop in `units` (compare keys, such as lower-case words), or null. */
export function findLoop(units: readonly string[]): Loop | null {
  for (let start = 0; start < units.length; start++) {
    for (let length = 1; length <= Math.min(MAX_PHRASE, (units.length - start) / 2); length++) {
      const count = repeats(units, start, length)
      if (count > limit(length)) return { start, end: start + count * length, length, count }
    }
  }
  return null
}

function repeats(units: readonly string[], start: number, length: number): number {
  let count = 1
  for (let at = start + length; at + length <= units.length; at += length, count++) {
    for (let i = 0; i < length; i++) if (units[at + i] !== units[start + i]) return count
  }
  return count
}

/** Which indices stay when every loop is reduced to one saying of its phrase. */
export function collapseLoops(units: readonly string[]): { keep: number[]; removed: number } {
  let keep = units.map((_, index) => index)
  for (;;) {
    const loop = findLoop(keep.map((index) => units[index] as string))
    if (!loop) break
    // A loop at the very end is cut off in the middle of its phrase: that stub goes too.
    const stub = keep.slice(loop.end)
    const isStub =
      stub.length < loop.length &&
      stub.every((index, i) => units[index] === units[keep[loop.start + i] as number])
    keep = keep.slice(0, loop.start + loop.length).concat(isStub ? [] : stub)
  }
  return { keep, removed: units.length - keep.length }
}
