/** Rooms made for one connection each. */
import { expect, test } from 'bun:test'
import { OwnRooms } from '../../server/protocol/own-rooms.ts'

test('[PC28] a room made for a connection ends with its last seat, and one without sound leaves nothing', () => {
  const own = new OwnRooms()
  own.made('a')
  expect([own.isEmpty('a'), own.isUnheard('a')]).toEqual([true, true])
  own.seated('a')
  own.seated('a')
  expect([own.isEmpty('a'), own.left('a')]).toEqual([false, false])
  own.heard('a')
  expect(own.isUnheard('a')).toBe(false)
  expect(own.left('a')).toBe(true)
  own.forget('a')
  expect(own.left('a')).toBe(false)
})

test('[PC28] rooms that were there before are not its business', () => {
  const own = new OwnRooms()
  own.seated('b')
  own.heard('b')
  expect([own.isEmpty('b'), own.isUnheard('b'), own.left('b')]).toEqual([false, false, false])
})
