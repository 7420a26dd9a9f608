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
  /** The first ping that has no answer yet; ours to write. */
  askedAt?: number
}

export interface PressureLimits {
  /** Memory beyond the least that was seen, bytes. From a quarter of it on everybody is asked whether they are there as it grows. */
  growth: number
  /** The most that one socket can hold, bytes. */
  each: number
}

/**
 * Shares of the limit: so much more memory is a reason to ask, from when on; and from when on it is asked in any case. Not
 * sooner: who sends a large message over a thin line cannot answer for long, and takes nothing from anybody.
 */
const ASK = { more: 1 / 8, from: 1 / 4, always: 1 / 2 }
/** With such a reason, and without one, ms. */
const ASK_SOON = 200
const ASK_EVERY = 5000
/** Time to answer a ping; whoever is in the middle of a frame cannot, ms. */
const ANSWER_WITHIN = 1000
/**
 * Memory can grow by half a gigabyte in a second. So far beyond the limit (times it) less time has to do, in which an answer
 * comes from the other side of the world (ms), and those end who hold all that is beyond `enough` (times the limit).
 */
const HURRY = { beyond: 1.1, answerWithin: 300, enough: 1 / 2 }
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
  /** When everybody was asked, and the least memory since. */
  #asked = { at: Number.NEGATIVE_INFINITY, memory: 0 }
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(limits: PressureLimits) {
    this.#limits = limits
  }

  /** Who is to be pinged now, and who is to be ended. */
  step(memory: number, sockets: Iterable<Socket>, now: number): { ask: Socket[]; end: Socket[] } {
    const { growth, each } = this.#limits
    this.#least = Math.min(this.#least, memory)
    this.#asked.memory = Math.min(this.#asked.memory, memory)
    const grown = memory - this.#least
    if (grown < growth * ASK.from) return { ask: [], end: [] }
    const all = [...sockets]
    const hurry = grown >= growth * HURRY.beyond
    const patience = hurry ? HURRY.answerWithin : ANSWER_WITHIN
    const suspects = grown < growth ? [] : whoHolds(all, patience, now)
    if (suspects.length > 0 && now - this.#endedAt >= (hurry ? patience : LOOK_AGAIN)) {
      this.#endedAt = now
      suspects.sort((a, b) => a.heardAt - b.heardAt)
      const enough = growth * (hurry ? HURRY.enough : 1)
      return { ask: [], end: suspects.slice(0, Math.ceil((grown - enough) / each) + 1) }
    }
    const passed = now - this.#asked.at
    const always = grown >= growth * ASK.always
    const more = memory >= this.#asked.memory + growth * ASK.more
    if (passed < (more ? ASK_SOON : always ? ASK_EVERY : Number.POSITIVE_INFINITY))
      return { ask: [], end: [] }
    this.#asked = { at: now, memory }
    for (const socket of all) if (owes(socket, now) === 0) socket.askedAt = now
    return { ask: all, end: always ? all.filter((socket) => owes(socket, now) > GONE) : [] }
  }
}

/** For how long it has owed an answer, ms. */
function owes({ askedAt, heardAt, answeredAt }: Holder, now: number): number {
  return askedAt === undefined || Math.max(heardAt, answeredAt) >= askedAt ? 0 : now - askedAt
}

/** Those who owe an answer for too long; where everybody answers, a crowd that says nothing. */
function whoHolds<Socket extends Holder>(all: readonly Socket[], patience: number, now: number): Socket[] {
  const mute = all.filter((socket) => owes(socket, now) >= patience)
  const awaited = all.some((socket) => owes(socket, now) > 0)
  return mute.length > 0 || awaited ? mute : crowdedSilence(all, now)
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
