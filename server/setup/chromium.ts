/** Finds a Chromium for the browser tests, and installs Debian's when there is none and we may. */
import { existsSync } from 'node:fs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Path of a browser: PARLEY_CHROMIUM, else the first of the usual names in PATH; null when there is none. */
export function findChromium(env: Record<string, string | undefined> = process.env): string | null {
  const given = env.PARLEY_CHROMIUM
  if (given && existsSync(given)) return given
  for (const name of NAMES) {
    const path = Bun.which(name, env.PATH ? { PATH: env.PATH } : undefined)
    if (path) return path
  }
  return null
}

/** Installs missing Debian packages; false (with the reason told) when that is not possible here. */
async function installPackages(packages: readonly string[], say: (line: string) => void): Promise<boolean> {
  const wanted = packages.join(' ')
  if (process.getuid?.() !== 0 || !Bun.which('apt-get')) {
    say(`Missing: ${wanted}. Install with: sudo apt-get install -y ${wanted}`)
    return false
  }
  say(`Installing ${wanted} …`)
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const child = Bun.spawn(['apt-get', '-qq', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const [err, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
    // A failed `update` may still leave usable lists; a failed `install` is final.
    if (code !== 0 && args[0] === 'install') {
      say(`${err.trim().split('\n').slice(-3).join('\n')}\nCould not install ${wanted}.`)
      return false
    }
  }
  return true
}

/** A browser's path, after installing one if need be. */
export async function ensureChromium(say: (line: string) => void): Promise<string | null> {
  const found = findChromium()
  if (found) return found
  return (await installPackages(['chromium'], say)) ? findChromium() : null
}
