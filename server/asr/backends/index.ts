/** Name → recogniser. Each is loaded only where it is used: the native library never enters the server's own process. */
import type { AsrBackend } from '../backend.ts'

export const backends: Record<string, () => Promise<AsrBackend>> = {
  whisper: async () => (await import('./whisper.ts')).whisper,
  openai: async () => (await import('./openai.ts')).openai,
  fake: async () => (await import('./fake-decoder.ts')).fake,
}

/** Backends whose code may abort the process: they run in workers. The others run inside the server. */
export const NEEDS_WORKERS: ReadonlySet<string> = new Set(['whisper', 'fake'])
