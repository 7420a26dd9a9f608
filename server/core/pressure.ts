/**
 * Who has to go when unfinished messages hold too much memory. What a socket has received of a message that is not complete
 * lies in the runtime and cannot be seen: only the process's memory, and who does not answer. Pure: memory and time are arguments.
 */

export interface Holder {
  /** Null = this machine itself. */
  readonly address: string | null
  /** Last whole message, and last answer to a ping, ms. */
  heardAt: number
  answeredAt: number
}

export interface PressureLimits {
  /** Memory beyond the least that was seen, bytes. At half of it everybody is asked whether they are there. */
  growth: number
  /** The most that one socket can hold, bytes. */
  each: number
}

/** Time to answer a ping; whoever is in the middle of a frame cannot, ms. */
const ANSWER_WITHIN = 1000
const ASK_EVERY = 5000
/** Asking keeps a socket alive that the runtime would have ended: who does not answer for so long is ended in any case, ms. */
const GONE = 20_000
/** Our own clients say something every five seconds, and sound comes ten times a second, ms. */
const SILENT = 8000
/** So many of one address may be silent, whatever they hold. */
const FORGIVEN = 8
/** Freed memory shows a little later, ms. */
const LOOK_AGAIN = 500

export class Pressure<Socket extends Holder> {
  readonly #limits: PressureLimits
  #least = Number.POSITIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  /** The time before that; what was asked then has been answered by now, or never will be. */
  #askedBefore = Number.NEGATIVE_INFINITY
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(limits: PressureLimits) {
    this.#limits = limits
  }

  /** Who is to be pinged now, and who is to be ended. */
  step(memory: number, sockets: Iterable<Socket>, now: number): { ask: Socket[]; end: Socket[] } {
    const { growth, each } = this.#limits
    this.#least = Math.min(this.#least, memory)
    const grown = memory - this.#least
    if (grown < growth / 2) return { ask: [], end: [] }
    const all = [...sockets]
    const quiet = (since: number) =>
      all.filter(({ heardAt, answeredAt }) => Math.max(heardAt, answeredAt) < since)
    const asked = now - this.#askedAt
    if (asked >= ASK_EVERY) {
      this.#askedBefore = this.#askedAt
      this.#askedAt = now
      return { ask: all, end: quiet(now - GONE) }
    }
    if (grown < growth || now - this.#endedAt < LOOK_AGAIN) return { ask: [], end: [] }
    // Memory can grow by half a gigabyte while an answer is waited for: who owes one from before goes at once.
    const answered = asked >= ANSWER_WITHIN
    const mute = quiet(answered ? this.#askedAt : this.#askedBefore)
    const suspects = mute.length > 0 || !answered ? mute : crowdedSilence(all, now)
    if (suspects.length === 0) return { ask: [], end: [] }
    this.#endedAt = now
    suspects.sort((a, b) => a.heardAt - b.heardAt)
    return { ask: [], end: suspects.slice(0, Math.ceil((grown - growth) / each) + 1) }
  }
}

/** Those who answer and say nothing, at the address that has most of them. */
function crowdedSilence<Socket extends Holder>(all: readonly Socket[], now: number): Socket[] {
  const byAddress = Map.groupBy(
    all.filter(({ heardAt }) => now - heardAt >= SILENT),
    ({ address }) => address,
  )
  const most = [...byAddress.values()].sort((a, b) => b.length - a.length)[0] ?? []
  return most.length > FORGIVEN ? most : []
}
