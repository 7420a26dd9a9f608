/**
 * Whose turn it is among rooms that want the recogniser at the same time: start-time fair queuing (Goyal, Vin, Cheng 1996).
 * Each room has a virtual time: the CPU it has used, ms. The lowest goes first. Pure.
 */
export class FairShare {
  /** Virtual times above the level; every other room stands at the level. */
  readonly #used = new Map<string, number>()
  /** Virtual time of the job that was started last. */
  #level = 0

  /** A room that was silent starts level with the others: it has no claim on what it left unused. */
  timeOf(room: string): number {
    return Math.max(this.#level, this.#used.get(room) ?? 0)
  }

  /** A job with this virtual time was started. */
  started(virtualTime: number): void {
    if (virtualTime <= this.#level) return
    this.#level = virtualTime
    for (const [room, used] of this.#used) if (used <= virtualTime) this.#used.delete(room)
  }

  /** `cpu`: ms that a job of this room has taken. */
  spent(room: string, cpu: number): void {
    this.#used.set(room, this.timeOf(room) + cpu)
  }
}
