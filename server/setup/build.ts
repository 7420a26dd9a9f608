/** `bun run build`: one executable with the page, the migrations, the models and a native library for every kind of CPU. */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { hashFile } from '../../models/hash.ts'
import { buildNative, type Gpu } from '../asr/native/build.ts'
import { releaseVariants, type Variant } from '../asr/native/variants.ts'
import { ROOT } from './dependencies.ts'
import { embedLibraries } from './embed.ts'
import { progressLines } from './native-library.ts'
import type { EmbeddedLibrary } from './native-variants.ts'
import { writeNotices } from './notices.ts'
import { sbomText } from './sbom.ts'

export interface BuildOptions {
  say: (line: string) => void
  /** Default: every variant a release for this platform carries, slowest first. */
  variants?: readonly Variant[]
  /** A GPU backend to compile in beside the CPU. */
  gpu?: Gpu
  /** Default `dist`. The file is always called `parley`: Bun writes its name into it. */
  outdir?: string
  /** Default `server/main.ts`; tests give a smaller program. */
  entry?: string
}

/** Builds and returns the path of the executable. The same sources give the same bytes, in any directory. */
export async function buildExecutable(options: BuildOptions): Promise<string> {
  const { say, gpu } = options
  const variants = options.variants ?? releaseVariants(process.platform, process.arch)
  const libraries: EmbeddedLibrary[] = []
  for (const variant of variants) {
    const progress = progressLines((line) => say(`${variant}: ${line}`))
    const path = await buildNative({ variant, gpu, progress })
    libraries.push({ variant, path, sha256: await hashFile(path), ...(gpu && { gpu }) })
  }
  if (!options.entry) await writeNotices(ROOT)

  const outdir = resolve(options.outdir ?? join(ROOT, 'dist'))
  mkdirSync(outdir, { recursive: true })
  const target = join(outdir, 'parley')
  // Bun puts the output file's name into the executable, so the draft has the same name in a directory of its own.
  const draftDirectory = join(outdir, `.draft-${process.pid}`)
  const draft = join(draftDirectory, 'parley')
  // Names of chunks depend on paths relative to the working directory.
  const before = process.cwd()
  process.chdir(ROOT)
  try {
    say('Putting everything into one file …')
    const result = await Bun.build({
      entrypoints: [options.entry ?? join(ROOT, 'server', 'main.ts')],
      // Nothing lying in the directory it is started from may change what the executable does.
      compile: {
        outfile: draft,
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
      },
      minify: true,
      sourcemap: 'none',
      define: {
        'process.env.NODE_ENV': '"production"',
        // CommonJS packages would carry the path they were built at.
        __filename: '"/parley"',
        __dirname: '"/"',
      },
      plugins: [embedLibraries(libraries)],
    })
    if (!result.success) throw new AggregateError(result.logs, 'The executable could not be built.')
    renameSync(draft, target)
  } finally {
    process.chdir(before)
    rmSync(draftDirectory, { recursive: true, force: true })
  }
  if (!options.entry) {
    const sha256 = await hashFile(target)
    writeFileSync(join(outdir, 'parley.cdx.json'), sbomText(ROOT, sha256))
    writeFileSync(join(outdir, 'SHA256SUMS'), `${sha256}  parley\n`)
  }
  say(
    `${target}: ${Math.round(statSync(target).size / 1e6)} MB, CPU variants ${variants.join(', ')}${gpu ? `, ${gpu}` : ''}`,
  )
  return target
}
