/** Who comes in when several do at once. */
import { expect, test } from 'bun:test'
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
