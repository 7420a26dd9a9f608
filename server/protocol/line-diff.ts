/** WhisperLiveKit's mode=diff: the first state whole, then only the lines that changed at the end. */
import type { Line } from './whisperlivekit.ts'

interface Whole {
  lines: Line[]
}

export class LineDiff {
  #seq = 0
  #before: string[] = []

  /**
   * A client keeps the first `n_lines − new_lines.length` lines it has and puts `new_lines` after them. Lines are never
   * pruned from the front here, so there is no `lines_pruned`.
   */
  next(state: Whole & Record<string, unknown>): Record<string, unknown> {
    const now = state.lines.map((line) => JSON.stringify(line))
    this.#seq++
    const before = this.#before
    this.#before = now
    if (this.#seq === 1) return { type: 'snapshot', seq: 1, ...state }
    let common = 0
    while (common < now.length && now[common] === before[common]) common++
    const { lines, ...rest } = state
    const changed = common < now.length ? { new_lines: lines.slice(common) } : {}
    return { type: 'diff', seq: this.#seq, ...rest, n_lines: lines.length, ...changed }
  }
}
