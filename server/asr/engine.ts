/** createSpeechEngine: workers, voice detector, scheduler and streams put together; the one door to recognition. */
import { availableParallelism } from 'node:os'
import { systemClock } from '../core/clock.ts'
import { newId } from '../core/id.ts'
import { type Log, silentLog } from '../log.ts'
import type { Decoder, VoiceDetector } from './backend.ts'
import { FallbackDecoder } from './backends/fallback.ts'
import { backends, NEEDS_WORKERS } from './backends/index.ts'
import { BatchStream } from './batch-stream.ts'
import { LoudnessDetector } from './loudness-detector.ts'
import { Scheduler } from './scheduler.ts'
import { type SelfTest, selfTest } from './self-test.ts'
import type { EngineStatus, SpeechEngine, SpeechStreamLike } from './speech-event.ts'
import { SpeechStream } from './speech-stream.ts'
import type { StreamServices } from './stream-services.ts'
import { withCareful } from './two-models.ts'
import { VadService } from './vad-service.ts'
import { WorkerPool } from './worker-pool.ts'

export interface SpeechEngineOptions {
  /** Name in backends/index.ts. */
  backend: string
  /** Absolute path of the model file, and how people call it. */
  modelPath: string
  modelName: string
  /** Native library; null for backends that need none. */
  libraryPath: string | null
  /** Silero model; null = judge voices by loudness. */
  vadModelPath: string | null
  /** Arguments that start this program as a worker, asked at every start of one: selfCommand('worker'). */
  command: () => string[]
  /** 0 = chosen for this machine. */
  workers?: number
  /** CPU threads for recognition in all; 0 = one per core. */
  threads?: number
  /** Rejects, for people, while a model on the disk is not the one that was compared with its hash. */
  mayLoad?: () => Promise<void>
  gpu?: boolean
  vadThreshold?: number
  beamSize?: number
  /** A larger model for careful passes: absolute path. */
  refineModelPath?: string | null
  /** Of remote backends: url, key, model. */
  settings?: Record<string, string>
  log?: Log
  /** Skip measuring the machine at start (tests). */
  skipSelfTest?: boolean
  /** Of remote backends: decodes what the remote one cannot answer in time. It belongs to somebody else. */
  spare?: Decoder
  /** Settled when the spare one and its voice detector can help out; nobody is told ready before. */
  spareReady?: Promise<unknown>
  /** Voice detectors of another engine, instead of a detector process of its own. */
  openDetector?: () => VoiceDetector
}

/** Niceness of decoding workers: recognition never makes sockets wait. */
const NICE = { decode: 10, vad: 0 }
/** Simultaneous requests to a remote backend. */
const REMOTE_SLOTS = 4

export interface RunningEngine extends SpeechEngine {
  /** Resolves once the engine can decode; rejects with what is missing. */
  whenReady: Promise<void>
  /** For tests that end processes. */
  readonly processes: { decode: number[]; vad: number | null }
  /** For benchmarks. */
  readonly decoder: Decoder
  openDetector(): VoiceDetector
}

/** Returns at once with an engine that is getting ready (`status().ready`); streams opened before that wait for it. */
export async function createSpeechEngine(options: SpeechEngineOptions): Promise<RunningEngine> {
  const { log = silentLog } = options
  const cores = options.threads || availableParallelism()
  const remote = !NEEDS_WORKERS.has(options.backend)
  const workers = remote ? REMOTE_SLOTS : options.workers || Math.max(1, Math.min(cores, 4))
  const load = {
    type: 'load',
    role: 'decode',
    backend: options.backend,
    niceness: NICE.decode,
    options: {
      modelPath: options.modelPath,
      gpu: options.gpu ?? false,
      libraryPath: options.libraryPath,
      settings: options.settings ?? {},
    },
  } as const
  const onChange = () => scheduler.pump()
  const { command, mayLoad } = options
  const pool = remote ? null : new WorkerPool({ command, count: workers, load, log, onChange, mayLoad })
  const careful =
    pool && options.refineModelPath
      ? new WorkerPool({
          command,
          mayLoad,
          count: 1,
          load: { ...load, options: { ...load.options, modelPath: options.refineModelPath } },
          log,
          onChange,
        })
      : null
  const single = pool ? null : await (await backends[options.backend]!()).load(load.options)
  const fallback =
    single && options.spare ? new FallbackDecoder({ remote: single, spare: options.spare, log }) : null
  const decoder: Decoder = pool ? withCareful(pool, careful) : (fallback ?? (single as Decoder))
  const scheduler: Scheduler = new Scheduler({
    decoder,
    clock: systemClock,
    cores: remote ? REMOTE_SLOTS : cores,
    slots: () => (pool ? pool.alive : workers),
  })
  const vad = options.openDetector ? null : openVad(options, log)
  const streams = new Set<SpeechStreamLike>()
  const active = new Set<object>()
  const setActive = (stream: object, on: boolean) => {
    if (on) active.add(stream)
    else active.delete(stream)
    scheduler.activeStreams = active.size
  }
  const services: StreamServices = {
    scheduler,
    clock: systemClock,
    openDetector: options.openDetector ?? (() => vad?.open() ?? new LoudnessDetector()),
    capabilities: () => decoder.capabilities,
    vadThreshold: options.vadThreshold ?? 0.5,
    beamSize: options.beamSize ?? 5,
    newId: () => newId('utt'),
    setActive,
    onClose: (stream) => {
      streams.delete(stream as SpeechStreamLike)
      setActive(stream, false)
    },
  }

  let measured: SelfTest | null = null
  let closed = false
  const whenReady = (async () => {
    if (pool) await pool.whenReady
    if (vad) await vad.whenReady.catch(() => {}) // by loudness until it is back
    await options.spareReady?.catch(() => {}) // without it the remote one is all there is
    if (!options.skipSelfTest) {
      measured = await selfTest(decoder, { cores, workers })
      scheduler.draftCost = measured.draftCost
      const { realTimeFactor: realTime, capacity, comfortable } = measured
      log.info('speech self-test: people who can talk at once', { comfortable, capacity, realTime })
    }
  })()
  whenReady.catch(() => {})
  let settledReady = false
  whenReady.then(
    () => {
      settledReady = true
    },
    () => {},
  )

  return {
    whenReady,
    decoder,
    openDetector: services.openDetector,
    get processes() {
      return { decode: pool?.pids ?? [], vad: vad?.pid ?? null }
    },
    open(stream) {
      const opened = stream.drafts ? new SpeechStream(stream, services) : new BatchStream(stream, services)
      streams.add(opened)
      return opened
    },
    status(): EngineStatus {
      const alive = pool ? pool.alive : workers
      const ready = !closed && settledReady && alive > 0
      return {
        ready,
        detail: ready
          ? (fallback?.detail ?? '')
          : closed
            ? 'The engine is stopped.'
            : pool?.detail ||
              (remote ? 'The recogniser of this machine is starting.' : 'The speech engine is being tested.'),
        workers: alive,
        model: options.modelName,
        backend: options.backend,
        device: decoder.capabilities.device,
        realTimeFactor: measured?.realTimeFactor ?? 0,
        activeSpeakers: active.size,
        capacity: measured?.capacity ?? (remote ? 1000 : 0),
        comfortable: measured?.comfortable,
        overload: scheduler.overload.step(systemClock.now()),
        queued: scheduler.queued,
      }
    },
    async close() {
      if (closed) return
      closed = true
      for (const stream of [...streams]) stream.close()
      scheduler.close(new DOMException('engine closed', 'AbortError'))
      vad?.close()
      await decoder.close()
    },
  }
}

function openVad(options: SpeechEngineOptions, log: Log): VadService | null {
  const { vadModelPath, libraryPath, command } = options
  if (!vadModelPath || !libraryPath) return null
  return new VadService({
    command,
    load: { type: 'load', role: 'vad', libraryPath, modelPath: vadModelPath, niceness: NICE.vad },
    log,
  })
}
