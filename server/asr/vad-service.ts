/** Voice detection for all streams: one light worker process, and loudness alone while that process is being replaced. */
import { toAppError } from '../core/error.ts'
import { CHUNK, EnergyDetector } from '../core/vad.ts'
import type { Log } from '../log.ts'
import type { VoiceDetector } from './backend.ts'
import type { FromWorker, LoadMessage } from './ipc.ts'
import { WorkerProcess } from './worker-process.ts'

/** An answer takes 1–5 ms; a stream that waits longer goes on by loudness. */
const ANSWER_WITHIN = 1500
const BACK_OFF = { first: 100, most: 30_000 }

export interface VadServiceOptions {
  command: () => string[]
  load: Extract<LoadMessage, { role: 'vad' }>
  log: Log
}

interface Question {
  resolve(values: Float32Array): void
  pcm: Float32Array
  energy: EnergyDetector
  timer: Timer
}

export class VadService {
  #process: WorkerProcess | null = null
  #questions = new Map<number, Question>()
  #nextJob = 1
  #nextStream = 1
  #backOff = BACK_OFF.first
  #restart: Timer | null = null
  #closed = false
  #whenReady = Promise.withResolvers<void>()
  /** Answers given by loudness because the detector did not answer; inspectable. */
  fallbacks = 0

  constructor(private options: VadServiceOptions) {
    this.#whenReady.promise.catch(() => {})
    this.#start()
  }

  get ready(): boolean {
    return this.#process?.ready != null
  }

  /** Resolves when the detector is loaded for the first time; rejects if its first start failed. */
  get whenReady(): Promise<void> {
    return this.#whenReady.promise
  }

  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** A detector of its own for one stream. It never rejects. */
  open(): VoiceDetector {
    const stream = this.#nextStream++
    const energy = new EnergyDetector()
    return {
      detect: (pcm) => this.#detect(stream, pcm, energy),
      reset: () => this.#process?.send({ type: 'vad-reset', stream }),
      close: () => this.#process?.send({ type: 'vad-close', stream }),
    }
  }

  close(): void {
    this.#closed = true
    if (this.#restart) clearTimeout(this.#restart)
    this.#process?.kill('was stopped')
    for (const job of [...this.#questions.keys()]) this.#byLoudness(job)
    this.#whenReady.reject(new Error('closed'))
  }

  #detect(stream: number, pcm: Float32Array, energy: EnergyDetector): Promise<Float32Array> {
    const process = this.#process
    if (!process?.ready) {
      this.fallbacks++
      return Promise.resolve(loudness(pcm, energy))
    }
    const job = this.#nextJob++
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#byLoudness(job), ANSWER_WITHIN)
      this.#questions.set(job, { resolve, pcm, energy, timer })
      process.send({ type: 'vad-detect', job, stream, pcm })
    })
  }

  #byLoudness(job: number): void {
    const question = this.#questions.get(job)
    if (!question) return
    this.#questions.delete(job)
    clearTimeout(question.timer)
    this.fallbacks++
    question.resolve(loudness(question.pcm, question.energy))
  }

  #start(): void {
    this.#restart = null
    const process = this.#launch()
    if (!process) return
    this.#process = process
    process.whenReady.then(
      () => {
        this.#backOff = BACK_OFF.first
        this.#whenReady.resolve()
      },
      () => {},
    )
  }

  /** Null = none can be started now (no processes or files left); it is tried again. */
  #launch(): WorkerProcess | null {
    try {
      return new WorkerProcess({
        command: this.options.command(),
        load: this.options.load,
        readyWithin: 30_000,
        log: this.options.log,
        onMessage: (message) => this.#answered(message),
        onExit: (reason) => this.#lost(reason),
      })
    } catch (thrown) {
      this.#lost(toAppError(thrown).message)
      return null
    }
  }

  #answered(message: FromWorker): void {
    if (message.type === 'failed') return this.#byLoudness(message.job)
    if (message.type !== 'probabilities') return
    const question = this.#questions.get(message.job)
    if (!question) return
    this.#questions.delete(message.job)
    clearTimeout(question.timer)
    question.resolve(message.values)
  }

  #lost(reason: string): void {
    this.#process = null
    if (this.#closed) return
    this.options.log.warn('voice detector lost; going by loudness until it is back', { reason })
    this.#whenReady.reject(new Error(reason))
    for (const job of [...this.#questions.keys()]) this.#byLoudness(job)
    this.#restart = setTimeout(() => this.#start(), this.#backOff)
    this.#backOff = Math.min(BACK_OFF.most, this.#backOff * 2)
  }
}

/** One probability per chunk from loudness alone. */
export function loudness(pcm: Float32Array, energy: EnergyDetector): Float32Array {
  const values = new Float32Array(Math.floor(pcm.length / CHUNK))
  for (let i = 0; i < values.length; i++) {
    values[i] = energy.probability(pcm.subarray(i * CHUNK, (i + 1) * CHUNK))
  }
  return values
}
