/** The whole catalogue in use; apart from index.ts so that the captions page does not carry it. */
import { computed } from '@preact/signals'
import { en, type Messages } from './en.ts'
import { foreign, type Other, wantWhole } from './index.ts'

const catalogues: Record<Other, () => Promise<Messages>> = {
  de: async () => (await import('./de.ts')).de,
  fr: async () => (await import('./fr.ts')).fr,
  es: async () => (await import('./es.ts')).es,
  ar: async () => (await import('./ar.ts')).ar,
  ja: async () => (await import('./ja.ts')).ja,
}
wantWhole((language) => catalogues[language]())

export const text = computed(() => foreign.value ?? en)
