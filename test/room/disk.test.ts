import { expect, test } from 'bun:test'
import { healthRoutes } from '../../server/http/health.ts'
import { hasRoom, reserveOf } from '../../server/room/disk.ts'
import { createHandEngine } from '../helpers/hand-engine.ts'

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
