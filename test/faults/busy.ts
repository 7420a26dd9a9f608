/** R41: many things at once beside a meeting: meetings that end, a long transcript corrected, exports, two hosts with one wish. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import { type Utterance, utteranceText } from '../../server/core/transcript.ts'
import { joined, room as roomRow, said, session as sessionRow } from '../db/samples.ts'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { watch } from './held.ts'
import { createRoom } from './kit.ts'
import { holdMeeting, type Scene } from './meeting.ts'

/** Nobody waits longer for an answer meanwhile, ms. */
const ANSWER = 1500
/** How long it is watched, ms. */
const WATCHED = 12_000
const LONG = { room: 'long-room-1000', id: 'ses_long' }
/** A long day, and four hours. */
const DAY = 10_000
const HOURS = 3_600

/** A data directory with a running meeting of so many lines. */
async function withLongMeeting<T>(count: number, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-busy-'))
  const store = await openStore({ directory })
  await store.createRoom(roomRow(LONG.room))
  const meeting = sessionRow(LONG.id, { startedAt: Date.now() - count * 1500, roomId: LONG.room })
  await store.createSession(meeting)
  const lines = Array.from({ length: count }, (_, i) =>
    said(`utt_${i}`, 'par_1', `so the colour of part ${i} is what we said about it`, i * 1500),
  )
  await store.appendAll(LONG.id, [
    { type: 'session-started', session: meeting },
    joined('par_1', 'Ada'),
    ...lines,
  ])
  await store.close()
  try {
    return await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Holds a meeting beside `work` and judges both; `work` says what went wrong, or nothing. */
async function beside(seed: number, work: (scene: Scene) => Promise<string>, directory?: string) {
  let seen = { slowest: 0, drafts: 0 }
  let problem = ''
  const outcome = await holdMeeting({
    seed,
    numbers: 60,
    speed: 2.5,
    ...(directory && { start: { directory } }),
    async disturb(scene) {
      await Bun.sleep(1000 + scene.random() * 1000)
      const watching = watch(scene, WATCHED)
      problem = await work(scene)
      scene.healed()
      seen = await watching
    },
  })
  return {
    ...outcome,
    ok: outcome.ok && problem === '' && seen.slowest < ANSWER && seen.drafts > 10,
    note: `${outcome.note}${problem}an answer took ${Math.round(seen.slowest)} ms at most`,
  }
}

/** Everybody in a hundred rooms says a sentence, and all hosts end at one moment. */
async function hundredEnds({ node }: Scene): Promise<string> {
  const { url } = node.server
  const rooms = await Promise.all(Array.from({ length: 100 }, () => createRoom(url)))
  const hosts = rooms.map(({ id }, i) => record({ url, room: id, name: `Host ${i}` }))
  try {
    for (const host of hosts) await host.until(() => host.client.status === 'open', 30_000)
    await Promise.all(hosts.map(({ client }) => speak(client.record(), sayNumbers(1, 3), 4)))
    for (const { client } of hosts) client.endMeeting()
    const over = hosts.map((host) =>
      host
        .until(() => host.client.transcript.session?.endedAt != null, 30_000)
        .then(
          () => '',
          () => 'one did not end; ',
        ),
    )
    return [...new Set(await Promise.all(over))].join('')
  } finally {
    for (const host of hosts) host.close()
  }
}

/** Find and replace in every line of the running meeting, while somebody reads it. */
async function longCorrection({ node }: Scene): Promise<string> {
  const { url } = node.server
  const reader = record({ url, room: LONG.room, role: 'viewer' })
  try {
    await reader.until(() => reader.client.transcript.utterances.length === DAY, 30_000)
    const answer = await fetch(`${url}/api/sessions/${LONG.id}/edits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'replace', find: 'colour', replace: 'color', wholeWord: true }),
    })
    if (!answer.ok) return `correcting was answered ${answer.status} ${(await answer.text()).slice(0, 200)}; `
    await answer.text()
    const right = (line: Utterance) => utteranceText(line).includes('the color of')
    const last = () => reader.client.transcript.utterances.at(-1)
    await reader.until(() => right(last() as Utterance), 60_000)
    if (!reader.client.transcript.utterances.every(right)) return 'a line was not corrected; '
    return reader.client.oddities.duplicates > 0 ? 'a line came twice; ' : ''
  } catch (thrown) {
    return `${(thrown as Error).message}; `
  } finally {
    reader.close()
  }
}

/** Twenty people export the same hours at once, in every format. */
async function twentyExports({ node }: Scene): Promise<string> {
  const formats = ['srt', 'vtt', 'txt', 'json', 'docx', 'md', 'csv', 'html']
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const format = formats[i % formats.length]
      const answer = await fetch(`${node.server.url}/api/sessions/${LONG.id}/export.${format}`)
      const bytes = (await answer.arrayBuffer()).byteLength
      return answer.ok && bytes > 10_000 ? '' : `${format}: ${answer.status}, ${bytes} bytes; `
    }),
  )
  return [...new Set(answers)].join('')
}

/** Two hosts end, then delete, the same meeting at one moment. */
async function twoHosts({ node }: Scene): Promise<string> {
  const { url } = node.server
  const { id: room } = await createRoom(url)
  const hosts = ['A', 'B'].map((name) => record({ url, room, name }))
  try {
    for (const host of hosts) await host.until(() => host.client.status === 'open')
    const talking = hosts.map(({ client }) => speak(client.record(), sayNumbers(1, 5), 4))
    await Bun.sleep(500)
    const session = hosts[0]?.client.transcript.session?.id ?? ''
    for (const { client } of hosts) client.endMeeting()
    const deleting = () => fetch(`${url}/api/sessions/${session}`, { method: 'DELETE' })
    const answers = (await Promise.all([deleting(), deleting()])).map(({ status }) => status)
    await Promise.all(talking)
    const left = (await fetch(`${url}/api/sessions/${session}`)).status
    const right =
      left === 404 && answers.every((status) => [204, 404].includes(status)) && answers.includes(204)
    return right ? '' : `answered ${answers.join(' and ')}, then ${left}; `
  } finally {
    for (const host of hosts) host.close()
  }
}

export const busyFaults: Fault[] = [
  {
    id: 'R41',
    name: 'a hundred other meetings end at one moment',
    runs: 1,
    longRuns: 3,
    run: (seed) => beside(seed, hundredEnds),
  },
  {
    id: 'R41',
    name: `${DAY} lines of another running meeting are corrected by find and replace`,
    runs: 0,
    longRuns: 3,
    run: (seed) => withLongMeeting(DAY, (directory) => beside(seed, longCorrection, directory)),
  },
  {
    id: 'R41',
    name: 'twenty people export four hours at once',
    runs: 1,
    longRuns: 3,
    run: (seed) => withLongMeeting(HOURS, (directory) => beside(seed, twentyExports, directory)),
  },
  {
    id: 'R41',
    name: 'two hosts end and delete one meeting at one moment',
    runs: 1,
    longRuns: 10,
    run: (seed) => beside(seed, twoHosts),
  },
]
