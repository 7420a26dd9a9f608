/** Links, keys and consent by themselves: what a secret grants, and what taking it back takes. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAccess } from '../../db/access.ts'
import { openStore } from '../../db/sqlite.ts'
import { Access } from '../../server/access/access.ts'
import type { AuthMode } from '../../server/core/rights.ts'
import { room, session } from '../db/samples.ts'

let directory: string
const open: Access[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-access-'))
  const store = await openStore({ directory })
  for (const id of ['mine', 'theirs']) await store.createRoom(room(id))
  await store.createSession(session('ses', { roomId: 'mine' }))
  await store.close()
})
afterEach(async () => {
  for (const each of open.splice(0)) each.close()
  await rm(directory, { recursive: true })
})

function accessIn(mode: AuthMode): Access {
  let now = 0
  const access = new Access({ store: openAccess(directory), mode, now: () => now++ })
  open.push(access)
  return access
}

const from = (...secrets: string[]) => ({ loopback: false, secrets })

test('[SX71] sitting at the machine makes an owner where links are asked for, and nowhere else', () => {
  const owners = (['open', 'link', 'key'] as const).map((mode) => {
    const access = accessIn(mode)
    const at = (loopback: boolean) => access.isOwner({ loopback, secrets: [] })
    return [at(true), at(false)]
  })
  expect(owners).toEqual([
    [true, true],
    [true, false],
    [false, false],
  ])
})

test('[SX38] a link is withdrawn by its own room only', () => {
  const access = accessIn('link')
  const [mine, theirs] = [access.openRoom('mine'), access.openRoom('theirs')]
  const [link] = access.links('theirs').filter(({ role }) => role === 'host')
  expect(() => access.revokeLink('mine', link?.id ?? '')).toThrow('no such link')
  expect(access.rights(from(theirs.host), 'theirs').host).toBe(true)
  access.revokeLink('theirs', link?.id ?? '')
  expect(access.rights(from(theirs.host), 'theirs')).toEqual({ view: false, speak: false, host: false })
  expect(access.rights(from(mine.host), 'mine').host).toBe(true)
})

test('[SX38] a withdrawn link is told as such in its own room; in another it is one that never led there', () => {
  const access = accessIn('link')
  const { view } = access.openRoom('mine')
  for (const { id } of access.links('mine')) access.revokeLink('mine', id)
  expect(access.withdrawn(from(view), 'mine')).toBe(true)
  expect(access.withdrawn(from(view))).toBe(true)
  expect(access.withdrawn(from(view), 'theirs')).toBe(false)
})

test('[SX38] a full room’s links can be replaced', () => {
  const access = accessIn('link')
  for (let i = 0; i < 50; i++) access.addLink('mine', 'view')
  expect(() => access.addLink('mine', 'view')).toThrow('50 links')
  const { link } = access.addLink('mine', 'view', { replace: true })
  expect(access.links('mine').map(({ id }) => id)).toEqual([link.id])
})

test('[SX47] consent is kept once for the same words and the same keeping, and again for any other', () => {
  const access = accessIn('link')
  const agree = (version: number, days: number | null) =>
    access.recordConsent({
      sessionId: 'ses',
      participantId: 'par',
      version,
      keep: { what: 'text+audio', days },
    })
  for (const days of [30, 30, 7, 30, null]) agree(1, days)
  agree(2, 30)
  expect(access.consents('ses').map(({ version, keep }) => [version, keep.days])).toEqual([
    [1, 30],
    [1, 7],
    [1, null],
    [2, 30],
  ])
})
