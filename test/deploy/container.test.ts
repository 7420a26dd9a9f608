/** The files in docs/deploy. */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPTIONS } from '../../server/settings.ts'

const ROOT = join(import.meta.dir, '..', '..')

test('[OP6] the files for deployment agree with the program', () => {
  const read = (name: string) => readFileSync(join(ROOT, 'docs', 'deploy', name), 'utf8')
  const flags = new Set(OPTIONS.map((option) => option.flag))
  const settings = [read('Dockerfile'), read('.env.example'), read('compose.yaml')]
    .join('\n')
    .matchAll(/\bPARLEY_([A-Z0-9_]+)=/g)
  for (const [, name = ''] of settings)
    expect([name, flags.has(name.toLowerCase().replaceAll('_', '-'))]).toEqual([name, true])
  const commands = read('parley.service')
    .split('\n')
    .filter((line) => line.startsWith('Exec'))
    .join('\n')
  for (const [, flag = ''] of commands.matchAll(/--([a-z-]+)/g))
    expect([flag, flags.has(flag.replace(/^no-/, ''))]).toEqual([flag, true])
  expect(read('Dockerfile')).toContain('USER parley')
  expect(read('compose.yaml')).toContain('stop_grace_period: 20s')
  expect(read('parley.service')).toContain('TimeoutStopSec=20')
})

const analyze = Bun.which('systemd-analyze')

test.skipIf(!analyze)('[OP10] systemd rates the unit’s exposure at most 2 of 10', async () => {
  const unit = join(ROOT, 'docs', 'deploy', 'parley.service')
  const child = Bun.spawn([analyze as string, 'security', '--offline=true', '--no-pager', unit], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [text, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  // Older versions cannot look at a unit that is not installed.
  if (/unrecognized option|offline/.test(errors)) return
  expect(Number(/exposure level for parley\.service: ([\d.]+)/.exec(text)?.[1])).toBeLessThanOrEqual(2)
})
