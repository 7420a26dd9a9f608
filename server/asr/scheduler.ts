/** The queue in front of a Decoder: takes each window at the moment it can be decoded, and carries out core/scheduling's decisions. */
import { cadence, isCrowd } from '../core/cadence.ts'
import type { Clock } from '../core/clock.ts'
import { DecodeCosts } from '../core/decode-costs.ts'
import { FairShare } from '../core/fair-share.ts'
import { Overload } from '../core/overload.ts'
import {
  chooseNext,
  choosePreempted,
  type Machine,
  type RunningJob,
  threadsFor,
  type WaitingJob,
} from '../core/scheduling.ts'
import type { DecodeKind, DecodeRequest, Decoder, Hypothesis } from './backend.ts'

export interface JobOptions {
  kind: DecodeKind
  /** Fairness group. */
  room: string
  /** Clock time by which it should have started. */
  deadline: number
  /** Length of the window if it were decoded now, ms: for the cost estimate. */
  windowMs: number
  /** A second pass over text that is there already: given up (null) when others need the machine too often. */
  optional?: boolean
  /** Clock time after which a second pass that has not begun is given up (null): people have read the text there is. */
  until?: number
  /** Its sound came faster than it can have been spoken: that it waits says nothing about the machine. */
  hurried?: boolean
  /** …and it is nobody's own recording: what is said now goes first (core/hurry.ts). */
  backlog?: boolean
  /** Makes the request at the moment of dispatch, so that a draft always hears the newest audio; null = no longer wanted. */
  prepare(threads: number): DecodeRequest | null
  signal?: AbortSignal
}

export interface SchedulerOptions {
  decoder: Decoder
  clock: Clock
  cores: number
  /** How many decodes may run at once now: loaded workers. */
  slots: () => number
}

interface Job extends WaitingJob {
  options: JobOptions
  resolve(hypothesis: Hypothesis | null): void
  reject(reason: unknown): void
}

interface Started extends RunningJob {
  job: Job
  controller: AbortController
  preempted: boolean
}

/** A second pass that was stopped so often is not tried again. */
const GIVE_UP_AFTER = 3
/** With jobs waiting and a slot free, conditions are looked at again after this, ms. */
const LOOK_AGAIN = 250
/** Who speaks in turn with many pauses too: so long after somebody, or many at once, spoke they are likely to go on, ms. */
const LATELY = 10_000

export class Scheduler {
  readonly overload = new Overload()
  #activeStreams = 0
  #manyUntil = Number.NEGATIVE_INFINITY
  #spokenUntil = Number.NEGATIVE_INFINITY
  #waiting: Job[] = []
  #running: Started[] = []
  readonly #fairness = new FairShare()
  readonly costs = new DecodeCosts()
  #cancelLook: (() => void) | null = null

  constructor(private options: SchedulerOptions) {}

  get queued(): number {
    return this.#waiting.length
  }

  /** Sound of the past waits for what speech leaves of the machine. */
  get backlogged(): boolean {
    return this.#waiting.some(({ backlog }) => backlog)
  }

  /** Streams in which somebody speaks; the engine keeps it right. */
  get activeStreams(): number {
    return this.#activeStreams
  }

  set activeStreams(count: number) {
    const now = this.options.clock.now()
    if (this.crowded) this.#manyUntil = now
    if (this.#activeStreams > 0) this.#spokenUntil = now
    this.#activeStreams = count
  }

  /** Many speak, or did a moment ago: what they said is gone over as in a crowd. */
  get amongMany(): boolean {
    return this.crowded || this.options.clock.now() - this.#manyUntil < LATELY
  }

  get machine(): Machine {
    const { slots, cores, clock } = this.options
    const now = clock.now()
    const { activeStreams } = this
    const overloaded = this.overload.atLeast('no-refine', now)
    const occupied = activeStreams > 0 || now - this.#spokenUntil < LATELY
    return { slots: slots(), cores, activeStreams, occupied, overloaded }
  }

  /** Time between two drafts of one stream now, ms. */
  get cadence(): number {
    const base = cadence(this.activeStreams, this.costs.draft, this.options.cores)
    return this.overload.atLeast('slow-drafts', this.options.clock.now()) ? Math.min(2500, base * 1.5) : base
  }

  /** So many speak that their drafts come less often. */
  get crowded(): boolean {
    const slowed = this.overload.atLeast('slow-drafts', this.options.clock.now())
    return slowed || isCrowd(this.activeStreams, this.costs.draft, this.options.cores)
  }

  /** The job's answer; null when `prepare` found it no longer wanted. Rejects like the decoder does. */
  run(options: JobOptions): Promise<Hypothesis | null> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(options.signal.reason)
      const abandon = () => this.#abandon(job)
      // A stream's signal outlives its jobs: left there, the listener would keep each job with its sound for hours.
      const forget = () => options.signal?.removeEventListener('abort', abandon)
      const job = this.#job(
        options,
        (hypothesis) => {
          forget()
          resolve(hypothesis)
        },
        (reason) => {
          forget()
          reject(reason)
        },
      )
      options.signal?.addEventListener('abort', abandon, { once: true })
      this.#waiting.push(job)
      this.pump()
    })
  }

  /** Start whatever can start; called on every change, also by the pool when a worker comes or goes. */
  pump(): void {
    const { clock } = this.options
    this.#giveUp(clock.now())
    for (;;) {
      const now = clock.now()
      const machine = this.machine
      const index = chooseNext(this.#waiting, this.#running, machine, now)
      if (index >= 0) {
        const [job] = this.#waiting.splice(index, 1)
        this.#start(job as Job, machine, now)
        continue
      }
      this.#preempt(machine, now)
      break
    }
    this.#cancelLook?.()
    this.#cancelLook = this.#waiting.length > 0 ? clock.after(LOOK_AGAIN, () => this.pump()) : null
  }

  /** Everything waiting is refused. */
  close(reason: unknown): void {
    this.#cancelLook?.()
    for (const job of this.#waiting.splice(0)) job.reject(reason)
    for (const started of this.#running) started.controller.abort(reason)
  }

  #giveUp(now: number): void {
    const stale = this.#waiting.filter(({ options: { until } }) => until !== undefined && now >= until)
    if (stale.length === 0) return
    this.#waiting = this.#waiting.filter((job) => !stale.includes(job))
    for (const job of stale) job.resolve(null)
  }

  #job(options: JobOptions, resolve: Job['resolve'], reject: Job['reject']): Job {
    const { kind, deadline, room, windowMs, optional, backlog } = options
    return {
      kind,
      deadline,
      optional,
      backlog,
      submitted: this.options.clock.now(),
      cost: this.costs.estimate(kind, windowMs),
      virtualTime: this.#fairness.timeOf(room),
      options,
      resolve,
      reject,
    }
  }

  #start(job: Job, machine: Machine, now: number): void {
    const { options } = job
    const live = this.#waiting.filter((other) => other.kind !== 'refine').length
    const threads = threadsFor(job, live, this.#running, machine)
    let request: DecodeRequest | null
    try {
      request = options.prepare(threads)
    } catch (thrown) {
      return job.reject(thrown)
    }
    if (!request) return job.resolve(null)
    if (job.kind !== 'refine' && !options.hurried) this.overload.started(now, now - job.deadline)
    const { kind, cost, backlog } = job
    const started: Started = {
      kind,
      backlog,
      threads: request.threads,
      started: now,
      cost,
      stops: job.stops,
      optional: job.optional,
      job,
      controller: new AbortController(),
      preempted: false,
    }
    this.#running.push(started)
    this.#fairness.started(job.virtualTime)
    const windowMs = request.pcm.length / 16
    this.options.decoder.decode(request, started.controller.signal).then(
      (hypothesis) => {
        this.#ended(started)
        this.#learn(job, hypothesis, windowMs)
        job.resolve(hypothesis)
        this.pump()
      },
      (thrown) => {
        this.#ended(started)
        if (started.preempted && !options.signal?.aborted) {
          if (job.optional && (job.stops ?? 0) >= GIVE_UP_AFTER) job.resolve(null)
          else this.#waiting.push(job)
        } else job.reject(thrown)
        this.pump()
      },
    )
  }

  #ended(started: Started): void {
    this.#running = this.#running.filter((other) => other !== started)
  }

  /** Costs are CPU time, which other load on the machine hardly disturbs; wall time where a backend knows no CPU time. */
  #learn(job: Job, { cost }: Hypothesis, windowMs: number): void {
    const spent = cost.cpu || cost.mel + cost.encode + cost.prompt + cost.decode
    if (spent <= 0) return
    this.costs.learn(job.kind, windowMs, spent)
    const { room } = job.options
    this.#fairness.spent(room, spent)
    for (const other of this.#waiting)
      if (other.options.room === room) other.virtualTime = this.#fairness.timeOf(room)
  }

  #abandon(job: Job): void {
    const at = this.#waiting.indexOf(job)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
      job.reject(job.options.signal?.reason)
      return
    }
    this.#running.find((started) => started.job === job)?.controller.abort(job.options.signal?.reason)
  }

  #preempt(machine: Machine, now: number): void {
    const first = (kind: DecodeKind) => this.#waiting.find((job) => job.kind === kind && !job.backlog)
    const urgent = first('final') ?? first('draft')
    if (!urgent) return
    const index = choosePreempted(urgent, this.#running, machine, now)
    const victim = this.#running[index]
    if (!victim || victim.preempted) return
    victim.job.stops = (victim.job.stops ?? 0) + 1
    victim.preempted = true
    victim.controller.abort(new DOMException('made way for live speech', 'AbortError'))
  }
}
