/** createSpeechEngine: recogniser, voice detector, scheduler and streams put together; the one door to recognition. */
import { availableParallelism } from 'node:os'
import { systemClock } from '../core/clock.ts'
import { newId } from '../core/id.ts'
import { type Log, silentLog } from '../log.ts'
import type { Decoder, VoiceDetector } from './backend.ts'
import { BatchStream } from './batch-stream.ts'
import { LoudnessDetector } from './loudness-detector.ts'
import { openRecogniser, type Recogniser, type RecogniserOptions } from './recogniser.ts'
import { Scheduler } from './scheduler.ts'
import { type SelfTest, selfTest } from './self-test.ts'
import type { EngineStatus, SpeechEngine, SpeechStreamLike } from './speech-event.ts'
import { SpeechStream } from './speech-stream.ts'
import type { StreamServices } from './stream-services.ts'
import { VadService } from './vad-service.ts'

export interface SpeechEngineOptions extends RecogniserOptions {
  /** How people call the model. */
  modelName: string
  /** Silero model; null = judge voices by loudness. */
  vadModelPath: string | null
  /** CPU threads for recognition in all; 0 = one per core. */
  threads?: number
  vadThreshold?: number
  beamSize?: number
  log?: Log
  /** Skip measuring the machine at start (tests). */
  skipSelfTest?: boolean
  /** Settled when the spare one and its voice detector can help out; nobody is told ready before. */
  spareReady?: Promise<unknown>
  /** Voice detectors of another engine, instead of a detector process of its own. */
  openDetector?: () => VoiceDetector
}

export interface RunningEngine extends SpeechEngine {
  /** Resolves once the engine can decode; rejects with what is missing. */
  whenReady: Promise<void>
  /** For tests that end processes. */
  readonly processes: { decode: number[]; vad: number | null }
  /** For benchmarks. */
  readonly decoder: Decoder
  readonly openDetector: () => VoiceDetector
}

/** Returns at once with an engine that is getting ready (`status().ready`); streams opened before that wait for it. */
export async function createSpeechEngine(options: SpeechEngineOptions): Promise<RunningEngine> {
  const { log = silentLog } = options
  const cores = options.threads || availableParallelism()
  // A worker may come or go before the engine is put together.
  let changed = () => {}
  const recogniser = await openRecogniser(options, cores, log, () => changed())
  const engine = new Engine(options, recogniser, cores, log)
  changed = () => engine.pump()
  return engine
}

class Engine implements RunningEngine {
  readonly whenReady: Promise<void>
  readonly decoder: Decoder
  readonly openDetector: () => VoiceDetector
  readonly #scheduler: Scheduler
  readonly #vad: VadService | null
  readonly #services: StreamServices
  readonly #streams = new Set<SpeechStreamLike>()
  /** Streams in which somebody speaks. */
  readonly #active = new Set<object>()
  #measured: SelfTest | null = null
  #state: 'starting' | 'ready' | 'closed' = 'starting'

  constructor(
    private options: SpeechEngineOptions,
    private recogniser: Recogniser,
    private cores: number,
    private log: Log,
  ) {
    this.decoder = recogniser.decoder
    this.#scheduler = new Scheduler({
      decoder: this.decoder,
      clock: systemClock,
      cores: recogniser.cores,
      slots: () => recogniser.alive,
    })
    this.#vad = options.openDetector ? null : openVad(options, log)
    this.openDetector = options.openDetector ?? (() => this.#vad?.open() ?? new LoudnessDetector())
    this.#services = this.#makeServices()
    this.whenReady = this.#getReady()
    this.whenReady.catch(() => {})
  }

  get processes() {
    return { decode: this.recogniser.pids, vad: this.#vad?.pid ?? null }
  }

  /** Decodes may start now that could not before. */
  pump(): void {
    this.#scheduler.pump()
  }

  open(stream: Parameters<SpeechEngine['open']>[0]): SpeechStreamLike {
    const opened = new (stream.drafts ? SpeechStream : BatchStream)(stream, this.#services)
    this.#streams.add(opened)
    return opened
  }

  status(): EngineStatus {
    const { alive, notice, missing, capacity } = this.recogniser
    const ready = this.#state === 'ready' && alive > 0
    return {
      ready,
      detail: ready ? notice : this.#state === 'closed' ? 'The engine is stopped.' : missing,
      workers: alive,
      model: this.options.modelName,
      backend: this.options.backend,
      device: this.decoder.capabilities.device,
      realTimeFactor: this.#measured?.realTimeFactor ?? 0,
      activeSpeakers: this.#active.size,
      capacity: this.#measured?.capacity ?? capacity,
      comfortable: this.#measured?.comfortable,
      overload: this.#scheduler.overload.step(systemClock.now()),
      queued: this.#scheduler.queued,
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    for (const stream of [...this.#streams]) stream.close()
    this.#scheduler.close(new DOMException('engine closed', 'AbortError'))
    this.#vad?.close()
    await this.decoder.close()
  }

  #makeServices(): StreamServices {
    const { vadThreshold = 0.5, beamSize = 5 } = this.options
    return {
      scheduler: this.#scheduler,
      clock: systemClock,
      openDetector: this.openDetector,
      capabilities: () => this.decoder.capabilities,
      vadThreshold,
      beamSize,
      newId: () => newId('utt'),
      setActive: (stream, on) => this.#setActive(stream, on),
      onClose: (stream) => {
        this.#streams.delete(stream as SpeechStreamLike)
        this.#setActive(stream, false)
      },
    }
  }

  #setActive(stream: object, on: boolean): void {
    if (on) this.#active.add(stream)
    else this.#active.delete(stream)
    this.#scheduler.activeStreams = this.#active.size
  }

  async #getReady(): Promise<void> {
    const { spareReady, skipSelfTest } = this.options
    await this.recogniser.whenReady
    await this.#vad?.whenReady.catch(() => {}) // by loudness until it is back
    await spareReady?.catch(() => {}) // without it the remote one is all there is
    if (!skipSelfTest) await this.#measure()
    if (this.#state === 'starting') this.#state = 'ready'
  }

  async #measure(): Promise<void> {
    const { workers } = this.recogniser
    this.#measured = await selfTest(this.decoder, { cores: this.cores, workers })
    this.#scheduler.costs.draft = this.#measured.draftCost
    const { realTimeFactor: realTime, capacity, comfortable } = this.#measured
    this.log.info('speech self-test: people who can talk at once', { comfortable, capacity, realTime })
  }
}

function openVad(options: SpeechEngineOptions, log: Log): VadService | null {
  const { vadModelPath, libraryPath, command } = options
  if (!vadModelPath || !libraryPath) return null
  return new VadService({
    command,
    load: { type: 'load', role: 'vad', libraryPath, modelPath: vadModelPath, niceness: 0 },
    log,
  })
}
