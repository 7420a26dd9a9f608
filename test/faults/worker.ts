import { type Utterance, utteranceText } from '../../server/core/transcript.ts'
import { record, speak } from '../helpers/native-client.ts'
import { type StartOptions, untilReady } from '../helpers/server.ts'
import { numbersIn, speechless, spokenNumbers } from '../helpers/spoken-numbers.ts'
import type { Fault } from './fault.ts'
import { compare, createRoom, MAIN, type Node, readKept, seeded, startNode } from './kit.ts'
import { type Outcome, within } from './meeting.ts'

export const COUNT = 18

/** Recogniser processes of a server. */
export function workersOf(pid: number): number[] {
  const children = Bun.spawnSync(['ps', '-o', 'pid=,args=', '--ppid', String(pid)]).stdout.toString()
  return children
    .split('\n')
    .filter((line) => / worker(\s|$)/.test(line))
    .map((line) => Number.parseInt(line, 10))
}

/** A line with where it stands, s: whether something was said or recognised twice shows there. */
export function timed(utterance: Utterance): string {
  const { start, end, rev } = utterance
  return `[${(start / 1000).toFixed(1)} to ${(end / 1000).toFixed(1)}, rev ${rev}] ${utteranceText(utterance)}`
}

export interface Heard {
  counts: number[]
  text: string
  outcome: Partial<Outcome>
  /** From the end of each number until a reader had it in a final, ms; only those that were understood. */
  late: number[]
  /** Until the end of the recording was confirmed, and until the server had stopped, ms. */
  ended: number
  stopped: number
}

/** One speaker counts aloud in real time while `disturb` runs. */
export async function countInto(
  seed: number,
  disturb: (node: Node, speaking: () => boolean, random: () => number) => Promise<void>,
  start: StartOptions = {},
): Promise<Heard> {
  const node = await startNode({ command: MAIN, ...start })
  try {
    await untilReady(node.server, 120_000)
    const room = await createRoom(node.server.url, { language: 'en' })
    const speaker = record({ url: node.proxy.url, room: room.id, name: 'Counter' })
    const viewer = record({ url: node.proxy.url, room: room.id, role: 'viewer' })
    await speaker.until(() => speaker.client.status === 'open')
    const { sound, ends } = spokenNumbers(COUNT)
    const recording = speaker.client.record()
    let speaking = true
    const began = performance.now()
    const late = new Map<number, number>()
    viewer.client.on((event) => {
      if (event.type !== 'final') return
      const heard = performance.now() - began
      for (const [i, end] of ends.entries())
        if (numbersIn(event.text, COUNT)[i + 1] && !late.has(i)) late.set(i, heard - end * 1000)
    })
    const talking = speak(recording, sound, 1).then(() => {
      speaking = false
    })
    await disturb(node, () => speaking, seeded(seed))
    await talking
    const ended = await took(within(180_000, recording.end(), 'the recording did not end'))
    await Bun.sleep(500)
    speaker.close()
    viewer.close()
    const stopped = await took(node.server.stop())
    const kept = await readKept(node.directory)
    const own = kept.utterances.filter(({ participantId }) => participantId === speaker.client.participantId)
    const losses = compare(kept, [speaker, viewer], new Map([[recording.stream, sound]]))
    return {
      text: own.map(timed).join(' '),
      counts: numbersIn(own.map(utteranceText).join(' '), COUNT),
      outcome: { ...losses, gaps: kept.gaps },
      late: [...late.values()],
      ended,
      stopped,
    }
  } finally {
    await node.dispose()
  }
}

async function took(work: Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work
  return performance.now() - began
}

let baseline: Promise<Heard> | undefined

/** With nothing happening; heard once. */
export function inQuiet(): Promise<Heard> {
  baseline ??= countInto(0, async () => {})
  return baseline
}

/** Every number that is understood in quiet must be there once with the fault as well. */
export async function compared(heard: Pick<Heard, 'counts' | 'text' | 'outcome'>): Promise<Partial<Outcome>> {
  const quiet = (await inQuiet()).counts
  const missing = quiet.filter((count, number) => count > 0 && heard.counts[number] === 0).length
  const which = quiet.flatMap((count, number) => (count > 0 && heard.counts[number] === 0 ? [number] : []))
  const doubled = heard.counts.filter((count, number) => count > Math.max(1, quiet[number] ?? 0)).length
  const { ackedLost = 0, finalsLost = 0, holes = 0, duplicates = 0 } = heard.outcome
  return {
    ...heard.outcome,
    numbersMissing: missing,
    numbersDoubled: doubled,
    ok: ackedLost + finalsLost + holes + duplicates + missing + doubled === 0,
    note: `${quiet.filter((count) => count > 0).length} of ${COUNT} understood in quiet, ${heard.counts.filter((count) => count > 0).length} with the fault${which.length + doubled > 0 ? ` (not: ${which.join(', ') || 'none'}; doubled: ${doubled}; heard: ${heard.text})` : ''}`,
  }
}

export const workerFaults: Fault[] = [
  {
    id: 'R6',
    name: 'a recogniser process dies every 5 s (SIGSEGV, SIGKILL, SIGABRT)',
    runs: 1,
    longRuns: 5,
    missing: speechless,
    run: async (seed) => {
      let alive = true
      const heard = await countInto(seed, async (node, speaking, random) => {
        const { pid } = node.server.process
        while (speaking()) {
          await Bun.sleep(4000 + random() * 2000)
          const workers = workersOf(pid)
          const victim = workers[Math.floor(random() * workers.length)]
          if (victim)
            process.kill(victim, (['SIGSEGV', 'SIGKILL', 'SIGABRT'] as const)[Math.floor(random() * 3)])
          alive &&= node.server.process.exitCode === null && (await fetch(`${node.server.url}/healthz`)).ok
        }
      })
      const outcome = await compared(heard)
      return { ...outcome, ok: outcome.ok === true && alive }
    },
  },
  {
    id: 'R7',
    name: 'a recogniser process hangs (SIGSTOP)',
    runs: 1,
    longRuns: 3,
    missing: speechless,
    run: async (seed) => {
      let replaced = 0
      const heard = await countInto(seed, async (node, speaking, random) => {
        await Bun.sleep(3000 + random() * 20_000)
        const { pid } = node.server.process
        const stopped = workersOf(pid)
        for (const worker of stopped) process.kill(worker, 'SIGSTOP')
        const began = performance.now()
        while (performance.now() - began < 60_000) {
          await Bun.sleep(200)
          const now = workersOf(pid)
          if (now.length >= stopped.length && stopped.every((worker) => !now.includes(worker))) {
            replaced = (performance.now() - began) / 1000
            break
          }
        }
        if (!speaking() && !replaced) return
      })
      const outcome = await compared(heard)
      return {
        ...outcome,
        note: `${outcome.note}; all replaced after ${replaced ? replaced.toFixed(0) : '> 60'} s`,
        ok: outcome.ok === true && replaced > 0 && replaced <= 20,
      }
    },
  },
]
