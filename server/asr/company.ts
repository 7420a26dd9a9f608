/** Doubtful utterances wait a little for company: who pauses in mid-sentence is understood only together with what stands around it. */
import type { Clock } from '../core/clock.ts'
import { sureness } from '../core/improve.ts'
import { lengthOf, newestTogether } from '../core/joined.ts'
import type { Ms } from '../core/transcript.ts'
import type { RefineTask } from './refiner.ts'

/**
 * Finals of fluent speech are surer than the first, fragments less sure: means of 228 finals of 46 English clips and of 149
 * with pauses cut into them (test/bench/NOTEBOOK.md), in natural logarithms a word. Longer ones have company enough in
 * themselves, and readers who have read on: there it takes more doubt.
 */
const DOUBTFUL = { fragment: -0.4, anything: -0.8 }
/** Most voice of a fragment, ms. */
const FRAGMENT: Ms = 5000
/** With so much sound around it nothing is gained by waiting; with more than the most, little by hearing more. */
const SOUND: { enough: Ms; most: Ms } = { enough: 8000, most: 20_000 }
/** So long it waits for what is said next, ms. */
const WAIT: Ms = 2000

export class Company {
  /** What this speaker said just now, oldest first. */
  #near: RefineTask[] = []
  #waiting: RefineTask[] = []
  #cancel: (() => void) | null = null

  constructor(
    private clock: Clock,
    /** Some of `together` are to be heard again, all of it in one. */
    private hear: (some: RefineTask[], together: RefineTask[]) => void,
  ) {}

  /** Every final comes by here, in order. */
  pass(task: RefineTask): void {
    const same = this.#near.at(-1)?.spoken.language === task.spoken.language
    this.#near = newestTogether([...(same ? this.#near : []), task], SOUND.most)
  }

  /** Whether it cannot be trusted by itself. */
  wants(task: RefineTask): boolean {
    if (task.spoken.committed.length === 0) return true
    const enough = task.voiced <= FRAGMENT ? DOUBTFUL.fragment : DOUBTFUL.anything
    return sureness(task.spoken.committed) < enough
  }

  wait(task: RefineTask): void {
    this.#waiting.push(task)
    this.look()
    if (this.#waiting.length > 0) this.#cancel ??= this.clock.after(WAIT, () => this.flush())
  }

  /** Whoever waits has waited long enough. */
  flush(): void {
    this.close()
    const some = this.#waiting.splice(0)
    // Those that new speech has left behind are heard alone.
    for (const task of some.filter((each) => !this.#near.includes(each))) this.hear([task], [task])
    const rest = some.filter((each) => this.#near.includes(each))
    if (rest.length > 0) this.hear(rest, this.#near)
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  /** Hears those who wait as soon as there is sound enough around them. */
  look(): void {
    const sound = this.#near.reduce((sum, task) => sum + lengthOf(task), 0)
    if (this.#waiting.length > 0 && sound >= SOUND.enough) this.flush()
  }
}
