/**
 * The native libraries inside the executable. Empty here: development builds one for its own CPU. When the executable is
 * built, `embed.ts` puts a list in the place of this file's text.
 */

export interface EmbeddedLibrary {
  /** A name from `server/asr/native/variants.ts`. */
  variant: string
  /** Path inside the executable. */
  path: string
  sha256: string
  /** The GPU backend it can use beside the CPU. */
  gpu?: 'cuda' | 'vulkan' | 'metal'
}

export const EMBEDDED_LIBRARIES: readonly EmbeddedLibrary[] = []
