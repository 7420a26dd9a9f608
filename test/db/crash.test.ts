/** Faults against real processes and disks: kill -9 while writing and migrating, a full disk, a disk that fails to sync. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import type { Archive } from '../../db/store.ts'
import { verify } from '../../db/verify.ts'
import { oldData, room, said, scratch, session } from './samples.ts'

let directory: string
let remove: () => void
beforeEach(() => {
  ;({ directory, remove } = scratch())
})
afterEach(() => remove())

async function prepare(at = directory): Promise<void> {
  const store = await openStore({ directory: at })
  await store.createRoom(room('quiet-otter'))
  await store.createSession(session('ses_a'))
  await store.close()
}

/** A number generator with a printed seed, so that a failing run can be repeated. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const child = (name: string, ...args: string[]) =>
  Bun.spawn([process.execPath, join(import.meta.dir, 'children', name), ...args], {
    stdout: 'pipe',
    stderr: 'inherit',
  })

test('[ST23] every acknowledged seq survives kill -9 at any moment', async () => {
  await prepare()
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  const next = random(seed)
  let acknowledged = 0
  for (let run = 0; run < Number(process.env.CRASH_RUNS ?? 5); run++) {
    const writer = child('append.ts', directory, 'ses_a')
    const reader = writer.stdout.getReader()
    let text = ''
    const stopAt = 1 + Math.floor(next() * 60)
    for (let lines = 0; lines < stopAt; ) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the writer ended by itself (seed ${seed})`)
      text += new TextDecoder().decode(value)
      lines = text.split('\n').length - 1
    }
    writer.kill('SIGKILL')
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      text += new TextDecoder().decode(value)
    }
    await writer.exited
    acknowledged = Number(text.trimEnd().split('\n').at(-1))
    const store = await openStore({ directory })
    const stored = await store.eventsSince('ses_a', 0, 1_000_000)
    expect(stored.length, `seed ${seed}`).toBeGreaterThanOrEqual(acknowledged)
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1))
    await store.close()
    expect(verify(directory), `seed ${seed}`).toMatchObject({ ok: true, problems: [] })
  }
  expect(acknowledged).toBeGreaterThan(4)
}, 60_000)

test('[ST34] a migration killed at any moment is done or undone by the next start, and the copy is kept', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  const next = random(seed)
  for (let run = 0; run < Number(process.env.CRASH_RUNS ?? 4); run++) {
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory)
    oldData(directory, 2000)
    const migrating = child('migrate.ts', directory)
    await migrating.stdout.getReader().read()
    await Bun.sleep(next() * 60)
    migrating.kill('SIGKILL')
    await migrating.exited
    const reopened = await openStore({ directory })
    expect(await reopened.check(), `seed ${seed}`).toEqual({ ok: true, detail: 'ok' })
    expect(await reopened.eventsSince('ses_a', 0, 1000)).toHaveLength(1000)
    await reopened.close()
    const copies = readdirSync(join(directory, 'backups')).filter((name) => name.endsWith('.db'))
    expect(copies.length).toBeGreaterThanOrEqual(1)
  }
}, 60_000)

/** A small disk of its own, or null where that is not allowed. */
function smallDisk(): string | null {
  const place = join(directory, 'disk')
  Bun.spawnSync(['mkdir', '-p', place])
  const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', place])
  if (mounted.exitCode === 0) return place
  console.log('skipped: a full disk needs the right to mount a tmpfs')
  return null
}

test('[ST30] a full disk refuses with a clear error, still reads, and takes more when there is room again', async () => {
  const disk = smallDisk()
  if (!disk) return
  let store: Archive | null = null
  try {
    await prepare(disk)
    store = await openStore({ directory: disk })
    let stored = 0
    let refused: unknown = null
    for (; stored < 5000 && refused === null; ) {
      try {
        await store.append(
          'ses_a',
          said(`utt_${stored}`, 'par_1', `line ${stored} ${'words '.repeat(80)}`, stored),
        )
        stored++
      } catch (thrown) {
        refused = thrown
      }
      if (stored === 20) writeFileSync(join(disk, 'ballast'), Buffer.alloc(2_500_000))
    }
    expect(refused).toMatchObject({ code: 'storage' })
    expect(String(refused)).toContain('full')
    expect(await store.eventsSince('ses_a', 0, 10_000)).toHaveLength(stored)
    expect(await store.search({ text: 'line 3', limit: 5 })).not.toEqual([])
    rmSync(join(disk, 'ballast'))
    expect(await store.append('ses_a', said('utt_after', 'par_1', 'after', 1))).toBe(stored + 1)
    await store.close()
    expect(verify(disk).ok).toBe(true)
  } finally {
    await store?.close()
    Bun.spawnSync(['umount', disk])
  }
})

test('[ST51] a used-up quota is a full disk: refused with a clear error, and taken again when there is room', async () => {
  const strace = Bun.which('strace')
  if (!strace) {
    console.log('skipped: a quota that is used up needs strace')
    return
  }
  await prepare()
  // Of these two files only: one page that is refused, one question why.
  const files = ['parley.db-wal', 'parley.space'].flatMap((name) => ['-P', join(directory, name)])
  const quota = ['-f', '-qq', '-o', '/dev/null', ...files, '-e', 'trace=pwrite64']
  const usedUp = ['-e', 'inject=pwrite64:error=EDQUOT:when=61..66']
  const script = join(import.meta.dir, 'children/append-again.ts')
  const writer = Bun.spawn([strace, ...quota, ...usedUp, process.execPath, script, directory, 'ses_a'], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const lines = (await new Response(writer.stdout).text()).trim().split('\n')
  expect(await writer.exited).toBe(0)
  const refused = lines.filter((line) => line.includes('storage'))
  expect(refused).toHaveLength(3)
  for (const line of refused) expect(line).toContain('full')
  expect(lines.filter((line) => !refused.includes(line))).toEqual(
    Array.from({ length: 60 }, (_, index) => String(index + 1)),
  )
  expect(verify(directory)).toMatchObject({ ok: true, utterances: 60 })
  expect(existsSync(join(directory, 'parley.space'))).toBe(false)
})

test('[ST35] when fsync fails nothing is acknowledged any more', async () => {
  const strace = Bun.which('strace')
  if (!strace) {
    console.log('skipped: failing fsync needs strace')
    return
  }
  await prepare()
  const writer = Bun.spawn(
    [
      strace,
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fsync,fdatasync',
      '-e',
      'inject=fsync,fdatasync:error=EIO:when=12+',
      process.execPath,
      join(import.meta.dir, 'children/append.ts'),
      directory,
      'ses_a',
    ],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  const [out, error] = await Promise.all([
    new Response(writer.stdout).text(),
    new Response(writer.stderr).text(),
  ])
  expect(await writer.exited).not.toBe(0)
  expect(error).toContain('The disk failed while saving')
  const acknowledged = out.trim() === '' ? 0 : out.trim().split('\n').length
  const store = await openStore({ directory })
  expect((await store.eventsSince('ses_a', 0, 10_000)).length).toBeGreaterThanOrEqual(acknowledged)
  await store.close()
  expect(existsSync(join(directory, 'parley.db'))).toBe(true)
}, 30_000)
