/** R14: what a clock that is wrong at a start does: a day behind, over a year ahead, never set and put right in mid-meeting. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import { record, speak } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { type Node, seeded } from './kit.ts'
import { FAKETIME } from './lifecycle.ts'
import { holdMeeting, type Scene } from './meeting.ts'

const DAY = 86_400_000

/** The environment of a server whose clock is off by this, as libfaketime writes it. */
const clockOff = (by: string) => ({
  ...(process.env as Record<string, string>),
  LD_PRELOAD: FAKETIME as string,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  FAKETIME: by,
})

const missing = () => (FAKETIME ? null : 'libfaketime is not installed')

/** Ends the meeting where its end can be looked at. */
async function end({ speakers }: Scene): Promise<void> {
  const [speaker] = speakers
  speaker?.client.endMeeting()
  await speaker?.until(() => speaker.client.transcript.session?.endedAt != null, 20_000)
}

/** A meeting of a moment in a room of its own; its id. */
async function meetingBefore({ server }: Node): Promise<string> {
  const made = await fetch(`${server.url}/api/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  const { room } = (await made.json()) as { room: { id: string } }
  const speaker = record({ url: server.url, room: room.id, name: 'Before' })
  await speaker.until(() => speaker.client.status === 'open')
  const recording = speaker.client.record()
  await speak(recording, new Uint8Array(64_000), 8)
  await recording.end()
  const { session } = speaker.client.transcript
  speaker.client.endMeeting()
  await speaker.until(() => speaker.client.transcript.session?.endedAt != null)
  speaker.close()
  return session?.id ?? ''
}

/** Nothing lies before the meeting or long after it, and nobody speaks before what they said earlier. */
function judged({ ok, note, kept }: Awaited<ReturnType<typeof holdMeeting>>, more: string[] = []) {
  const started = kept.log.find(({ event }) => event.type === 'session-started')
  const ended = kept.log.findLast(({ event }) => event.type === 'session-ended')
  const from = started?.event.type === 'session-started' ? started.event.session.startedAt : 0
  const to = ended?.event.type === 'session-ended' ? ended.event.endedAt : 0
  const odd = kept.utterances.filter((line) => line.start < 0 || line.end < line.start || line.end > DAY)
  const problems = [
    ...(note ? [note] : []),
    ...(odd.length ? [`${odd.length} lines with impossible times`] : []),
    ...(to < from ? [`the meeting ended ${from - to} ms before it began`] : []),
    ...more,
  ]
  return { ok: ok && problems.length === 0, note: problems.join('; ') }
}

/** Started anew in mid-meeting with a clock that is off. */
async function offAtRestart(seed: number, by: string) {
  let before = ''
  const lost: string[] = []
  const outcome = await holdMeeting({
    seed,
    async disturb({ node, random, healed }) {
      before = await meetingBefore(node)
      await Bun.sleep(1000 + random() * 2000)
      await node.kill()
      await node.restart({ env: clockOff(by) })
      healed()
    },
    async after(scene) {
      await end(scene)
      const { url } = scene.node.server
      if (!before || (await fetch(`${url}/api/sessions/${before}`)).status !== 200)
        lost.push('the meeting of before is gone')
    },
  })
  return { ...outcome, ...judged(outcome, lost) }
}

/** A machine without a battery for its clock; it is set while people speak. */
async function neverSet(seed: number) {
  const scratch = mkdtempSync(join(tmpdir(), 'parley-clock-'))
  const file = join(scratch, 'offset')
  writeFileSync(file, '-20000d')
  const { FAKETIME: _, ...env } = clockOff('')
  try {
    const wrong: string[] = []
    const outcome = await holdMeeting({
      seed,
      start: { env: { ...env, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' } },
      async disturb({ node }) {
        const before = await meetingBefore(node)
        await Bun.sleep(1000 + seeded(seed)() * 2000)
        writeFileSync(file, '+0')
        await Bun.sleep(2000)
        const store = await openStore({ directory: node.directory, readOnly: true })
        const session = await store.session(before)
        await store.close()
        if (!session || session.startedAt < Date.UTC(2025, 0, 1)) wrong.push('a meeting dated before Parley')
      },
      after: end,
    })
    return { ...outcome, ...judged(outcome, wrong) }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const ROW = { id: 'R14', runs: 1, longRuns: 5, missing }

export const clockFaults: Fault[] = [
  {
    ...ROW,
    name: 'the clock is a day behind at a new start in mid-meeting',
    run: (seed) => offAtRestart(seed, '-1d'),
  },
  {
    ...ROW,
    name: 'the clock is 400 days ahead at a new start in mid-meeting',
    run: (seed) => offAtRestart(seed, '+400d'),
  },
  { ...ROW, name: 'the clock was never set (1972); it is put right in mid-meeting', run: neverSet },
]
