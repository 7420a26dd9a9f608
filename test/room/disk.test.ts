import { expect, test } from 'bun:test'
import { diskFull } from '../../db/errors.ts'
import { healthRoutes } from '../../server/http/health.ts'
import { silentLog } from '../../server/log.ts'
import { hasRoom, lookAtSpace, reserveOf } from '../../server/room/disk.ts'
import { Rooms } from '../../server/room/rooms.ts'
import { createHandEngine } from '../helpers/hand-engine.ts'
import { openKit, settings } from '../helpers/room-kit.ts'

test('[OP1] a reserve is kept back for running meetings, small disks give a twentieth', () => {
  expect(reserveOf(1e12)).toBe(460_000_000)
  expect(reserveOf(100_000_000)).toBe(5_000_000)
  expect(reserveOf(1e12, 10)).toBe(10)
  expect(hasRoom('/no/such/place')).toBe(true)
})

test('[OP4] /readyz says when nothing can be saved', async () => {
  const routes = (trouble: string | null) =>
    healthRoutes({
      engine: createHandEngine(),
      trouble: async () => trouble,
    }).request('/readyz')
  expect((await routes(null)).status).toBe(200)
  const answer = await routes('The disk is full.')
  expect([answer.status, await answer.json()]).toEqual([503, { ready: false, detail: 'The disk is full.' }])
})

test('[OP13] a full disk is said while no meeting runs, and no longer when there is room', async () => {
  const kit = await openKit()
  let full = true
  const rooms = new Rooms({
    ...kit,
    log: silentLog,
    dataDir: kit.directory,
    defaults: settings,
    full: () => (full ? diskFull() : null),
  })
  expect(await rooms.trouble()).toBe(diskFull().message)
  full = false
  expect(await rooms.trouble()).toBeNull()
  await rooms.close()
  await kit.close()
})

test('[OP13] to ask often writes nothing above the reserve, and below it every five seconds at most', () => {
  let [time, writes, roomy, full] = [0, 0, true, true]
  const look = lookAtSpace({
    directory: '/data',
    refusal: () => {
      writes++
      return full ? diskFull() : null
    },
    now: () => time,
    roomy: () => roomy,
  })
  expect([look(), writes]).toEqual([null, 0])
  roomy = false
  for (time = 0; time < 5_000; time += 500) expect(look()?.code).toBe('storage')
  expect(writes).toBe(1)
  full = false
  expect([look(), writes]).toEqual([null, 2])
  // What is below the reserve and takes bytes is ready: meetings go on there.
  time += 10_000
  expect([look(), writes]).toEqual([null, 3])
  full = true
  expect(look()).toBeNull()
  roomy = true
  expect([look(), writes]).toEqual([null, 3])
})
