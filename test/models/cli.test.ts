import { describe, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelDirectory } from '../../models/locate.ts'
import { describeProgress, progressPrinter } from '../../server/cli/pull-progress.ts'
import { selfCommand } from '../../server/setup/self.ts'
import { fakeHub, status } from './fake-hub.ts'
import { fakeWhisperFile } from './fake-model.ts'
import { temporaryDirectories } from './temporary.ts'

const temporaryDirectory = temporaryDirectories()

async function parley(...args: string[]) {
  const { PARLEY_MODEL_MIRROR: _, ...env } = process.env
  const child = Bun.spawn(selfCommand('models', ...args), { env, stdout: 'pipe', stderr: 'pipe' })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

describe('parley models', () => {
  test('[MO40] list as text for people and as JSON for programs, own models included', async () => {
    const dataDir = temporaryDirectory()
    mkdirSync(modelDirectory(dataDir))
    writeFileSync(join(modelDirectory(dataDir), 'ggml-own.bin'), fakeWhisperFile())
    const text = await parley('list', '--data-dir', dataDir)
    expect(text).toMatchObject({ code: 0, err: '' })
    expect(text.out).toMatch(/^base-q8_0 +81\.8 MB {2}built in/m)
    expect(text.out).toMatch(/^large-v3-turbo +1\.62 GB/m)
    const json = await parley('list', '--json', '--data-dir', dataDir)
    const rows = JSON.parse(json.out)
    expect(rows.find(({ name }: { name: string }) => name === 'own')).toMatchObject({
      state: 'own',
      sha256: null,
    })
  })

  test('[MO41] a misspelt model: the nearest name, exit code 1, and nothing was asked of the network', async () => {
    const hub = fakeHub(status(404))
    const { err, code } = await parley(
      'get',
      'tiny',
      'larg-v3',
      '--mirror',
      hub.url,
      '--data-dir',
      temporaryDirectory(),
    )
    hub.close()
    expect({ err, code }).toEqual({ err: expect.stringContaining("Did you mean 'large-v3'?"), code: 1 })
    expect(hub.asked).toEqual([])
  })

  test('[MO41] a misspelt subcommand and a missing argument are usage errors with exit code 2', async () => {
    expect(await parley('lst')).toMatchObject({
      code: 2,
      err: expect.stringContaining("unknown command 'lst'"),
    })
    expect(await parley('get')).toMatchObject({
      code: 2,
      err: expect.stringContaining('missing required argument'),
    })
  })

  test('[MO42] get says what failed and where, in one line', async () => {
    const hub = fakeHub(status(404))
    const { err, code } = await parley('get', 'tiny', '--mirror', hub.url, '--data-dir', temporaryDirectory())
    hub.close()
    expect({ err, code }).toEqual({
      err: `parley: ${new URL(hub.url).host} answered 404 for /ggml-tiny.bin.\n`,
      code: 1,
    })
  })

  test('[MO43] import, verify, damage, verify again, rm: texts and exit codes', async () => {
    const dataDir = temporaryDirectory()
    const source = join(temporaryDirectory(), 'Own.bin')
    writeFileSync(source, fakeWhisperFile())
    const place = ['--data-dir', dataDir]
    expect(await parley('import', source, ...place)).toMatchObject({
      code: 0,
      out: expect.stringContaining('Imported as own'),
    })
    expect(await parley('verify', 'own', ...place)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ok +own/),
    })
    writeFileSync(join(modelDirectory(dataDir), 'ggml-own.bin'), fakeWhisperFile(2))
    expect(await parley('verify', 'own', ...place)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^DAMAGED +own/),
    })
    expect(await parley('rm', 'own', ...place)).toMatchObject({
      code: 0,
      out: expect.stringContaining('own removed'),
    })
    expect(await parley('rm', 'own', ...place)).toMatchObject({
      code: 1,
      err: expect.stringContaining("no model called 'own'"),
    })
  }, 60_000)
})

describe('the progress line', () => {
  const receiving = (received: number) => ({
    state: 'receiving' as const,
    received,
    total: 200e6,
    resumedFrom: 0,
    bytesPerSecond: 4.2e6,
    secondsLeft: (200e6 - received) / 4.2e6,
  })

  test('[MO44] it tells percent, bytes, speed and time left, or why it waits', () => {
    expect(describeProgress('small', receiving(50e6))).toBe(
      'small  25 %  50.0 MB of 200.0 MB  4.2 MB/s  36 s left',
    )
    const waiting = { state: 'waiting' as const, reason: 'the connection broke', seconds: 4, attempt: 2 }
    expect(describeProgress('small', waiting)).toBe('small  the connection broke; trying again in 4 s')
  })

  test('[MO44] a terminal has one line that is redrawn, a pipe gets a line every five seconds and the last one', () => {
    for (const [isTTY, expected] of [
      [true, 6],
      [false, 3],
    ] as const) {
      const written: string[] = []
      let time = 0
      const printer = progressPrinter('small', { isTTY, write: (text) => written.push(text) }, () => time)
      for (; time <= 9000; time += 2000) printer.show(receiving(time))
      printer.show(receiving(200e6))
      expect(written.length).toBe(expected)
      printer.end()
      expect(written.at(-1)).toEndWith('\n')
      expect(written.slice(0, 5).every((text) => text.startsWith('\r') === isTTY)).toBe(true)
    }
  })
})
