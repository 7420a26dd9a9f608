/** R2–R4, R34: the disk is full, fails, loses power, or may not be written. */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../helpers/server.ts'
import {
  fill,
  fillTo,
  needsRoot,
  needsStrace,
  onExt4,
  onTmpfs,
  run,
  TRACE,
  untilTraced,
  watchTrouble,
} from './disk-kit.ts'
import type { Fault } from './fault.ts'
import { NODE } from './kit.ts'
import { holdMeeting } from './meeting.ts'

export const diskFaults: Fault[] = [
  {
    id: 'R4',
    name: 'disk full for audio and database, then free again',
    runs: 2,
    longRuns: 10,
    jobs: 2,
    missing: needsRoot,
    run: (seed) =>
      onTmpfs(24, async (directory) => {
        const filler = join(directory, '..', 'filler')
        let seen = { drafts: 0, warnedAfter: null as number | null }
        const outcome = await holdMeeting({
          seed,
          numbers: 60,
          start: { directory },
          async disturb(scene) {
            await Bun.sleep(1000 + scene.random() * 1500)
            fill(filler)
            seen = await watchTrouble(scene, 5_000)
            rmSync(filler)
            scene.healed()
          },
        })
        const warned = seen.warnedAfter !== null && seen.warnedAfter <= 2500
        return {
          ...outcome,
          note:
            outcome.note || `warned ${warned ? '≤ 2.5 s' : `after ${seen.warnedAfter} ms`}, captions went on`,
          ok: outcome.ok && warned && seen.drafts > 10,
        }
      }),
  },
  {
    id: 'R3',
    name: 'fdatasync of the audio fails (EIO), then works again',
    runs: 1,
    longRuns: 5,
    missing: needsStrace,
    run: (seed) => {
      let seen = { drafts: 0, warnedAfter: null as number | null }
      let acksWhileFailing = 0
      return holdMeeting({
        seed,
        numbers: 60,
        async disturb(scene) {
          await Bun.sleep(1500)
          const trace = TRACE(scene.node.server.process.pid, 'fdatasync:error=EIO')
          await untilTraced(scene.node.server.process.pid)
          await Bun.sleep(1500) // the acknowledgements under way have arrived
          const before = scene.speakers.map(({ acknowledged }) =>
            [...acknowledged.values()].reduce((a, b) => a + b, 0),
          )
          seen = await watchTrouble(scene, 5_000)
          const after = scene.speakers.map(({ acknowledged }) =>
            [...acknowledged.values()].reduce((a, b) => a + b, 0),
          )
          acksWhileFailing = after.filter((sum, index) => sum > (before[index] ?? 0)).length
          trace.kill('SIGINT')
          await trace.exited
          scene.healed()
        },
      }).then((outcome) => ({
        ...outcome,
        note: outcome.note || `no acknowledgement while it failed, captions went on`,
        ok: outcome.ok && acksWhileFailing === 0 && seen.warnedAfter !== null && seen.drafts > 10,
      }))
    },
  },
  {
    id: 'R3',
    name: 'fsync of the database fails (EIO), then a new start',
    runs: 1,
    longRuns: 5,
    missing: needsStrace,
    run: (seed) => {
      let seen = { drafts: 0, warnedAfter: null as number | null }
      return holdMeeting({
        seed,
        numbers: 60,
        async disturb(scene) {
          await Bun.sleep(1500)
          const trace = TRACE(scene.node.server.process.pid, 'fsync:error=EIO')
          await Bun.sleep(500)
          seen = await watchTrouble(scene, 5_000)
          trace.kill('SIGINT')
          await trace.exited
          await scene.node.kill()
          await scene.node.restart()
          scene.healed()
        },
      }).then((outcome) => ({
        ...outcome,
        note: outcome.note || 'captions went on; finals came after the new start',
        ok: outcome.ok && seen.warnedAfter !== null && seen.drafts > 10,
      }))
    },
  },
  {
    id: 'R2',
    name: 'power cut (ext4 shutdown), new start',
    runs: 2,
    longRuns: 20,
    missing: () =>
      needsRoot() ?? (Bun.which('python3') && Bun.which('mkfs.ext4') ? null : 'needs python3 and mkfs.ext4'),
    run: (seed) => powerCut(seed),
  },
  {
    id: 'R34',
    name: 'the file system turns read-only in mid-meeting (ext4 abort), then is mounted again',
    runs: 1,
    longRuns: 5,
    missing: () => needsRoot() ?? (Bun.which('mkfs.ext4') ? null : 'needs mkfs.ext4'),
    run: turnedReadOnly,
  },
  {
    id: 'R34',
    name: 'the disk is full at the very first start; then there is room',
    runs: 1,
    longRuns: 1,
    missing: needsRoot,
    run: fullAtFirst,
  },
  {
    id: 'R34',
    name: 'data directory may not be written',
    runs: 1,
    longRuns: 1,
    missing: needsRoot,
    run: () =>
      onTmpfs(8, async (directory) => {
        mkdirSync(directory)
        run('mount', '-o', 'remount,ro', join(directory, '..'))
        const failure = await startServer({
          command: NODE,
          directory,
          args: ['--no-tls'],
          timeout: 10_000,
        }).then(
          async (server) => `it started: ${await server.stop('SIGKILL')}`,
          (thrown: Error) => thrown.message,
        )
        const clear = /data directory|read-only|cannot be/i.test(failure) && failure.includes('ended with 1')
        return { ok: clear, note: clear ? 'refuses with a sentence' : failure.slice(0, 300) }
      }),
  },
]

/** Drops everything the kernel had not written: the ioctl of the xfstests "godown" tool. */
function powerCut(seed: number) {
  return onExt4((mount, on) => {
    const directory = join(mount, 'data')
    return holdMeeting({
      seed,
      numbers: 40,
      start: { directory },
      async disturb({ node, random, healed }) {
        await Bun.sleep(1000 + random() * 4000)
        // EXT4_IOC_SHUTDOWN with NOLOGFLUSH (2), on the mount point.
        run(
          'python3',
          '-c',
          `import fcntl,os,struct; fd=os.open(${JSON.stringify(mount)},os.O_RDONLY); fcntl.ioctl(fd,0x8004587d,struct.pack('I',2))`,
        )
        await node.kill()
        run('umount', mount)
        on()
        if (!existsSync(join(directory, 'parley.db')))
          throw new Error('the database is gone after the power cut')
        await node.restart()
        healed()
      },
    })
  })
}

/** Refused with a sentence whatever is left, and what was begun is in nobody's way. */
function fullAtFirst() {
  const LEFT = [0, 20_000, 100_000, 400_000]
  return onTmpfs(8, async (directory) => {
    const filler = join(directory, '..', 'filler')
    const start = () => startServer({ command: NODE, directory, args: ['--no-tls'], timeout: 15_000 })
    const wrong: string[] = []
    for (const bytes of LEFT) {
      mkdirSync(directory)
      if (bytes === 0) fill(filler)
      else fillTo(filler, bytes, join(directory, '..'))
      const refusal = await start().then(
        async (server) => `it started: ${await server.stop('SIGKILL')}`,
        (thrown: Error) => thrown.message,
      )
      if (!/disk is full/.test(refusal)) wrong.push(`${bytes} left: ${refusal.slice(0, 200)}`)
      rmSync(filler)
      await (await start()).stop()
      rmSync(directory, { recursive: true })
    }
    return { ok: wrong.length === 0, note: wrong.join('; ') || 'refused with a sentence, then it starts' }
  })
}

/** What the kernel does on its own when the file system is damaged: from now on it is read-only, open files included. */
function turnedReadOnly(seed: number) {
  let seen = { drafts: 0, warnedAfter: null as number | null }
  let ready = 0
  return onExt4((mount, on) =>
    holdMeeting({
      seed,
      numbers: 60,
      start: { directory: join(mount, 'data') },
      async disturb(scene) {
        const { node } = scene
        await Bun.sleep(1000 + scene.random() * 2000)
        run('mount', '-o', 'remount,abort', mount)
        seen = await watchTrouble(scene, 5_000)
        ready = (await fetch(`${node.server.url}/readyz`)).status
        await node.kill()
        run('umount', mount)
        on()
        await node.restart()
        scene.healed()
      },
    }),
  ).then((outcome) => ({
    ...outcome,
    note:
      outcome.note ||
      'captions went on; finals and sound came after the disk was mounted again and Parley started',
    ok: outcome.ok && seen.warnedAfter !== null && seen.drafts > 10 && ready === 503,
  }))
}
