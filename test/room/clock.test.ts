import { expect, setSystemTime, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createSessionClock } from '../../server/room/session-clock.ts'
import type { HandStream } from '../helpers/hand-engine.ts'
import { openKit, settle } from '../helpers/room-kit.ts'

test('[RM15] a session clock takes the wall once and never begins before what is stored', () => {
  let [wall, tick] = [10_000, 0]
  const clock = (reached: number) =>
    createSessionClock(
      4_000,
      reached,
      () => wall,
      () => tick,
    )
  const running = clock(0)
  wall = 0
  tick = 250
  expect(running()).toBe(6_250)
  expect(clock(5_000)()).toBe(5_000)
  // More than a day later: no hole of a year in the middle of a meeting.
  wall = 400 * 86_400_000
  expect(clock(5_000)()).toBe(5_000)
  wall = 4_000 + 3_600_000
  expect(clock(5_000)()).toBe(3_600_000)
})

test('[RM15] after a new start with the clock a day behind, people speak and the meeting ends after what was said', async () => {
  const kit = await openKit()
  const { room } = await kit.rooms.create()
  const ada = await room.join({ name: 'Ada', key: 'k', role: 'host' })
  await room.seat(ada.id, 's1')
  ;(kit.engine.streams[0] as HandStream).says('one', 60_000)
  await settle()
  const said = room.transcript.utterances[0]?.end as number
  const began = room.session?.startedAt as number
  await kit.crash()
  setSystemTime(Date.now() - 86_400_000)
  try {
    const again = await openKit(kit.directory)
    const same = await again.rooms.get(room.id)
    const eve = await same?.join({ name: 'Eve', key: 'e', role: 'speaker' })
    const seat = await same?.seat(eve?.id as string, 's2')
    expect(seat?.start).toBeGreaterThanOrEqual(said)
    await same?.end()
    expect(same?.transcript.session?.endedAt).toBeGreaterThanOrEqual(began + said)
    await again.close()
  } finally {
    setSystemTime()
    rmSync(kit.directory, { recursive: true, force: true })
  }
})
