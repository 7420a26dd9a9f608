/** What the stand-in's API says that never changes: this machine, its models and settings, the owner's account. */

export const INFO = {
  version: '0.1.0',
  urls: { lan: ['http://192.168.1.20:8123'], secure: ['https://192.168.1.20:8124'] },
  engine: {
    ready: true,
    detail: '',
    workers: 1,
    model: 'small-q5_1',
    backend: 'whisper',
    realTimeFactor: 2.4,
    activeSpeakers: 1,
    capacity: 2,
    comfortable: 1,
    queued: 0,
  },
}

export const ACCOUNT = { mode: 'link', ways: { password: true, passkey: true }, owner: true, how: 'sign-in' }
export const KEYS = [{ id: 'k', name: 'recorder', hint: 'parley_ab12', scopes: ['transcribe'], usedAt: null }]

export const TEMPLATES = ['minutes', 'standup', 'interview', 'lecture', 'one-to-one'].map((id) => ({
  id,
  name: id,
  focus: '',
  sections: [],
  own: false,
}))

const model = { languages: 'multilingual', note: '', inUse: false, speed: null, measuring: false }
export const MODELS = [
  { ...model, name: 'base-q8_0', bytes: 81_768_585, state: 'bundled', speed: 6.1 },
  { ...model, name: 'small-q5_1', bytes: 190_085_487, state: 'installed', inUse: true, speed: 2.4 },
  {
    ...model,
    name: 'medium-q5_0',
    bytes: 539_212_467,
    state: 'available',
    fetching: { received: 210_000_000, total: 539_212_467, detail: 'receiving', failed: false },
  },
  { ...model, name: 'tiny.en', bytes: 77_704_715, languages: 'en', state: 'available' },
]

export const SETTINGS = {
  llm: { url: 'http://localhost:11434/v1', model: 'qwen2.5:7b', hasKey: false, fixed: false },
  translation: null,
  autoSummary: { on: true, template: 'minutes', language: null },
  keep: { what: 'text+audio', days: 30, fixed: false },
}

/** Bytes. */
export const STORAGE = {
  audio: 2_340_000_000,
  models: 271_000_000,
  database: 48_200_000,
  backups: 0,
  free: 61_000_000_000,
  total: 250_000_000_000,
}

export const FINDINGS = [
  { what: 'Data directory', state: 'ok', found: 'Only you can look into it.' },
  { what: 'Certificate', state: 'warning', found: 'Good for 9 more days.', remedy: 'Renew it.' },
]
