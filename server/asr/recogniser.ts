/** What decodes for an engine: worker processes of this machine, or a remote recogniser with a spare one behind it. */
import type { Log } from '../log.ts'
import type { Decoder } from './backend.ts'
import { FallbackDecoder } from './backends/fallback.ts'
import { backends, NEEDS_WORKERS } from './backends/index.ts'
import { withCareful } from './two-models.ts'
import { WorkerPool } from './worker-pool.ts'

export interface RecogniserOptions {
  /** Name in backends/index.ts. */
  backend: string
  /** Absolute path of the model file. */
  modelPath: string
  /** Native library; null for backends that need none. */
  libraryPath: string | null
  /** Arguments that start this program as a worker, asked at every start of one: selfCommand('worker'). */
  command: () => string[]
  /** 0 = chosen for this machine. */
  workers?: number
  /** Rejects, for people, while a model on the disk is not the one that was compared with its hash. */
  mayLoad?: () => Promise<void>
  gpu?: boolean
  /** A larger model for careful passes: absolute path. */
  refineModelPath?: string | null
  /** Of remote backends: url, key, model. */
  settings?: Record<string, string>
  /** Of remote backends: decodes what the remote one cannot answer in time. It belongs to somebody else. */
  spare?: Decoder
}

export interface Recogniser {
  decoder: Decoder
  /** Decodes at once when all is well, and processor cores they share, as the scheduler is to count them. */
  workers: number
  cores: number
  /** Decodes that may run at once now. */
  readonly alive: number
  /** People it can hear at once where that was not measured; 0 = not known. */
  capacity: number
  /** For people: what there is to say of it while it works, empty while all is well… */
  readonly notice: string
  /** …and what it waits for while it does not. */
  readonly missing: string
  /** Process ids of its workers. */
  readonly pids: number[]
  /** Resolves when it can decode; rejects with what is missing. */
  whenReady: Promise<void>
}

/** Niceness of decoding workers: recognition never makes sockets wait. */
const NICE = 10
/** Where nothing else is said, a worker per core, but no more than these. */
const MOST_WORKERS = 4
/** Simultaneous requests to a remote backend. */
const REMOTE_SLOTS = 4
/** Nobody is refused because of a machine that cannot be measured. */
const REMOTE_CAPACITY = 1000

/** `cores`: of this machine, for recognition. `onChange`: a worker came or went. */
export async function openRecogniser(
  options: RecogniserOptions,
  cores: number,
  log: Log,
  onChange: () => void,
): Promise<Recogniser> {
  return NEEDS_WORKERS.has(options.backend)
    ? openWorkers(options, cores, log, onChange)
    : openRemote(options, log)
}

function openWorkers(options: RecogniserOptions, cores: number, log: Log, onChange: () => void): Recogniser {
  const { backend, command, mayLoad, refineModelPath, libraryPath, gpu = false, settings = {} } = options
  const workers = options.workers || Math.max(1, Math.min(cores, MOST_WORKERS))
  const open = (modelPath: string, count: number) =>
    new WorkerPool({
      command,
      count,
      load: {
        type: 'load',
        role: 'decode',
        backend,
        niceness: NICE,
        options: { modelPath, gpu, libraryPath, settings },
      },
      log,
      onChange,
      mayLoad,
    })
  const pool = open(options.modelPath, workers)
  return {
    decoder: withCareful(pool, refineModelPath ? open(refineModelPath, 1) : null),
    workers,
    cores,
    get alive() {
      return pool.alive
    },
    capacity: 0,
    notice: '',
    get missing() {
      return pool.detail || 'The speech engine is being tested.'
    },
    get pids() {
      return pool.pids
    },
    whenReady: pool.whenReady,
  }
}

async function openRemote(options: RecogniserOptions, log: Log): Promise<Recogniser> {
  const { backend, modelPath, libraryPath, spare, gpu = false, settings = {} } = options
  const load = backends[backend]
  if (!load) throw new Error(`no backend named ${backend}`)
  const remote = await (await load()).load({ modelPath, gpu, libraryPath, settings })
  const fallback = spare ? new FallbackDecoder({ remote, spare, log }) : null
  return {
    decoder: fallback ?? remote,
    workers: REMOTE_SLOTS,
    cores: REMOTE_SLOTS,
    alive: REMOTE_SLOTS,
    capacity: REMOTE_CAPACITY,
    get notice() {
      return fallback?.detail ?? ''
    },
    missing: 'The recogniser of this machine is starting.',
    pids: [],
    whenReady: Promise.resolve(),
  }
}
