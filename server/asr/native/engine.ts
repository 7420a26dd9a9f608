/** A model and one state of the native library: starts jobs, waits for them without blocking, and reads their results. */
import { AppError } from '../../core/error.ts'
import { cString, ErrorText, type NativeLibrary, openLibrary, type Pointer } from './library.ts'
import {
  type NativeRequest,
  type NativeResult,
  type NativeToken,
  packRequest,
  ResultBuffers,
} from './request.ts'

const RUNNING = 1
const DONE = 2
const ABORTED = 4

/** How often a running job is asked whether it is done, ms: the delay it may add to a result. */
const POLL_INTERVAL = 2

/** What a measurement of the library can time (parley_measure). */
export type Measurement = 'encode' | 'step' | 'mel' | 'batch'
const MEASUREMENTS: Readonly<Record<Measurement, number>> = { encode: 0, step: 1, mel: 2, batch: 3 }

export class Engine {
  readonly library: NativeLibrary
  readonly model: Pointer
  /** ISO 639-1 codes by whisper's language number. */
  readonly languages: readonly string[]
  readonly multilingual: boolean
  /** 'CPU', or the GPU backend that holds the model. */
  readonly device: string
  /** Ids from here on are not text. */
  readonly firstSpecial: number
  readonly #state: Pointer
  readonly #buffers = new ResultBuffers()
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  /** Loads a model; takes seconds for large ones. Throws AppError with the reason. */
  constructor(libraryPath: string, modelPath: string, gpu: boolean) {
    this.library = openLibrary(libraryPath)
    const { symbols } = this.library
    const error = new ErrorText()
    const model = symbols.parley_model_open(cString(modelPath), gpu ? 1 : 0, error.bytes, error.size)
    if (!model) {
      throw new AppError(
        'unavailable',
        `The speech model ${modelPath} cannot be used: ${error.read()}. Fetch it again with: parley models get`,
      )
    }
    this.model = model as Pointer
    const info = new Int32Array(9)
    symbols.parley_model_describe(model, info)
    this.multilingual = info[2] === 1
    this.firstSpecial = info[8] as number
    this.device = info[7] ? (this.library.system.backends.find((name) => name !== 'CPU') ?? 'GPU') : 'CPU'
    this.languages = this.multilingual ? languageCodes(this.library, info[1] as number) : ['en']
    const state = symbols.parley_state_open(model, error.bytes, error.size)
    if (!state) {
      symbols.parley_model_close(model)
      throw new AppError('unavailable', `The speech engine could not start: ${error.read()}.`)
    }
    this.#state = state as Pointer
  }

  /** Runs one job after those asked for before it. Rejects with the signal's reason, or AppError `unavailable`. */
  run(
    request: NativeRequest,
    pcm: Float32Array,
    signal?: AbortSignal,
  ): Promise<{ result: NativeResult; tokens: NativeToken[] }> {
    const job = this.#last.then(() => this.#run(request, pcm, signal))
    this.#last = job.catch(() => {})
    return job
  }

  async #run(request: NativeRequest, pcm: Float32Array, signal?: AbortSignal) {
    if (this.#closed) throw new AppError('unavailable', 'The speech engine is closed.')
    signal?.throwIfAborted()
    const { symbols } = this.library
    const error = new ErrorText()
    const { struct, tokens, temperatures } = packRequest(request)
    if (symbols.parley_start(this.#state, struct, pcm, tokens, temperatures, error.bytes, error.size) !== 0) {
      throw new AppError('invalid', `The speech engine refused a job: ${error.read()}.`)
    }
    const abort = (): void => symbols.parley_abort(this.#state)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      while (symbols.parley_poll(this.#state) === RUNNING) await Bun.sleep(POLL_INTERVAL)
    } finally {
      signal?.removeEventListener('abort', abort)
    }
    const { header, body, capacity } = this.#buffers
    const phase = symbols.parley_collect(this.#state, header, body, capacity, error.bytes, error.size)
    signal?.throwIfAborted()
    if (phase === ABORTED) throw new AppError('unavailable', 'The decode was stopped.')
    if (phase !== DONE) throw new AppError('unavailable', `The speech engine failed: ${error.read()}.`)
    const result = this.#buffers.result()
    return { result, tokens: Array.from({ length: result.tokens }, (_, index) => this.#buffers.token(index)) }
  }

  /** Milliseconds of one kernel; blocks, so only for calibration and benchmarks, never while a job runs. */
  measure(what: Measurement, size: number, threads: number): number {
    return this.library.symbols.parley_measure(this.#state, MEASUREMENTS[what], size, threads)
  }

  /** Stops a running job and frees everything. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.library.symbols.parley_abort(this.#state)
    await this.#last
    this.library.symbols.parley_state_close(this.#state)
    this.library.symbols.parley_model_close(this.model)
  }
}

function languageCodes(library: NativeLibrary, count: number): string[] {
  const buffer = new ErrorText()
  return Array.from({ length: count }, (_, language) => {
    library.symbols.parley_language_code(language, buffer.bytes, buffer.size)
    return buffer.read()
  })
}
