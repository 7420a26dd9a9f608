/** Doubtful utterances wait a little for company: who pauses in mid-sentence is understood only together with what stands around it. */
import type { Clock } from '../core/clock.ts'
import { type Doubtful, isFragment, lookAgain, patience, wantsCompany } from '../core/fragments.ts'
import { lengthOf, newestTogether } from '../core/joined.ts'
import type { Ms } from '../core/transcript.ts'
import type { RefineTask } from './second-hearing.ts'

/** What was said so long before the newest final has been read, ms. */
const READ: Ms = 10_000
/** With more sound around it little is gained by hearing more, ms; while many speak long decodes are stopped, and made again. */
const MOST = { alone: 20_000, crowd: 8000 }

/** What is trusted, if not fully, is heard behind so much that it is this long in all, ms. */
const BEHIND = 12_000

interface Waiting {
  task: RefineTask
  since: Ms
}

export class Company {
  /** What this speaker said just now, oldest first. */
  #near: RefineTask[] = []
  #waiting: Waiting[] = []
  /** Those of them that had nobody around when their time was up: whoever is decoded next takes them along. */
  #alone: RefineTask[] = []
  #cancel: (() => void) | null = null

  constructor(
    private clock: Clock,
    /** Whether the speaker has gone on after the newest final. */
    private speaking: () => boolean,
    /** Many speak. */
    private crowded: () => boolean,
    /** Some of `together` are to be heard again, all of it in one; `along`: had their turn, and change only where most is confirmed. */
    private hear: (some: RefineTask[], together: RefineTask[], along?: RefineTask[]) => void,
  ) {}

  /** Every final comes by here, in order. */
  pass(task: RefineTask): void {
    const same = this.#near.at(-1)?.spoken.language === task.spoken.language
    const near = newestTogether([...(same ? this.#near : []), task], this.crowded() ? MOST.crowd : MOST.alone)
    // Those that it leaves behind are heard with what stood around them.
    this.#release(({ task }) => !near.includes(task))
    this.#near = near
    const ended = ({ time, speechEnd }: RefineTask) => time + speechEnd
    this.#alone = this.#alone.filter((each) => near.includes(each) && ended(task) - ended(each) <= READ)
  }

  /** What was said close before it, as much as its second pass should hear. */
  before(task: RefineTask): RefineTask[] {
    return newestTogether(this.#near.slice(0, this.#near.indexOf(task) + 1), BEHIND).slice(0, -1)
  }

  /** Whether it cannot be trusted by itself. */
  wants(task: RefineTask): boolean {
    return wantsCompany(this.#doubtful(task))
  }

  wait(task: RefineTask): void {
    this.#waiting.push({ task, since: this.clock.now() })
    this.look()
  }

  /** Hears those that have waited long enough. */
  look(): void {
    const now = this.clock.now()
    const due = (each: Waiting) => now - each.since >= this.#patience(each)
    // What is decoded anyway serves all that need nothing more after them.
    if (this.#waiting.some(due)) this.#release((each) => due(each) || !isFragment(this.#doubtful(each.task)))
    this.close()
    const next = this.#waiting.map((each) => each.since + lookAgain(now - each.since, this.#patience(each)))
    if (next.length === 0) return
    // Whole milliseconds: a rounding error must not make it look for ever.
    this.#cancel = this.clock.after(Math.max(1, Math.ceil(Math.min(...next) - now)), () => this.look())
  }

  /** Nothing more is to be waited for. */
  flush(): void {
    this.close()
    this.#release(() => true)
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #patience({ task }: Waiting): Ms {
    const sound = (tasks: readonly RefineTask[]) => tasks.reduce((sum, each) => sum + lengthOf(each), 0)
    const after = sound(this.#near.slice(this.#near.indexOf(task) + 1))
    const around = { after, around: sound(this.#near), speaking: this.speaking() }
    return patience(this.#doubtful(task), around)
  }

  #release(which: (each: Waiting) => boolean): void {
    const some = this.#waiting.filter(which)
    this.#waiting = this.#waiting.filter((each) => !some.includes(each))
    const tasks = some.map(({ task }) => task)
    // What came between them and now in another language leaves them alone.
    for (const task of tasks.filter((each) => !this.#near.includes(each))) this.hear([task], [task])
    const rest = tasks.filter((each) => this.#near.includes(each))
    if (rest.length === 0) return
    const lonely = this.#near.length === 1
    const along = lonely ? [] : this.#alone.filter((each) => !rest.includes(each) && this.wants(each))
    this.#alone = lonely ? rest : []
    this.hear(rest, this.#near, along)
  }

  #doubtful(task: RefineTask): Doubtful {
    const before = this.#near[this.#near.indexOf(task) - 1]?.voiced ?? null
    return { words: task.spoken.committed, voiced: task.voiced, before }
  }
}
