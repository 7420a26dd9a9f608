/**
 * R48: speech is flooded into the doors of other programs beside somebody who speaks, and the server is stopped in the middle of it.
 * As a program, `bun doors.ts PORT SECONDS WAV… -- DOOR…` sends so much as fast as it is taken, and stays until it is ended.
 */
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import { toFloat32, toPcm16 } from '../../server/core/pcm.ts'
import { Resampler } from '../../server/core/resampler.ts'
import { utteranceText } from '../../server/core/transcript.ts'
import { untilReady } from '../helpers/server.ts'
import { countAloud, numbersIn, speechless } from '../helpers/spoken-numbers.ts'
import { KINDS, Talker } from '../helpers/talker.ts'
import { readPcm16 } from '../helpers/wav.ts'
import type { Fault } from './fault.ts'
import { MAIN, startNode } from './kit.ts'
import { compared, countInto, type Heard, inQuiet } from './worker.ts'

const DOORS = ['simple', 'whisperlive', 'deepgram', 'realtime']
/** Each sends so much speech, s: more than may wait (ten minutes). */
const SECONDS = 700
const SPEECH = ['en_jfk', 'en_lj006_0114', 'en_lj050_0131', 'en_ls_2412_153948_0001', 'en_sense_0870']
/** Lines may come so much later than in quiet (median), and the end of a recording be confirmed so late, ms. */
const MOST_LATER = 500
const MOST_ENDING = 6000
/** As docs/reliability.md promises, ms. */
const MOST_STOPPING = 10_000

/** Sends `pcm16` (16 kHz) again and again, a second at a time, until `seconds` are sent or the door is closed. */
async function flood(port: string, door: string, pcm16: Uint8Array, seconds: number): Promise<void> {
  const kind = KINDS.find(({ name }) => name === door)
  if (!kind) throw new Error(`no door ${door}`)
  const talker = new Talker(`ws://127.0.0.1:${port}`, kind)
  const sound = toPcm16(new Resampler(16_000, talker.rate).push(toFloat32(pcm16)))
  const step = talker.rate * 2
  talker.closed.then(({ code }) => console.log(`${door} closed with ${code}`))
  await talker.ready
  let sent = 0
  for (; sent < seconds && talker.isOpen; sent++) {
    const at = (sent * step) % (sound.length - step)
    await talker.pass(sound.subarray(at, at + step))
    await Bun.sleep(0)
  }
  console.log(`${sent} s into ${door}`)
}

/** From processes of their own, which take what processor time nobody else wants; `stop` tells how each ended. */
function floods(port: number) {
  const wavs = SPEECH.map((name) => join(import.meta.dir, '..', 'fixtures', `${name}.wav`))
  const command = [process.execPath, import.meta.path, String(port), String(SECONDS), ...wavs, '--', ...DOORS]
  const child = Bun.spawn(['nice', '-n', '19', ...command], { stdout: 'pipe', stderr: 'inherit' })
  return {
    async stop() {
      child.kill()
      return (await new Response(child.stdout).text()).trim().split('\n').join(', ')
    },
  }
}

async function besideFloods(seed: number) {
  let ends = ''
  const heard = await countInto(seed, async ({ server }, speaking) => {
    await Bun.sleep(4000)
    const flooding = floods(server.port)
    while (speaking()) await Bun.sleep(200)
    // What they sent still waits.
    ends = await flooding.stop()
  })
  const outcome = await compared(heard)
  const late = median(heard.late)
  const usual = median((await inQuiet()).late)
  const { ended, stopped } = heard
  const inTime = late - usual <= MOST_LATER && ended <= MOST_ENDING && stopped <= MOST_STOPPING
  return {
    ...outcome,
    ok: outcome.ok === true && inTime,
    note: `${outcome.note}; lines ${s(late)} after their words (median, ${s(Math.max(...heard.late))} at most; ${s(usual)} in quiet), end confirmed after ${s(ended)}, stopped after ${s(stopped)}; ${ends}`,
  }
}

const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`

function median(times: Heard['late']): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.POSITIVE_INFINITY
}

const UP_TO = 20
/** Times each of them counts, and how many count. */
const ROUNDS = 4
const COUNTING = 2

/** The server is stopped while most of what came waits; nobody comes back for it. */
async function stoppedInBacklog() {
  const node = await startNode({ command: MAIN })
  try {
    await untilReady(node.server, 120_000)
    const kind = KINDS.find(({ name }) => name === 'deepgram') ?? KINDS[0]
    const sound = countAloud(UP_TO)
    if (!kind) throw new Error('no door')
    const talkers = Array.from(
      { length: COUNTING },
      () => new Talker(node.server.url.replace('http', 'ws'), kind),
    )
    for (const talker of talkers)
      for (let round = 0; round < ROUNDS; round++)
        for (let at = 0; at < sound.length; at += 32_000) await talker.pass(sound.subarray(at, at + 32_000))
    await Bun.sleep(1500)
    const began = performance.now()
    const code = await node.server.stop()
    const stopped = performance.now() - began
    const before = await numbersKept(node.directory)
    await node.restart()
    await untilReady(node.server, 120_000)
    const wanted = UP_TO * ROUNDS * COUNTING
    let kept = before
    for (const until = performance.now() + 60_000; kept < wanted && performance.now() < until; )
      kept = await Bun.sleep(1000).then(() => numbersKept(node.directory))
    return {
      numbersMissing: Math.max(0, wanted - kept),
      ok: code === 0 && stopped <= MOST_STOPPING && kept >= wanted * 0.95 && kept <= wanted * 1.02,
      note: `stopped after ${s(stopped)} with ${before} of ${wanted} numbers; ${kept} after the next start`,
    }
  } finally {
    await node.dispose()
  }
}

async function numbersKept(directory: string): Promise<number> {
  const store = await openStore({ directory, readOnly: true })
  let count = 0
  for (const { id } of await store.sessions({ limit: 100 })) {
    const { utterances } = await store.transcript(id)
    count += numbersIn(utterances.map(utteranceText).join(' '), UP_TO).reduce((sum, each) => sum + each, 0)
  }
  await store.close()
  return count
}

export const doorFaults: Fault[] = [
  {
    id: 'R48',
    name: `${SECONDS} s of speech flooded into each of ${DOORS.length} doors of other programs while somebody speaks, and a stop (SIGTERM) after it`,
    runs: 1,
    longRuns: 3,
    missing: speechless,
    run: besideFloods,
  },
  {
    id: 'R48',
    name: 'a stop (SIGTERM) while most of what other programs sent waits, and nobody comes back',
    runs: 1,
    longRuns: 3,
    missing: speechless,
    run: stoppedInBacklog,
  },
]

if (import.meta.main) {
  const [port = '', seconds = '', ...rest] = Bun.argv.slice(2)
  const dash = rest.indexOf('--')
  const pcm16 = Uint8Array.from(Buffer.concat(rest.slice(0, dash).map(readPcm16)))
  await Promise.all(rest.slice(dash + 1).map((door) => flood(port, door, pcm16, Number(seconds))))
}
