/** SettingsModel: how this device shows captions and what it remembers of its person; kept in the browser only. */
import { computed, createModel, effect, signal } from '@preact/signals'
import type { Stability } from './stability.ts'

export const THEMES = ['system', 'light', 'dark', 'yellow', 'contrast', 'dyslexia', 'broadcast'] as const
export type Theme = (typeof THEMES)[number]

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'ar', 'ja'] as const
export type UiLanguage = (typeof LANGUAGES)[number]

export interface Settings {
  name: string
  theme: Theme
  /** Size of transcript text, in percent of 20 px. */
  size: number
  stability: Stability
  /** Opt-in voice of the screen reader: finished sentences only, never the tail. */
  announce: 'off' | 'finals' | 'speakers'
  ui: UiLanguage
  shortcuts: boolean
  deviceId: string
  /** Line length of captions in characters. */
  width: number
  lineHeight: number
  letterSpacing: number
  /** Extra languages shown beside the original. */
  show: 'source' | 'translation' | 'both'
  language: string
  /** Finished captions are spoken by the browser. */
  readAloud: boolean
  /** Has joined before: the next time is one click. */
  returning: boolean
}

export const defaultSettings: Settings = {
  name: '',
  theme: 'system',
  size: 100,
  stability: 'balanced',
  announce: 'off',
  ui: 'en',
  shortcuts: true,
  deviceId: '',
  width: 65,
  lineHeight: 1.5,
  letterSpacing: 0,
  show: 'source',
  language: '',
  readAloud: false,
  returning: false,
}

/** The part of localStorage that is used; null where the browser forbids it (private windows, OBS). */
export type KeyValue = Pick<Storage, 'getItem' | 'setItem'>

const KEY = 'parley.settings'
export const SIZES = [60, 75, 90, 100, 115, 135, 160, 200, 250, 320, 400] as const

/** Stored text → settings; anything unknown or of the wrong kind falls back to its default. */
export function readSettings(stored: string | null, browserLanguage: string): Settings {
  const language = LANGUAGES.find((each) => browserLanguage.toLowerCase().startsWith(each)) ?? 'en'
  const defaults = { ...defaultSettings, ui: language }
  if (!stored) return defaults
  try {
    const given = JSON.parse(stored) as Record<string, unknown>
    const known = Object.entries(defaults).map(([key, value]) => [
      key,
      typeof given[key] === typeof value ? given[key] : value,
    ])
    const read = Object.fromEntries(known) as Settings
    if (!THEMES.includes(read.theme)) read.theme = 'system'
    if (!LANGUAGES.includes(read.ui)) read.ui = language
    return read
  } catch {
    return defaults
  }
}

/** The next size up or down in the steps of `SIZES`. */
export function stepSize(size: number, direction: 1 | -1): number {
  if (direction > 0) return SIZES.find((each) => each > size) ?? size
  return SIZES.findLast((each) => each < size) ?? size
}

export const SettingsModel = createModel((storage: KeyValue | null, browserLanguage: string) => {
  let stored: string | null = null
  try {
    stored = storage?.getItem(KEY) ?? null
  } catch {
    // Forbidden storage: settings last as long as the page.
  }
  const all = signal(readSettings(stored, browserLanguage))
  effect(() => {
    const text = JSON.stringify(all.value)
    try {
      storage?.setItem(KEY, text)
    } catch {
      // Full or forbidden: nothing to be done, nothing lost but the memory of it.
    }
  })
  return {
    all,
    stability: computed(() => all.value.stability),
    /** The language to read in; empty = as spoken. */
    readIn: computed(() => (all.value.show === 'source' ? '' : all.value.language)),
    set(change: Partial<Settings>) {
      all.value = { ...all.peek(), ...change }
    },
    larger() {
      all.value = { ...all.peek(), size: stepSize(all.peek().size, 1) }
    },
    smaller() {
      all.value = { ...all.peek(), size: stepSize(all.peek().size, -1) }
    },
  }
})

export type SettingsModelValue = InstanceType<typeof SettingsModel>
