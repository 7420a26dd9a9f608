/** R40: the data directory is moved away, or removed, under the running server. */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import { type Recorder, record, speak } from '../helpers/native-client.ts'
import { watchTrouble } from './disk-kit.ts'
import type { Fault } from './fault.ts'
import { createRoom, seeded, startNode } from './kit.ts'
import { holdMeeting } from './meeting.ts'

/** Time for what was under way when it happened, ms. */
const UNDER_WAY = 2500
/** A stop may take so long, ms. */
const STOP = 10_000

async function movedAway(seed: number) {
  const directory = join(mkdtempSync(join(tmpdir(), 'parley-moved-')), 'data')
  let seen = { drafts: 0, warnedAfter: null as number | null }
  let ready = { status: 0, detail: '' }
  const outcome = await holdMeeting({
    seed,
    numbers: 60,
    start: { directory },
    async disturb(scene) {
      await Bun.sleep(1000 + scene.random() * 2000)
      renameSync(directory, `${directory}-away`)
      seen = await watchTrouble(scene, 5_000)
      ready = await readiness(scene.node.server.url)
      renameSync(`${directory}-away`, directory)
      scene.healed()
    },
  })
  const told = ready.status === 503 && /moved or removed/.test(ready.detail)
  return {
    ...outcome,
    ok: outcome.ok && seen.warnedAfter !== null && seen.drafts > 10 && told,
    note:
      outcome.note ||
      `captions went on; /readyz ${ready.status}: ${ready.detail}; finals came when it was put back`,
  }
}

/** Nothing is acknowledged or shown as final that lies in no directory any more. */
async function removed(seed: number) {
  const node = await startNode()
  const screens: Recorder[] = []
  try {
    const { id: room } = await createRoom(node.server.url)
    const join = (role: 'speaker' | 'viewer', name: string) => {
      const screen = record({ url: node.server.url, room, role, name })
      screens.push(screen)
      return screen
    }
    const speakers = [join('speaker', 'A'), join('speaker', 'B')]
    const viewers = [join('viewer', 'V')]
    await Promise.all(screens.map((screen) => screen.until(() => screen.client.status === 'open')))
    const recordings = speakers.map(({ client }) => client.record())
    const talking = recordings.map((recording, i) =>
      speak(recording, sayNumbers(i * 1000 + 1, i * 1000 + 60), 3),
    )
    await Bun.sleep(2000 + seeded(seed)() * 2000)
    rmSync(node.directory, { recursive: true })
    const kept = () => ({
      acknowledged: recordings.map(({ acknowledged }) => acknowledged),
      finals: viewers.map(({ stored }) => stored.length),
    })
    const seen = await watchTrouble({ speakers, viewers }, UNDER_WAY)
    const before = kept()
    await Bun.sleep(5000)
    const after = kept()
    const ready = await readiness(node.server.url)
    const refused = await fetch(`${node.server.url}/api/rooms`, {
      method: 'POST',
      body: '{}',
      headers: JSON_BODY,
    })
    const refusal = await refused.text()
    const began = performance.now()
    const code = await Promise.race([node.server.stop(), Bun.sleep(STOP).then(() => -1)])
    const remade = existsSync(node.directory)
    await Promise.all(talking)
    await node.restart()
    const alive = (await fetch(`${node.server.url}/readyz`)).ok
    const problems = [
      ...(Bun.deepEquals(before, after) ? [] : [`still saved: ${JSON.stringify([before, after])}`]),
      ...(seen.warnedAfter === null ? ['the speakers were not told'] : []),
      ...(seen.drafts > 5 ? [] : ['no captions']),
      ...(ready.status === 503 && /moved or removed/.test(ready.detail) ? [] : [`/readyz ${ready.status}`]),
      ...(refused.status >= 500 && /moved or removed/.test(refusal) ? [] : [`new room: ${refused.status}`]),
      ...(code === 0 ? [] : [`a stop ended with ${code}`]),
      ...(remade ? ['it was made anew'] : []),
      ...(alive ? [] : ['the next start does not serve']),
    ]
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    return {
      ok: problems.length === 0,
      note:
        problems.join('; ') ||
        `captions went on, nothing more was acknowledged or final, speakers were told after ${((seen.warnedAfter ?? 0) / 1000).toFixed(1)} s; stopped and started anew in ${seconds} s`,
    }
  } finally {
    for (const screen of screens) screen.close()
    await node.dispose()
  }
}

const JSON_BODY = { 'content-type': 'application/json' }

async function readiness(url: string): Promise<{ status: number; detail: string }> {
  const answer = await fetch(`${url}/readyz`)
  return { status: answer.status, detail: ((await answer.json()) as { detail: string }).detail }
}

export const removedFaults: Fault[] = [
  { id: 'R40', name: 'the data directory is moved away and put back', runs: 1, longRuns: 5, run: movedAway },
  { id: 'R40', name: 'the data directory is removed', runs: 1, longRuns: 5, run: removed },
]
