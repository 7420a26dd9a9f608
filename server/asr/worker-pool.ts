/** Worker processes as one Decoder: started, warmed, watched, replaced; a dead worker costs a retry, never text. */
import { AppError, toAppError } from '../core/error.ts'
import type { Log } from '../log.ts'
import type { AsrCapabilities, DecodeRequest, Decoder, Hypothesis } from './backend.ts'
import { DecodePatience } from './decode-patience.ts'
import type { FromWorker, LoadMessage } from './ipc.ts'
import { WorkerProcess } from './worker-process.ts'

/** A window that ended two workers is not tried a third time (reliability R9). */
const CRASHES_TO_POISON = 2
/** Ends from outside (kill −9, out of memory) are not the window's fault, but not for ever. */
const MOST_LOSSES = 5
const READY_WITHIN = 120_000
/** Waits before a replacement starts: doubling, and back to the first after a minute of health. */
const BACK_OFF = { first: 100, most: 30_000, healthyAfter: 60_000 }

/** The same audio crashed the recogniser again and again: skip it. */
export class PoisonedWindow extends AppError {
  constructor() {
    super('internal', 'A piece of audio ended the recogniser repeatedly and was skipped.')
  }
}

export interface PoolOptions {
  command: () => string[]
  count: number
  load: Extract<LoadMessage, { role: 'decode' }>
  log: Log
  /** A worker became free or was lost. */
  onChange?: () => void
  /** Before a lost worker is replaced: rejects, for people, while the model on the disk is not the one that was checked. */
  mayLoad?: () => Promise<void>
  /** Longest time for one decode before its worker counts as hung, by length of window; tests shorten it. */
  patience?: (windowMs: number) => number
}

interface Job {
  id: number
  request: DecodeRequest
  resolve(hypothesis: Hypothesis): void
  reject(reason: unknown): void
  signal: AbortSignal | undefined
  crashes: number
  losses: number
}

interface Slot {
  process: WorkerProcess | null
  job: Job | null
  watchdog: Timer | null
  restart: Timer | null
  backOff: number
  /** The watchdog ended it: counts against the window. */
  hung: boolean
}

export class WorkerPool implements Decoder {
  /** Of the model, once a worker has loaded it; before that nothing is promised. */
  capabilities: AsrCapabilities = { forcedPrefix: false, translate: false, languages: [] }
  /** Why there is no worker, for people; empty while there is one. */
  detail = 'The speech model is being loaded.'
  #slots: Slot[]
  #queue: Job[] = []
  #nextJob = 1
  #closed = false
  #firstReady = Promise.withResolvers<void>()
  readonly #patience = new DecodePatience()

  constructor(private options: PoolOptions) {
    this.#firstReady.promise.catch(() => {})
    this.#slots = Array.from({ length: options.count }, () => ({
      process: null,
      job: null,
      watchdog: null,
      restart: null,
      backOff: BACK_OFF.first,
      hung: false,
    }))
    for (const slot of this.#slots) this.#start(slot)
  }

  /** Resolves with the first loaded worker; rejects with the reason if the first attempt of all of them failed. */
  get whenReady(): Promise<void> {
    return this.#firstReady.promise
  }

  /** Loaded workers, busy or not. */
  get alive(): number {
    return this.#slots.filter((slot) => slot.process?.ready).length
  }

  /** Loaded workers with nothing to do. */
  get free(): number {
    return this.#slots.filter((slot) => slot.process?.ready && !slot.job).length
  }

  /** Process ids, for tests that end them. */
  get pids(): number[] {
    return this.#slots.flatMap((slot) => (slot.process ? [slot.process.pid] : []))
  }

  decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    if (this.#closed) return Promise.reject(new AppError('unavailable', 'The recogniser is stopping.'))
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const job = { id: this.#nextJob++, request, resolve, reject, signal, crashes: 0, losses: 0 }
      signal?.addEventListener('abort', () => this.#abort(job), { once: true })
      this.#queue.push(job)
      this.#assign()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const gone = new AppError('unavailable', 'The recogniser is stopping.')
    for (const job of this.#queue.splice(0)) job.reject(gone)
    for (const slot of this.#slots) {
      if (slot.restart) clearTimeout(slot.restart)
      if (slot.watchdog) clearTimeout(slot.watchdog)
      slot.job?.reject(gone)
      slot.job = null
      slot.process?.kill('was stopped')
    }
    this.#firstReady.reject(gone)
  }

  #start(slot: Slot): void {
    slot.restart = null
    slot.hung = false
    const process: WorkerProcess = new WorkerProcess({
      command: this.options.command(),
      load: this.options.load,
      readyWithin: READY_WITHIN,
      log: this.options.log,
      onMessage: (message) => this.#answered(slot, message),
      onExit: (reason) => this.#lost(slot, process, reason),
    })
    slot.process = process
    process.whenReady.then(
      () => {
        this.capabilities = process.ready?.capabilities ?? this.capabilities
        this.detail = ''
        this.#firstReady.resolve()
        this.options.log.info('speech worker ready', {
          pid: process.pid,
          ms: Math.round(performance.now() - process.started),
          device: process.ready?.capabilities?.device,
        })
        this.#assign()
        this.options.onChange?.()
      },
      () => {},
    )
  }

  #assign(): void {
    for (const slot of this.#slots) {
      if (this.#queue.length === 0) return
      if (!slot.process?.ready || slot.job) continue
      const job = this.#queue.shift() as Job
      slot.job = job
      const windowMs = job.request.pcm.length / 16
      slot.watchdog = setTimeout(
        () => {
          slot.hung = true
          slot.process?.kill('took too long over one window')
        },
        this.options.patience?.(windowMs) ?? this.#patience.of(windowMs, job.request.kind === 'refine'),
      )
      slot.process.send({ type: 'decode', job: job.id, request: job.request })
    }
  }

  #answered(slot: Slot, message: FromWorker): void {
    if (message.type !== 'hypothesis' && message.type !== 'failed') return
    const job = slot.job
    if (!job || job.id !== message.job) return
    this.#release(slot)
    if (message.type === 'hypothesis') {
      const { cost } = message.hypothesis
      const wall = cost.mel + cost.encode + cost.prompt + cost.decode
      this.#patience.learn(job.request.pcm.length / 16, wall)
      if (job.signal?.aborted) job.reject(job.signal.reason)
      else job.resolve(message.hypothesis)
    } else {
      job.reject(job.signal?.aborted ? job.signal.reason : new AppError(message.code, message.message))
    }
    this.#assign()
    this.options.onChange?.()
  }

  #release(slot: Slot): void {
    if (slot.watchdog) clearTimeout(slot.watchdog)
    slot.watchdog = null
    slot.job = null
  }

  #abort(job: Job): void {
    const at = this.#queue.indexOf(job)
    if (at >= 0) {
      this.#queue.splice(at, 1)
      return job.reject(job.signal?.reason)
    }
    const slot = this.#slots.find((each) => each.job === job)
    slot?.process?.send({ type: 'abort', job: job.id })
  }

  #lost(slot: Slot, process: WorkerProcess, reason: string): void {
    if (slot.process !== process) return
    const job = slot.job
    const outside = reason.startsWith('was killed') || reason === 'stopped answering'
    const hung = slot.hung
    this.#release(slot)
    slot.process = null
    if (this.#closed) return
    const healthy = process.ready !== null && performance.now() - process.started > BACK_OFF.healthyAfter
    slot.backOff = healthy ? BACK_OFF.first : slot.backOff
    this.options.log.warn('speech worker lost', {
      pid: process.pid,
      reason,
      busy: job !== null,
      restartIn: slot.backOff,
    })
    if (job) this.#retry(job, outside && !hung)
    if (this.alive === 0) this.detail = `The speech recogniser ${sentence(reason)}`
    if (!process.ready && this.#slots.every((each) => !each.process)) {
      this.#firstReady.reject(new AppError('unavailable', this.detail))
    }
    this.#startLater(slot)
    this.#assign()
    this.options.onChange?.()
  }

  #startLater(slot: Slot): void {
    slot.restart = setTimeout(() => void this.#startChecked(slot), slot.backOff)
    slot.backOff = Math.min(BACK_OFF.most, slot.backOff * 2)
  }

  async #startChecked(slot: Slot): Promise<void> {
    try {
      await this.options.mayLoad?.()
      if (!this.#closed) this.#start(slot)
    } catch (thrown) {
      if (this.#closed) return
      const { message } = toAppError(thrown)
      this.options.log.warn('speech worker not started', { reason: message, restartIn: slot.backOff })
      if (this.alive === 0) this.detail = message
      this.#startLater(slot)
    }
  }

  /** The same window again, first in line; or its end. */
  #retry(job: Job, outside: boolean): void {
    if (job.signal?.aborted) return job.reject(job.signal.reason)
    if (outside) job.losses++
    else job.crashes++
    if (job.crashes >= CRASHES_TO_POISON || job.losses >= MOST_LOSSES) return job.reject(new PoisonedWindow())
    this.#queue.unshift(job)
  }
}

/** A reason as the end of a sentence: reasons of ours are clauses, those of the library are sentences. */
function sentence(reason: string): string {
  return /^[A-Z]/.test(reason) ? `cannot start: ${reason}` : `${reason}.`
}
