/** The catalogue in use, as a signal; other languages are loaded when they are wanted. */
import { batch, signal } from '@preact/signals'
import type { UiLanguage } from '../state/settings.ts'
import type { Messages } from './en.ts'
import { enLive, type LiveMessages } from './en-live.ts'

/** The words of the captions page, and of everything it shares with others. */
export const live = signal<LiveMessages>(enLive)
export const locale = signal<UiLanguage>('en')
/** The full catalogue of a language other than English; null = English (see text.ts). */
export const foreign = signal<Messages | null>(null)

export type Other = Exclude<UiLanguage, 'en'>
const part: Record<Other, () => Promise<LiveMessages>> = {
  de: async () => (await import('./de-live.ts')).deLive,
  fr: async () => (await import('./fr-live.ts')).frLive,
  es: async () => (await import('./es-live.ts')).esLive,
  ar: async () => (await import('./ar-live.ts')).arLive,
  ja: async () => (await import('./ja-live.ts')).jaLive,
}
/** Where the whole catalogues come from; null = nothing on the page has more to say than the captions page. */
let whole: ((language: Other) => Promise<Messages>) | null = null

async function load(language: UiLanguage): Promise<{ all: Messages | null; words: LiveMessages }> {
  if (language === 'en') return { all: null, words: enLive }
  const all = whole && (await whole(language))
  return { all, words: all ?? (await part[language]()) }
}

/** From now on the whole catalogue is loaded, also of the language in use (text.ts asks for it by being loaded). */
export function wantWhole(from: (language: Other) => Promise<Messages>): void {
  whole = from
  if (locale.peek() !== 'en') void setLanguage(locale.peek()).catch(() => {})
}

/** Switches the whole page: words, `lang` and direction. Stays with the old language if the new one cannot be had. */
export async function setLanguage(language: UiLanguage): Promise<void> {
  const { all, words } = await load(language)
  batch(() => {
    foreign.value = all
    live.value = words
    locale.value = language
  })
  // Meanwhile a page may have come that needs the rest.
  if (whole && !all && language !== 'en') return setLanguage(language)
  document.documentElement.lang = language
  document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr'
}

/** 1:02:03 or 2:03. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const h = Math.floor(seconds / 3600)
  const m = Math.floor((seconds % 3600) / 60)
  const s = String(seconds % 60).padStart(2, '0')
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`
}
