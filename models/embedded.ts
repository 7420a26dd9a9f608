/** The bundled model files as paths the bundler follows: in the repository in development, inside the executable when compiled. */

import { DEFAULT_MODEL, VAD_MODEL } from './catalogue.ts'
import base from './ggml-base-q8_0.bin' with { type: 'file' }
import silero from './ggml-silero-v6.2.0.bin' with { type: 'file' }

/** Catalogue name → path. Only Bun can open a path inside the executable; native code needs an extracted copy. */
export const EMBEDDED_MODELS: Readonly<Record<string, string>> = {
  [DEFAULT_MODEL]: base,
  [VAD_MODEL]: silero,
}
