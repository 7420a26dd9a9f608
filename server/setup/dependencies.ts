/** Makes `node_modules` what the lockfile says, and remembers that it is, so that the next start does not ask again. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { captured } from './captured.ts'

/** The root of the checkout. */
export const ROOT = join(import.meta.dir, '..', '..')

const STAMP = join('node_modules', '.parley-lock')

/** Whether `node_modules` is missing or was installed for other versions of package.json, bun.lock or Bun. */
export function dependenciesAreStale(root: string = ROOT): boolean {
  try {
    return readFileSync(join(root, STAMP), 'utf8') !== lockKey(root)
  } catch {
    return true
  }
}

/** Returns true when something was installed. Throws with a remedy when that failed. */
export async function ensureDependencies(say: (line: string) => void, root: string = ROOT): Promise<boolean> {
  if (!dependenciesAreStale(root)) return false
  const first = !existsSync(join(root, 'node_modules'))
  say(
    first
      ? 'Installing the libraries Parley needs (only this once) …'
      : 'The libraries have changed; updating them …',
  )
  const started = Date.now()
  const { code, text } = await captured([process.execPath, 'install', '--frozen-lockfile'], root)
  if (code !== 0) {
    say(text)
    throw new Error(
      'The libraries could not be installed. This needs the network once, or a proxy (HTTPS_PROXY), or a filled cache; then run the same command again.',
    )
  }
  writeFileSync(join(root, STAMP), lockKey(root))
  say(`Libraries are ready (${((Date.now() - started) / 1000).toFixed(1)} s).`)
  return true
}

function lockKey(root: string): string {
  const hash = createHash('sha256').update(Bun.version)
  for (const name of ['package.json', 'bun.lock']) hash.update(readFileSync(join(root, name)))
  return hash.digest('hex')
}
