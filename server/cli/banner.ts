/** What the start prints: where to go, from where, and what is running. */
import { renderUnicodeCompact } from 'uqr'
import type { App } from '../app.ts'
import { sharedAddresses } from '../http/addresses.ts'
import type { Config } from '../settings.ts'

/**
 * For another device, since the machine itself asks for nothing; a password is chosen there, so it goes over HTTPS where that
 * is served.
 */
function ownerLink({ setupUrl, port, securePort }: App, { publicUrl }: Config, address?: string): string {
  if (!setupUrl || !address || publicUrl) return setupUrl ?? ''
  const { pathname, hash } = new URL(setupUrl)
  const origin = securePort ? `https://${address}:${securePort}` : `http://${address}:${port}`
  return origin + pathname + hash
}

export function banner(app: App, config: Config, version: string): string {
  const lan = sharedAddresses(config.host)
  const rows: [string, string][] = [['Here', app.url]]
  for (const address of lan.slice(0, 2)) {
    rows.push([
      'Network',
      `http://${address}:${app.port}${app.securePort ? `   to speak: https://${address}:${app.securePort}` : ''}`,
    ])
  }
  if (app.setupUrl && (lan.length > 0 || config.auth === 'key' || config.publicUrl))
    rows.push([
      'Owner',
      `${ownerLink(app, config, lan[0])}   (choose your password; works once, for 30 minutes)`,
    ])
  const engine = app.engine.status()
  rows.push(['Model', `${engine.model || config.model} (${engine.backend || config.backend})`])
  rows.push(['Data', config.dataDir])
  const lines = rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`)
  const code =
    process.stdout.isTTY && lan[0]
      ? `\n${renderUnicodeCompact(`http://${lan[0]}:${app.port}`, { border: 1 })}\n`
      : ''
  return `\nParley ${version} is ready.\n\n${lines.join('\n')}\n${code}\nStop with Ctrl+C.\n`
}
