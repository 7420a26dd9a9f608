/** `parley serve`: start, say where, open the browser where that is wanted, stop cleanly. */
import { readFileSync } from 'node:fs'
import { createApp } from '../app.ts'
import type { ResolvedConfig } from '../config.ts'
import { StopSignals } from '../core/stop-signals.ts'
import { createLog } from '../log.ts'
import { banner } from './banner.ts'

export async function serve({ config }: ResolvedConfig, version: string): Promise<void> {
  // A full disk or a closed pipe behind the output costs lines, not the meeting (reliability R33).
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const log = createLog(config.logLevel)
  const app = await createApp(config, { log, version })
  const signals = new StopSignals()
  const stop = async (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => {
    const meant = signals.take(signal, performance.now())
    if (meant === 'end') process.exit(130)
    if (meant === 'go-on') return
    log.info('stopping', { signal })
    await app.close()
    process.exit(0)
  }
  process.on('SIGINT', () => void stop('SIGINT'))
  process.on('SIGTERM', () => void stop('SIGTERM'))
  if (!outlivesTerminal()) process.on('SIGHUP', () => void stop('SIGHUP'))

  if (process.stdout.isTTY) process.stdout.write(banner(app, config, version))
  else {
    const { url, port, secureUrl } = app
    // The first line is for programs (decision D22); people reading a pipe get the banner after it.
    process.stdout.write(
      `${JSON.stringify({ event: 'listening', url, port, secureUrl })}\n${banner(app, config, version)}`,
    )
  }
  if (config.port !== 0 && app.port !== config.port) {
    process.stdout.write(`Port ${config.port} was taken, so this is ${app.port}. Choose one with --port.\n`)
  }
  if (config.open && wantsBrowser()) openBrowser(app.url)
}

/** Started with nohup: the end of the terminal is no reason to stop. Where that cannot be asked, the system decides. */
function outlivesTerminal(): boolean {
  try {
    const [, ignored] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return ignored === undefined || (BigInt(`0x${ignored}`) & 1n) === 1n // SIGHUP is the first bit
  } catch {
    return true
  }
}

/** An interactive desktop: a terminal, a display, and nobody at the far end of an SSH line. */
function wantsBrowser(): boolean {
  const { env } = process
  if (!process.stdout.isTTY || env.SSH_CONNECTION || env.CI || env.INVOCATION_ID) return false
  return (
    process.platform === 'darwin' ||
    process.platform === 'win32' ||
    Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
  )
}

function openBrowser(url: string): void {
  const command = { darwin: ['open', url], win32: ['cmd', '/c', 'start', '', url] }[
    process.platform as 'darwin' | 'win32'
  ]
  try {
    Bun.spawn(command ?? ['xdg-open', url], { stdout: 'ignore', stderr: 'ignore' }).unref()
  } catch {
    // The banner has the address.
  }
}
