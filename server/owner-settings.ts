/** What the owner sets on the settings page, kept in the store; what was given at start wins. Part of the wiring. */
import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AUDIO, BACKUPS, DATABASE } from '../db/files.ts'
import type { Archive } from '../db/store.ts'
import { AppError, toAppError } from './core/error.ts'
import type { Keep } from './core/transcript.ts'
import type { AutoSummary, EndpointName, SettingsPort, StorageUse, TestResult } from './http/settings.ts'
import { type ChatMessage, type ChatSettings, chat } from './integration/chat.ts'
import { type TranslateSettings, translateText } from './integration/translate-text.ts'
import type { Config } from './settings.ts'

export interface OwnerSettings extends SettingsPort {
  /** As they are now; null = not set up. */
  llm(): ChatSettings | null
  translation(): TranslateSettings | null
  /** Called after an endpoint changed. */
  onChange: () => void
}

interface Endpoint {
  url: string
  model: string
  key: string
}

const AUTO: AutoSummary = { on: false, template: 'minutes', language: null }
/** What `--keep-days` is when nobody says otherwise. */
const DEFAULT_DAYS = 30
/** A test must not keep anybody waiting, ms. */
const TEST_TIMEOUT = 30_000
const TEST_CHAT: ChatMessage[] = [
  { role: 'system', content: 'You are being tested. Answer with one short sentence.' },
  { role: 'user', content: 'Say that you are ready.' },
]
const TEST_LINE = { text: 'Good morning, everybody.', from: 'en', to: 'de', before: [] }

export async function openOwnerSettings(
  config: Config,
  store: Pick<Archive, 'setting' | 'setSetting'>,
): Promise<OwnerSettings> {
  const kept: Record<EndpointName, Endpoint | null> = {
    llm: readEndpoint(await store.setting('llm')),
    translation: readEndpoint(await store.setting('translation')),
  }
  const started: Keep = { what: config.keep, days: config.keepDays || null }
  const fixed = config.keep !== 'text+audio' || config.keepDays !== DEFAULT_DAYS
  let keep = fixed ? started : (readKeep(await store.setting('keep')) ?? started)
  let auto: AutoSummary = {
    ...AUTO,
    ...((await store.setting('auto-summary')) as Partial<AutoSummary> | null),
  }
  const given: Record<EndpointName, Endpoint | null> = {
    llm: config.llmUrl ? { url: config.llmUrl, model: config.llmModel, key: config.llmKey } : null,
    translation: config.translateUrl
      ? { url: config.translateUrl, model: config.llmModel, key: config.translateKey }
      : null,
  }
  const current = (name: EndpointName) => given[name] ?? kept[name]

  const settings: OwnerSettings = {
    llm: () => current('llm'),
    translation: () => {
      const own = current('translation')
      if (own) return { ...own, kind: 'auto' }
      const llm = current('llm')
      return llm && { ...llm, kind: 'chat' }
    },
    onChange: () => {},
    endpoint(name) {
      const endpoint = current(name)
      return (
        endpoint && {
          url: endpoint.url,
          model: endpoint.model,
          hasKey: endpoint.key !== '',
          fixed: given[name] !== null,
        }
      )
    },
    async setEndpoint(name, value) {
      if (given[name])
        throw new AppError('conflict', 'This was set when Parley was started. Change it there.')
      const before = kept[name]
      const next = value && { ...value, key: value.key ?? (before?.url === value.url ? before.key : '') }
      await store.setSetting(name, next)
      kept[name] = next
      settings.onChange()
    },
    async test(name, value) {
      const known = current(name)
      // A key is only ever sent to the address it was given for.
      const key = value?.key ?? (value === null || value.url === known?.url ? (known?.key ?? '') : '')
      const endpoint = value ? { ...value, key } : known
      if (!endpoint) throw new AppError('invalid', 'url: which address?')
      return test(name, endpoint)
    },
    keep: () => ({ ...keep, fixed }),
    async setKeep(value) {
      if (fixed) throw new AppError('conflict', 'This was set when Parley was started. Change it there.')
      await store.setSetting('keep', value)
      keep = value
    },
    autoSummary: () => auto,
    async setAutoSummary(value) {
      await store.setSetting('auto-summary', value)
      auto = value
    },
    storage: async () => storageUse(config.dataDir),
    async diagnose() {
      const { examine, SERVING_CHECKS } = await import('./cli/doctor-checks.ts')
      return examine(config, SERVING_CHECKS)
    },
  }
  return settings
}

/** Asks an endpoint for a few words: what it answers, or why it does not, and how long that takes. */
async function test(name: EndpointName, endpoint: Endpoint): Promise<TestResult> {
  const began = performance.now()
  const took = () => Math.round(performance.now() - began)
  try {
    const answer =
      name === 'llm'
        ? await chat({ ...endpoint, timeout: TEST_TIMEOUT }, TEST_CHAT, { maxTokens: 40, mayBeCut: true })
        : await translateText({ ...endpoint, kind: 'auto' }, TEST_LINE)
    return { ok: true, took: took(), detail: answer.trim().slice(0, 200) }
  } catch (thrown) {
    return { ok: false, took: took(), detail: toAppError(thrown).message }
  }
}

function readEndpoint(value: unknown): Endpoint | null {
  const given = (value ?? {}) as Partial<Endpoint>
  return typeof given.url === 'string' && given.url
    ? { url: given.url, model: String(given.model ?? ''), key: String(given.key ?? '') }
    : null
}

function readKeep(value: unknown): Keep | null {
  const given = (value ?? {}) as Partial<Keep>
  const what = (['nothing', 'text', 'text+audio'] as const).find((each) => each === given.what)
  return what ? { what, days: typeof given.days === 'number' && given.days > 0 ? given.days : null } : null
}

/** Bytes by what they are for, and what the disk has left. */
function storageUse(dataDir: string): StorageUse {
  const { bavail, blocks, bsize } = statfsSync(dataDir)
  const database = readdirSync(dataDir).filter((name) => name.startsWith(DATABASE))
  return {
    audio: sizeOf(join(dataDir, AUDIO)),
    models: sizeOf(join(dataDir, 'models')),
    database: database.reduce((sum, name) => sum + sizeOf(join(dataDir, name)), 0),
    backups: sizeOf(join(dataDir, BACKUPS)),
    free: bavail * bsize,
    total: blocks * bsize,
  }
}

/** Bytes of a file, or of everything under a folder; 0 when there is nothing. */
function sizeOf(path: string): number {
  try {
    const found = statSync(path)
    if (!found.isDirectory()) return found.size
    return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
  } catch {
    return 0
  }
}
