/** What the reader sees of a live value: delayed on purpose, held by Pause, or catching up. Pure: time comes in as an argument. */

interface Moment<T> {
  at: number
  value: T
}

/** While catching up, the shown time runs this much faster than the clock. */
const CATCH_UP_RATE = 1.5

export class TimeShift<T> {
  #history: Moment<T>[]
  #lag = 0
  #at: number
  #paused = false

  constructor(
    initial: T,
    now: number,
    /** Milliseconds the reader wants to be behind (a delayed video stream). */
    private delay = 0,
  ) {
    this.#history = [{ at: Number.NEGATIVE_INFINITY, value: initial }]
    this.#at = now
    this.#lag = delay
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Milliseconds behind the live edge, without the wanted delay. */
  get behind(): number {
    return Math.max(0, this.#lag - this.delay)
  }

  push(value: T, now: number): void {
    this.#history.push({ at: now, value })
  }

  pause(now: number): void {
    this.advance(now)
    this.#paused = true
  }

  /** Goes on, catching up at 1.5×; `jump` goes straight to the live edge. */
  resume(now: number, jump: boolean): void {
    this.advance(now)
    this.#paused = false
    if (jump) this.#lag = this.delay
  }

  setDelay(delay: number, now: number): void {
    this.advance(now)
    if (!this.#paused && this.behind === 0) this.#lag = delay
    this.delay = delay
  }

  /** The value to show at `now`. */
  advance(now: number): T {
    const passed = Math.max(0, now - this.#at)
    this.#at = now
    if (this.#paused) this.#lag += passed
    else if (this.#lag > this.delay)
      this.#lag = Math.max(this.delay, this.#lag - passed * (CATCH_UP_RATE - 1))
    else this.#lag = this.delay
    const shown = now - this.#lag
    let index = 0
    while (index + 1 < this.#history.length && (this.#history[index + 1] as Moment<T>).at <= shown) index++
    if (index > 0) this.#history.splice(0, index)
    return (this.#history[0] as Moment<T>).value
  }

  /** When `advance` will give something new by the clock alone, in ms from now; null = not until a push. */
  get pending(): boolean {
    return !this.#paused && this.#history.length > 1
  }
}
