/** Whether this machine can carry one more speaker, and who waits in which place: pure, the time and the load are arguments. */

/** What is known of the machine's load. */
export interface SpeechLoad {
  /** People who can talk at once, by the start-up self-test; 0 = not measured. */
  capacity: number
  /** People talking now. */
  talking: number
  /** The last step of the overload ladder is reached (core/overload.ts). */
  refusing: boolean
}

/** Somebody who paused for less than this still counts as talking, ms. */
export const TURN = 10_000
/** Open microphones per person who can talk at once: in a meeting people take turns. */
export const MICROPHONES = 8

export interface Waiter {
  /** Called with every new place, from 1. */
  place(place: number): void
  admitted(): void
}

/** Never refuses sound of somebody who is in; readers are never asked. */
export class Admission {
  readonly #load: () => SpeechLoad
  readonly #inside = new Set<string>()
  /** First come, first in. */
  readonly #queue = new Map<string, Waiter & { told: number }>()
  /** Who came in from the queue, and when: they are about to talk. */
  readonly #fresh: number[] = []
  #talked: { at: number; talking: number }[] = []

  constructor(load: () => SpeechLoad) {
    this.#load = load
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** No place for a newcomer now. */
  full(now: number): boolean {
    const { capacity, refusing } = this.#load()
    if (capacity <= 0) return false
    this.#look(now)
    const talking = Math.max(0, ...this.#talked.map((sample) => sample.talking)) + this.#fresh.length
    return refusing || talking >= capacity || this.#inside.size >= capacity * MICROPHONES
  }

  /** Takes a place for `id` if there is one and nobody waits for it. Who is in stays in. */
  take(id: string, now: number): boolean {
    if (this.#inside.has(id)) return true
    if (this.#queue.size > 0 || this.full(now)) return false
    this.#inside.add(id)
    return true
  }

  /** For somebody who was in before (a reconnect, a restart of the server): never refused. */
  keep(id: string): void {
    this.#inside.add(id)
  }

  wait(id: string, waiter: Waiter): void {
    this.#queue.set(id, { ...waiter, told: 0 })
    this.#tellPlaces()
  }

  /** Gone: from the queue or from its place. */
  leave(id: string): void {
    this.#inside.delete(id)
    if (this.#queue.delete(id)) this.#tellPlaces()
  }

  /** Call every second: lets the first of the queue in when a place is free, one at a time. */
  tick(now: number): void {
    this.#look(now)
    const [first] = this.#queue
    if (!first || this.full(now)) return
    const [id, waiter] = first
    this.#queue.delete(id)
    this.#inside.add(id)
    this.#fresh.push(now)
    waiter.admitted()
    this.#tellPlaces()
  }

  #look(now: number): void {
    const { talking } = this.#load()
    while (this.#fresh.length && (this.#fresh[0] ?? 0) < now - TURN) this.#fresh.shift()
    this.#talked = this.#talked.filter(({ at }) => at >= now - TURN)
    if (this.#talked.at(-1)?.at === now) this.#talked.pop()
    this.#talked.push({ at: now, talking })
  }

  #tellPlaces(): void {
    let place = 0
    for (const waiter of this.#queue.values()) {
      place++
      if (waiter.told === place) continue
      waiter.told = place
      waiter.place(place)
    }
  }
}
