/** A number of bytes shared by many: when it is used up, whoever holds much gets no more; whoever holds little still does. */

export class Budget {
  readonly #most: number
  readonly #little: number
  #held = 0

  /** `little`: what anybody may hold whatever the sum. */
  constructor(most: number, little: number) {
    this.#most = most
    this.#little = little
  }

  /** In all. */
  get held(): number {
    return this.#held
  }

  /** Less than nothing gives back. */
  take(bytes: number): void {
    this.#held += bytes
  }

  /** Whether somebody who holds `own` is to be refused. */
  exceededBy(own: number): boolean {
    return this.#held > this.#most && own > this.#little
  }
}
