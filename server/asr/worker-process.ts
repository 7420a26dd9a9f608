/** One child process with a deadline on every silence: started, asked, pinged, killed when it hangs. */
import { AppError, codeOf } from '../core/error.ts'
import type { Log } from '../log.ts'
import { childEnvironment } from '../setup/environment.ts'
import type { FromWorker, LoadMessage, ToWorker } from './ipc.ts'

/** A living worker answers a ping at once, even while it decodes; a stopped one (SIGSTOP, swap) does not. */
const PING_EVERY = 2000
const PONG_WITHIN = 7000

export interface ProcessOptions {
  command: string[]
  load: LoadMessage
  /** A model that is not loaded after so long never will be, ms. */
  readyWithin: number
  log: Log
  /** Told of every message but ready and pong. */
  onMessage(message: FromWorker): void
  /** Once, after ready or not; `reason` is for people. */
  onExit(reason: string): void
}

export class WorkerProcess {
  /** Set once the model is loaded. */
  ready: Extract<FromWorker, { type: 'ready' }> | null = null
  readonly pid: number
  readonly started = performance.now()
  #child: Bun.Subprocess
  #reason: string | null = null
  #lastPong = performance.now()
  #lastCheck = performance.now()
  #timer: Timer
  #whenReady = Promise.withResolvers<void>()

  /** Throws, for people, when the machine starts no process (none left, no files, no memory, the program is gone). */
  constructor(private options: ProcessOptions) {
    const { command, load, readyWithin } = options
    try {
      this.#child = Bun.spawn(command, {
        env: childEnvironment(),
        stdin: 'ignore',
        stdout: 'ignore',
        stderr: 'inherit',
        serialization: 'advanced',
        ipc: (message: FromWorker) => this.#receive(message),
        onExit: (_, code, signal) => this.#exited(code, signal),
      })
    } catch (cause) {
      const why = codeOf(cause) || 'for an unknown reason'
      throw new AppError('unavailable', `No process can be started on this machine (${why}).`, { cause })
    }
    this.pid = this.#child.pid
    this.#whenReady.promise.catch(() => {})
    this.send(load)
    const limit = setTimeout(() => {
      if (!this.ready) this.kill(`did not become ready within ${Math.round(readyWithin / 1000)} s`)
    }, readyWithin)
    limit.unref()
    this.#timer = setInterval(() => this.#check(), PING_EVERY)
    this.#timer.unref()
  }

  /** Resolves when loaded, rejects with the exit reason. */
  get whenReady(): Promise<void> {
    return this.#whenReady.promise
  }

  send(message: ToWorker): void {
    try {
      this.#child.send(message)
    } catch {
      // Gone; onExit follows or has been called.
    }
  }

  /** SIGKILL: a worker holds nothing worth saving. */
  kill(reason: string): void {
    this.#reason ??= reason
    this.#child.kill('SIGKILL')
  }

  #receive(message: FromWorker): void {
    this.#lastPong = performance.now()
    if (message.type === 'pong') return
    if (message.type === 'unusable') {
      this.#reason ??= message.message
      return
    }
    if (message.type === 'ready') {
      this.ready = message
      this.#whenReady.resolve()
      return
    }
    this.options.onMessage(message)
  }

  /** Only a loaded worker is expected to answer: loading blocks. */
  #check(): void {
    const now = performance.now()
    // If this process itself stood still (laptop closed, debugger), the silence is not the worker's.
    const stoodStill = now - this.#lastCheck > 2 * PING_EVERY
    this.#lastCheck = now
    if (!this.ready || stoodStill) this.#lastPong = now
    if (now - this.#lastPong > PONG_WITHIN) return this.kill('stopped answering')
    if (this.ready) this.send({ type: 'ping', at: now })
  }

  #exited(code: number | null, signal: number | string | null): void {
    clearInterval(this.#timer)
    const how = signal ? `was ended by signal ${signal}` : `ended with code ${code}`
    const reason = this.#reason ?? explain(code, signal) ?? how
    this.#whenReady.reject(new Error(reason))
    this.options.onExit(reason)
  }
}

/** The exits that have an advice (reliability R8). */
function explain(code: number | null, signal: number | string | null): string | null {
  if (signal === 9 || signal === 'SIGKILL' || code === 137)
    return 'was killed, probably for want of memory: choose a smaller model or fewer workers'
  if (signal === 4 || signal === 'SIGILL' || code === 132) return 'met an instruction this CPU does not have'
  return null
}
