/** Who comes in when several do at once. */
import { expect, test } from 'bun:test'
import { calledBefore } from '../../server/core/called-before.ts'
import type { StoredEvent } from '../../server/core/transcript.ts'
import { openKit } from '../helpers/room-kit.ts'

test('[RM17] people who join in the same moment have colours and numbers of their own', async () => {
  const kit = await openKit()
  const { room } = await kit.rooms.create()
  const people = await Promise.all(
    ['a', 'b', 'c'].map((key) => room.join({ name: '', key, role: 'speaker' })),
  )
  expect(people.map(({ name }) => name).sort()).toEqual(['Speaker 1', 'Speaker 2', 'Speaker 3'])
  expect(new Set(people.map(({ colour }) => colour)).size).toBe(3)
  await kit.close()
})

test('[RM22] who comes back as they came is called what they were called meanwhile', async () => {
  const kit = await openKit()
  const { room } = await kit.rooms.create()
  const come = (name: string) => room.join({ name, key: 'device', role: 'speaker' })
  const { id } = await come('Ada')
  await room.rename(id, 'Ada Lovelace')
  expect((await come('Ada')).name).toBe('Ada Lovelace')
  expect((await come('')).name).toBe('Ada Lovelace')
  expect(room.transcript.participants.get(id)?.name).toBe('Ada Lovelace')
  // Another name than the one they came with is a wish.
  expect((await come('Countess')).name).toBe('Countess')
  expect((await come('Ada')).name).toBe('Ada')
  await kit.close()
})

test('[RM22] a name given during a cut holds although the server starts anew in the same cut', async () => {
  const kit = await openKit()
  const { room } = await kit.rooms.create()
  const { id } = await room.join({ name: 'Ada', key: 'device', role: 'speaker' })
  await room.rename(id, 'Ada Lovelace')
  await kit.crash()

  const next = await openKit(kit.directory)
  const again = await next.rooms.get(room.id)
  const come = (name: string) => again?.join({ name, key: 'device', role: 'speaker' })
  expect((await come('Ada'))?.name).toBe('Ada Lovelace')
  expect(again?.transcript.participants.get(id)?.name).toBe('Ada Lovelace')
  await again?.rename(id, 'Countess Lovelace')
  await next.crash()

  // They came with a name that was held to be no news; another is a wish, after a restart too.
  const last = await openKit(kit.directory)
  const third = await last.rooms.get(room.id)
  expect((await third?.join({ name: 'Ada', key: 'device', role: 'speaker' }))?.name).toBe('Countess Lovelace')
  expect((await third?.join({ name: 'Augusta', key: 'device', role: 'speaker' }))?.name).toBe('Augusta')
  await last.close()
})

test('[RM22] who came with a new name may come back with the one of before', () => {
  const participant = (name: string) => ({ id: 'p', name, role: 'speaker' as const, colour: 0, muted: false })
  const joined = (name: string): StoredEvent => ({
    type: 'participant-joined',
    participant: participant(name),
  })
  const changed = (name: string): StoredEvent => ({
    type: 'participant-changed',
    participant: participant(name),
  })
  expect([...calledBefore([joined('Ada'), changed('Bea'), joined('Bea'), changed('Cy')])]).toEqual([
    'Ada',
    'Bea',
    'Cy',
  ])
  expect([...calledBefore([joined('Ada'), changed('Bea'), joined('Countess')])]).toEqual(['Countess'])
})
