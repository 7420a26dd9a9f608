import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import { report } from '../../server/cli/doctor.ts'
import { CHECKS, examine } from '../../server/cli/doctor-checks.ts'
import { clockCheck } from '../../server/cli/doctor-clock.ts'
import { resolveConfig } from '../../server/config.ts'
import type { Config } from '../../server/settings.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-doctor-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const configWith = (change: Partial<Config> = {}): Config => ({
  ...resolveConfig({}, {}).config,
  dataDir: directory,
  backend: 'fake',
  port: 0,
  ...change,
})
/** The finding about one thing. */
async function about(what: string, change: Partial<Config> = {}) {
  const [finding] = await examine(
    configWith(change),
    CHECKS.filter(([name]) => name === what),
  )
  return finding
}

test('[OP2] a healthy directory is called healthy', async () => {
  const store = await openStore({ directory })
  await store.close()
  expect((await about('Database'))?.state).toBe('ok')
  expect((await about('Data directory'))?.state).toBe('ok')
  expect((await about('Port'))?.state).toBe('ok')
})

test('[OP2] what will not work is named, with what helps', async () => {
  mkdirSync(join(directory, 'audio'))
  expect(await about('Database')).toMatchObject({
    state: 'problem',
    remedy: expect.stringContaining('parley restore'),
  })
  writeFileSync(join(directory, 'parley.db'), 'not a database at all, not even close')
  expect((await about('Database'))?.state).toBe('problem')
  expect(await about('Speech model', { model: 'no-such-model' })).toMatchObject({
    state: 'problem',
    found: expect.stringContaining('no-such-model'),
  })
  writeFileSync(join(directory, 'ggml-base-q8_0.bin'), 'noise')
  expect((await about('Speech model', { model: join(directory, 'ggml-base-q8_0.bin') }))?.state).toBe(
    'problem',
  )
  expect((await about('Certificate', { tlsCert: join(directory, 'none.pem') }))?.state).toBe('problem')
})

test('[OP2] models are looked at and nothing is noted: a directory that is not there is not made', async () => {
  const dataDir = join(directory, 'new')
  expect((await about('Speech model', { dataDir }))?.state).toBe('ok')
  expect((await about('Voice detector', { dataDir }))?.state).toBe('ok')
  expect(existsSync(dataDir)).toBe(false)
})

test('[OP2] what works and should be known is a warning', async () => {
  chmodSync(directory, 0o755)
  expect((await about('Data directory'))?.state).toBe('warning')
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  expect((await about('Port', { host: '127.0.0.1', port: listener.port }))?.state).toBe('warning')
  listener.stop(true)
  expect((await about('Access', { auth: 'open' }))?.state).toBe('warning')
  expect((await about('Certificate', { tls: false }))?.state).toBe('warning')
})

test('[OP3] the report is for people: every remedy under its problem, and a verdict', () => {
  const text = report([
    { what: 'Port', state: 'ok', found: 'free' },
    { what: 'Disk space', state: 'problem', found: 'full', remedy: 'Free some.' },
  ])
  expect(text).toContain('PROBLEM  Disk space  full')
  expect(text).toContain('→ Free some.')
  expect(text).toContain('1 thing does not work yet.')
})

test('[OP2] a clock that was never set, is far ahead of the data or behind it is a warning', async () => {
  const day = 86_400_000
  const at = async (now: number) => (await clockCheck(() => now)(configWith())).state
  expect(await at(Date.now())).toBe('ok') // no data yet
  expect(await at(5 * day)).toBe('warning') // 1970
  const store = await openStore({ directory })
  await store.setSetting('clock', { seen: Date.now(), doubted: null, unset: [] })
  await store.close()
  expect(await at(Date.now())).toBe('ok')
  expect(await at(Date.now() + 6 * day)).toBe('ok')
  expect(await at(Date.now() + 40 * day)).toBe('warning')
  expect(await at(Date.now() - 2 * day)).toBe('warning')
})
