/** One connection's way to a place for speaking: at once, or through the queue while the machine is full. */
import type { Admission } from '../core/admission.ts'
import { newId } from '../core/id.ts'

export class SpeakingPlace {
  readonly #admission: Admission
  /** Stands for the connection until it is known who speaks. */
  readonly #ticket = newId('con')
  #giveUp: (() => void) | null = null

  constructor(admission: Admission) {
    this.#admission = admission
  }

  /** A place now; false = `wait` for one. */
  take(now: number): boolean {
    return this.#admission.take(this.#ticket, now)
  }

  /** Resolves to true with the place, to false when it was given up. `told`: each new place in the queue, from 1. */
  async wait(told: (place: number) => void): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#giveUp = () => resolve(false)
    this.#admission.wait(this.#ticket, { place: told, admitted: () => resolve(true) })
    return promise
  }

  giveUp(): void {
    this.#giveUp?.()
  }

  /** From here on the place is kept under another name, or free again. */
  handOver(): void {
    this.#admission.leave(this.#ticket)
  }
}
