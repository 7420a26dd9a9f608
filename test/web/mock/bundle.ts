/** The web app as the executable carries it: bundled, every file with its type. */
import { join } from 'node:path'

export type Files = Map<string, { body: Blob; type: string }>

const WEB = join(import.meta.dir, '../../../web')

/** What is served beside the bundle: path, file, type. */
const BESIDE = [
  ['/capture.worklet.js', 'audio/capture.worklet.js', 'text/javascript'],
  ['/icon.svg', 'public/icon.svg', 'image/svg+xml'],
  ['/icon-192.png', 'public/icon-192.png', 'image/png'],
  ['/icon-512.png', 'public/icon-512.png', 'image/png'],
  ['/sw.js', 'public/sw.js', 'text/javascript'],
  ['/manifest.webmanifest', 'public/manifest.webmanifest', 'application/manifest+json'],
] as const

/** Path → bytes and type. */
export async function buildWeb(): Promise<Files> {
  const built = await Bun.build({
    entrypoints: [join(WEB, 'index.html')],
    minify: true,
    splitting: true,
    target: 'browser',
    define: { 'process.env.NODE_ENV': '"production"' },
    publicPath: '/',
    naming: { chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
  })
  const files: Files = new Map()
  for (const output of built.outputs)
    files.set(`/${output.path.replace(/^\.?\//, '')}`, { body: output, type: output.type })
  for (const [path, file, type] of BESIDE) files.set(path, { body: Bun.file(join(WEB, file)), type })
  return files
}
