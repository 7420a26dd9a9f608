/** Real child processes with the scripted recogniser: no model, no native library. Starting one takes about 0.1 s. */
import { afterAll, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import type { DecodeRequest } from '../../server/asr/backend.ts'
import { say } from '../../server/asr/backends/fake.ts'
import { markedAudio } from '../../server/asr/backends/fake-decoder.ts'
import { VadService } from '../../server/asr/vad-service.ts'
import { PoisonedWindow, WorkerPool } from '../../server/asr/worker-pool.ts'
import { AppError } from '../../server/core/error.ts'
import { silentLog } from '../../server/log.ts'
import { selfCommand } from '../../server/setup/self.ts'
import { decodeRequest } from '../helpers/decoding.ts'
import { until } from '../helpers/until.ts'

const command = selfCommand('worker')
const script = JSON.stringify({ utterances: [say('one two three', 0)] })
const pools: WorkerPool[] = []
afterAll(async () => {
  for (const pool of pools) await pool.close()
})

function start(
  settings: Record<string, string> = {},
  count = 1,
  patience?: (ms: number) => number,
  mayLoad?: () => Promise<void>,
  launch: () => string[] = () => command,
): WorkerPool {
  const pool = new WorkerPool({
    command: launch,
    count,
    load: {
      type: 'load',
      role: 'decode',
      backend: 'fake',
      niceness: 0,
      options: { modelPath: '', gpu: false, libraryPath: null, settings: { script, ...settings } },
    },
    log: silentLog,
    patience,
    mayLoad,
  })
  pools.push(pool)
  return pool
}

const request = (context = ''): DecodeRequest =>
  decodeRequest({ kind: 'final', pcm: markedAudio(0, 1500), context, padding: 256 })
const text = (hypothesis: { tokens: { text: string }[] }) =>
  hypothesis.tokens
    .map((token) => token.text)
    .join('')
    .trim()

test('[WK1] a window goes in, its words come out', async () => {
  const pool = start()
  await pool.whenReady
  expect(pool.capabilities.forcedPrefix).toBe(true)
  expect(text(await pool.decode(request()))).toBe('one two three')
})

test('[WK2] a worker killed in mid-decode costs a retry, not the text', async () => {
  const pool = start({ slow: '400' }, 2)
  await pool.whenReady
  await until(() => pool.alive === 2)
  const both = [pool.decode(request()), pool.decode(request())]
  const [victim] = pool.pids
  process.kill(victim as number, 'SIGKILL')
  expect((await Promise.all(both)).map(text)).toEqual(['one two three', 'one two three'])
  await until(() => pool.alive === 2)
  expect(pool.pids).not.toContain(victim as number)
})

test('[WK3] a window that ends two workers is poison; the next one is served', async () => {
  const pool = start()
  await pool.whenReady
  await expect(pool.decode(request('crash now'))).rejects.toBeInstanceOf(PoisonedWindow)
  expect(text(await pool.decode(request()))).toBe('one two three')
})

test('[WK4] a worker that takes too long over a window is killed and the window decoded elsewhere', async () => {
  let patience = 150
  const pool = start({ slow: '600' }, 1, () => patience)
  await pool.whenReady
  const decode = pool.decode(request())
  await until(() => pool.alive === 0)
  patience = 60_000
  expect(text(await decode)).toBe('one two three')
})

test('[WK5] a model that cannot be used is said in words', async () => {
  const pool = start({ fail: 'The speech model is damaged. Fetch it again.' })
  await expect(pool.whenReady).rejects.toThrow('The speech model is damaged.')
  await until(() => pool.detail.includes('damaged'))
  expect(pool.alive).toBe(0)
})

test('[WK6] an aborted decode frees its worker at once; an aborted waiting one never starts', async () => {
  const pool = start({ slow: '30000' })
  await pool.whenReady
  const running = new AbortController()
  const waiting = new AbortController()
  const first = pool.decode(request(), running.signal)
  const second = pool.decode(request(), waiting.signal)
  waiting.abort(new Error('not wanted'))
  await expect(second).rejects.toThrow('not wanted')
  await until(() => pool.free === 0)
  running.abort(new Error('stale'))
  await expect(first).rejects.toThrow('stale')
  await until(() => pool.free === 1)
})

test('[WK14] no lost worker is replaced while the model on the disk is another; when it is back, the window is decoded', async () => {
  let asked = 0
  let changed = true
  const pool = start({}, 1, undefined, async () => {
    asked++
    if (changed) throw new AppError('unsupported', 'The file has changed.')
  })
  await pool.whenReady // the first start has been checked by whoever made the pool
  expect(asked).toBe(0)
  process.kill(pool.pids[0] as number, 'SIGKILL')
  await until(() => asked >= 2)
  expect([pool.alive, pool.detail]).toEqual([0, 'The file has changed.'])
  const waiting = pool.decode(request())
  changed = false
  expect(text(await waiting)).toBe('one two three')
  expect(pool.detail).toBe('')
})

test('[WK7] workers end when their server dies', async () => {
  const code = `
    import { WorkerPool } from '${import.meta.dir}/../../server/asr/worker-pool.ts'
    import { silentLog } from '${import.meta.dir}/../../server/log.ts'
    const pool = new WorkerPool({ command: () => ${JSON.stringify(command)}, count: 1, log: silentLog, load: { type: 'load', role: 'decode', backend: 'fake', niceness: 0, options: { modelPath: '', gpu: false, libraryPath: null, settings: {} } } })
    await pool.whenReady
    console.log(pool.pids[0])
    await Bun.sleep(60_000)`
  const server = Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe', stderr: 'inherit' })
  const reader = server.stdout.getReader()
  const pid = Number(new TextDecoder().decode((await reader.read()).value).trim())
  expect(existsSync(`/proc/${pid}/stat`)).toBe(true)
  server.kill('SIGKILL')
  await until(
    () => !existsSync(`/proc/${pid}/stat`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '),
  )
})

test('[WK15] a stop that reaches the whole process group leaves the workers to the server', async () => {
  const pool = start()
  await pool.whenReady
  const [pid] = pool.pids as [number]
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.kill(pid, signal)
    expect(text(await pool.decode(request(), new AbortController().signal))).toBe('one two three')
  }
  expect(pool.pids).toEqual([pid])
})

test('[WK8] nothing secret of the environment reaches a worker', async () => {
  process.env.PARLEY_TEST_SECRET = 'canary-in-the-environment'
  const pool = start()
  await pool.whenReady
  expect(readFileSync(`/proc/${pool.pids[0]}/environ`, 'utf8')).not.toContain('canary')
  delete process.env.PARLEY_TEST_SECRET
})

test('[WK9] while the voice detector is being replaced, answers come by loudness', async () => {
  const service = new VadService({
    command: () => [process.execPath, '-e', 'process.exit(1)'],
    load: { type: 'load', role: 'vad', libraryPath: '/nowhere', modelPath: '/nowhere', niceness: 0 },
    log: silentLog,
  })
  const detector = service.open()
  const quiet = await detector.detect(new Float32Array(512 * 4))
  const loud = await detector.detect(Float32Array.from({ length: 512 * 4 }, (_, i) => 0.3 * Math.sin(i / 5)))
  expect([...quiet]).toEqual([0, 0, 0, 0])
  expect(loud.every((value) => value > 0.5)).toBe(true)
  expect(service.fallbacks).toBe(2)
  service.close()
})

test('[WK18] where no process can be started it is tried again, and nothing else happens', async () => {
  let able = true
  let tries = 0
  const failing = () => {
    tries++
    return able ? [process.execPath, '-e', 'process.exit(1)'] : ['/no/such/program']
  }
  const service = new VadService({
    command: failing,
    load: { type: 'load', role: 'vad', libraryPath: '/nowhere', modelPath: '/nowhere', niceness: 0 },
    log: silentLog,
  })
  able = false
  const detector = service.open()
  while (tries < 4) await Bun.sleep(20)
  expect((await detector.detect(new Float32Array(512))).length).toBe(1)
  service.close()

  let there = true
  const pool = start({}, 1, undefined, undefined, () => (there ? command : ['/no/such/program']))
  await pool.whenReady
  there = false
  process.kill(pool.pids[0] as number, 'SIGKILL')
  while (!pool.detail) await Bun.sleep(20)
  while (!pool.detail.includes('No process can be started')) await Bun.sleep(20)
  there = true
  expect(text(await pool.decode(request(), new AbortController().signal))).toBe('one two three')
}, 20_000)
