import { expect, test } from 'bun:test'
import type { App } from '../../server/app.ts'
import { banner } from '../../server/cli/banner.ts'
import { resolveConfig } from '../../server/config.ts'

const told = (changes: { host?: string; publicUrl?: string }, securePort: number | null) => {
  const config = { ...resolveConfig({}, {}).config, ...changes }
  const url = `http://${changes.host ?? 'localhost'}:8123`
  const setupUrl = `${changes.publicUrl || url}/sign-in#${'k'.repeat(32)}`
  const engine = { status: () => ({ model: 'base', backend: 'whisper' }) }
  const app = { url, port: 8123, secureUrl: null, securePort, setupUrl, engine } as unknown as App
  return /^ {2}Owner +(\S+)/m.exec(banner(app, config, '1'))?.[1] ?? ''
}

test('[SX73] the owner chooses a password over HTTPS where that is served', () => {
  const host = '192.168.1.5'
  const link = `sign-in#${'k'.repeat(32)}`
  expect(told({ host }, 8443)).toBe(`https://${host}:8443/${link}`)
  expect(told({ host }, null)).toBe(`http://${host}:8123/${link}`)
  const publicUrl = 'https://parley.example.org'
  expect(told({ host, publicUrl }, 8443)).toBe(`${publicUrl}/${link}`)
})
