/** Which bytes of a recording are replaced by silence, because its speaker is muted by the host or the room is off the record. Pure. */

export type SilenceReason = 'muted' | 'off-the-record'

interface Range {
  reason: SilenceReason
  /** Byte offsets; `to` is Infinity while it lasts. */
  from: number
  to: number
}

/** Whole samples only: two bytes each. */
const even = (offset: number) => Math.max(0, offset - (offset % 2))

export class Silences {
  #ranges: Range[] = []

  begin(reason: SilenceReason, at: number): void {
    if (this.lasts(reason)) return
    this.#ranges.push({ reason, from: even(at), to: Number.POSITIVE_INFINITY })
  }

  end(reason: SilenceReason, at: number): void {
    for (const range of this.#ranges)
      if (range.reason === reason && range.to === Number.POSITIVE_INFINITY)
        range.to = Math.max(range.from, even(at))
  }

  /** The bytes from `from` to `to`, whatever began or ended meanwhile. */
  between(reason: SilenceReason, from: number, to: number): void {
    this.#ranges.push({ reason, from: even(from), to: even(to) })
  }

  lasts(reason: SilenceReason): boolean {
    return this.#ranges.some((range) => range.reason === reason && range.to === Number.POSITIVE_INFINITY)
  }

  /** The bytes as they are kept and heard: the same array when nothing of it is silent, else a copy. */
  apply(offset: number, bytes: Uint8Array): Uint8Array {
    const end = offset + bytes.length
    let kept = bytes
    for (const { from, to } of this.#ranges) {
      if (from >= end || to <= offset) continue
      if (kept === bytes) kept = bytes.slice()
      kept.fill(0, Math.max(0, from - offset), Math.min(bytes.length, to - offset))
    }
    return kept
  }
}
