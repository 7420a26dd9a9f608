/** Fewer messages while nobody speaks. */
import { expect, test } from 'bun:test'
import { Patience } from '../../server/core/patience.ts'
import { toPcm16 } from '../../server/core/pcm.ts'

const FRAME = 640
const noise = (level: number) =>
  toPcm16(Float32Array.from({ length: FRAME }, (_, i) => (i % 2 ? level : -level)))

/** Bytes that wait when the `frames` of a recording come one by one, and in how many messages they went. */
function sent(patience: Patience, frames: Uint8Array[]) {
  let waiting = 0
  let messages = 0
  for (const frame of frames) {
    patience.heard(frame)
    waiting += frame.length
    if (patience.mayWait(waiting)) continue
    messages++
    waiting = 0
  }
  return { waiting, messages }
}

test('[AU7] while only the room is heard sound goes in few messages, and what stands out of it at once', () => {
  const patience = new Patience()
  const room = (count: number) => Array.from({ length: count }, () => noise(0.002))
  // A moment is not enough to know.
  expect(sent(patience, room(24)).messages).toBe(24)
  const quiet = sent(patience, room(130))
  expect(quiet.messages).toBeLessThan(30)
  expect(sent(patience, [noise(0.05)])).toEqual({ waiting: 0, messages: 1 })
  // People pause.
  expect(sent(patience, room(24)).messages).toBe(24)
})

test('[AU8] a room in which something clicks now and then is a quiet room', () => {
  const patience = new Patience()
  const minute = (click: number) =>
    Array.from({ length: 1500 }, (_, i) => noise(i % 50 === 49 ? click : 0.002))
  sent(patience, minute(0.005))
  expect(sent(patience, minute(0.005)).messages).toBeLessThan(600)
  // Louder than any noise of the room can be.
  expect(sent(patience, minute(0.02)).messages).toBeGreaterThan(700)
})
