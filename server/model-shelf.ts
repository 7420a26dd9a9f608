/** The speech models of this machine for the settings page and for second passes: list, fetch, measure, remove, borrow. Part of the wiring. */
import type { Archive } from '../db/store.ts'
import { findModel } from '../models/catalogue.ts'
import { rememberHash } from '../models/hash.ts'
import { listModels, removeModel } from '../models/installed.ts'
import { hashMemory, modelDirectory, unknownModel } from '../models/locate.ts'
import { type PullProgress, pullModel } from '../models/pull.ts'
import type { SpeechEngine } from './asr/speech-event.ts'
import { AppError, toAppError } from './core/error.ts'
import { openEngine } from './engine.ts'
import type { ModelShelf } from './http/model-shelf.ts'
import type { Log } from './log.ts'
import type { Config } from './settings.ts'

export interface ModelShelfDeps {
  config: Config
  engine: SpeechEngine
  store: Pick<Archive, 'setting' | 'setSetting'>
  log: Log
}

/** × real time per model, as measured on this machine. */
const SPEEDS = 'model-speeds'
/** A model that is not ready after so long will not be, ms. */
const PATIENCE = 180_000

interface Fetching {
  received: number
  total: number
  detail: string
  failed: boolean
  abort: AbortController
}

export function createModelShelf({ config, engine, store, log }: ModelShelfDeps): ModelShelf & {
  close(): Promise<void>
} {
  const { dataDir } = config
  const fetching = new Map<string, Fetching>()
  const borrowed = new Set<SpeechEngine>()
  let measuring: string | null = null
  const speeds = async () => ((await store.setting(SPEEDS)) ?? {}) as Record<string, number>

  async function open(name: string): Promise<SpeechEngine> {
    const other = await openEngine({ ...config, model: name, refineModel: '', workers: 1 }, log)
    borrowed.add(other)
    const until = Date.now() + PATIENCE
    while (!other.status().ready) {
      if (Date.now() > until) {
        await close(other)
        throw new AppError('unavailable', `The model ${name} did not start: ${other.status().detail}`)
      }
      await Bun.sleep(100)
    }
    return other
  }
  async function close(other: SpeechEngine): Promise<void> {
    borrowed.delete(other)
    await other.close()
  }

  return {
    async list() {
      const known = await speeds()
      const now = engine.status()
      const rows = (await listModels(dataDir)).filter((row) => row.kind === 'asr')
      return rows.map((row) => {
        const job = fetching.get(row.name)
        const inUse = row.name === now.model
        const speed = inUse && now.realTimeFactor > 0 ? now.realTimeFactor : (known[row.name] ?? null)
        return {
          name: row.name,
          bytes: row.bytes,
          languages: row.languages,
          note: row.note,
          state: row.state,
          inUse,
          speed,
          measuring: measuring === row.name,
          fetching: job && {
            received: job.received,
            total: job.total,
            detail: job.detail,
            failed: job.failed,
          },
        }
      })
    },
    fetch(name) {
      const entry = findModel(name)
      if (!entry) throw unknownModel(name)
      const running = fetching.get(entry.name)
      if (running && !running.failed) return
      const abort = new AbortController()
      const job: Fetching = { received: 0, total: entry.bytes, detail: '', failed: false, abort }
      fetching.set(entry.name, job)
      pullModel(entry, {
        directory: modelDirectory(dataDir),
        mirror: process.env.PARLEY_MODEL_MIRROR,
        signal: abort.signal,
        onProgress: (progress: PullProgress) => {
          if (progress.state === 'receiving') job.received = progress.received
          job.detail = progress.state
        },
      })
        .then(async (path) => {
          await rememberHash(path, entry.sha256, hashMemory(dataDir))
          fetching.delete(entry.name)
          log.info('model installed', { model: entry.name })
        })
        .catch((cause) => {
          if (abort.signal.aborted) fetching.delete(entry.name)
          else {
            job.failed = true
            job.detail = toAppError(cause).message
            log.warn('model not installed', { model: entry.name, reason: job.detail })
          }
        })
    },
    stopFetching(name) {
      const job = fetching.get(name)
      job?.abort.abort(new Error('stopped'))
      fetching.delete(name)
    },
    async remove(name) {
      if (name === engine.status().model)
        throw new AppError('conflict', 'This model is in use. Start Parley with another one first.')
      return removeModel(name, dataDir)
    },
    async measure(name) {
      if (measuring)
        throw new AppError('unavailable', 'Another model is being measured. Try again soon.', {
          retryAfter: 20,
        })
      if (engine.status().activeSpeakers > 0)
        throw new AppError('conflict', 'Somebody is speaking: measuring now would make captions late.')
      measuring = name
      try {
        const other = name === engine.status().model ? engine : await open(name)
        const factor = other.status().realTimeFactor
        if (other !== engine) await close(other)
        await store.setSetting(SPEEDS, { ...(await speeds()), [name]: Math.round(factor * 100) / 100 })
        return factor
      } finally {
        measuring = null
      }
    },
    async usable() {
      const rows = await listModels(dataDir)
      const installed = rows
        .filter((row) => row.kind === 'asr' && row.state !== 'available')
        .map((row) => row.name)
      const { model } = engine.status()
      return config.backend === 'whisper' ? [model, ...installed.filter((name) => name !== model)] : [model]
    },
    async borrow(name) {
      if (name === null || name === engine.status().model)
        return { engine, model: engine.status().model, close: async () => {} }
      const other = await open(name)
      return { engine: other, model: name, close: () => close(other) }
    },
    async close() {
      for (const job of fetching.values()) job.abort.abort(new Error('stopped'))
      await Promise.all([...borrowed].map((other) => other.close()))
    },
  }
}
