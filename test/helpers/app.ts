/** The whole server in this process, as `main.ts` starts it: on a free port of this machine, its data in a directory of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, type AppOptions, createApp } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { resolveConfig } from '../../server/config.ts'
import { silentLog } from '../../server/log.ts'
import type { Config } from '../../server/settings.ts'

export interface TestApp {
  app: App
  directory: string
  /** Stops the server and removes its data. */
  close(): Promise<void>
}

/** The settings of a server in tests: what a fresh start has, but reachable from this machine alone and without HTTPS. */
export function testConfig(dataDir: string, changes: Partial<Config> = {}): Config {
  const { config } = resolveConfig({}, {})
  return { ...config, dataDir, host: '127.0.0.1', port: 0, tls: false, open: false, ...changes }
}

/** With the scripted recogniser and nothing in the log, unless `options` say otherwise. */
export async function openApp(
  changes: Partial<Config> = {},
  options: Partial<AppOptions> = {},
): Promise<TestApp> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-app-'))
  const config = testConfig(directory, changes)
  const { engine = createFakeEngine() } = options
  const app = await createApp(config, { log: silentLog, version: 'test', ...options, engine })
  return {
    app,
    directory,
    async close() {
      await app.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
