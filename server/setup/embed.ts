/** A bundler plugin: in the executable, the list in `native-variants.ts` names the libraries that were just built. */
import type { BunPlugin } from 'bun'
import type { EmbeddedLibrary } from './native-variants.ts'

/** Replaces the text of `native-variants.ts` by one import per library, so that the bundler takes the files along. */
export function embedLibraries(libraries: readonly EmbeddedLibrary[]): BunPlugin {
  return {
    name: 'parley-native-libraries',
    setup(build) {
      build.onLoad({ filter: /[\\/]server[\\/]setup[\\/]native-variants\.ts$/ }, () => ({
        loader: 'ts',
        contents: listModule(libraries),
      }))
    },
  }
}

/** The text that takes the place of `native-variants.ts`. */
export function listModule(libraries: readonly EmbeddedLibrary[]): string {
  const imports = libraries.map(
    ({ path }, index) => `import library${index} from ${JSON.stringify(path)} with { type: 'file' }`,
  )
  const rows = libraries.map(
    ({ variant, sha256, gpu }, index) =>
      `  { variant: ${JSON.stringify(variant)}, path: library${index}, sha256: ${JSON.stringify(sha256)}` +
      `${gpu ? `, gpu: ${JSON.stringify(gpu)}` : ''} },`,
  )
  return `${imports.join('\n')}\nexport const EMBEDDED_LIBRARIES = [\n${rows.join('\n')}\n]\n`
}
