/**
 * `bun run bench soak [--hours 4] [--speed 1] [--every 60] [--speakers 2] [--viewers 50] [--seed 1]`: meetings one after the
 * other with a fault a minute, for hours. With `--speed 2 --every 30` people speak twice as fast and faults come twice as
 * often, so that two hours hold the sound and the faults of four. Prints a row every minute, and at the end the slopes of
 * memory, open files, threads, timers and lag after a tenth of the time for warming up. Speakers count (see
 * helpers/counted-numbers.ts), so that what is lost shows.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRoom, startNode } from '../faults/kit.ts'
import { checkNumbers, sayNumbers } from '../helpers/counted-numbers.ts'
import { type Recorder, record, speak } from '../helpers/native-client.ts'
import { pick, seeded } from '../helpers/seeded.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    hours: { type: 'string', default: '4' },
    speakers: { type: 'string', default: '2' },
    viewers: { type: 'string', default: '50' },
    /** Times real time; servers take up to four (FA: catching up). */
    speed: { type: 'string', default: '1' },
    /** Seconds from fault to fault. */
    every: { type: 'string', default: '60' },
    /** Length of one meeting, minutes of sound. */
    meeting: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
  },
})
const HOURS = Number(values.hours)
const SPEED = Number(values.speed)
/** Seconds of sound in a meeting. */
const MEETING_S = Number(values.meeting) * 60

interface Sample {
  hours: number
  rssMb: number
  files: number
  threads: number
  /** Set and neither fired nor cleared. */
  timers: number
  sockets: number
  /** Sound received and not yet recognised, s. */
  lag: number
}
const totals = { meetings: 0, faults: 0, missing: 0, doubled: 0, gaps: 0 }
const samples: Sample[] = []
const random = seeded(Number(values.seed))
const node = await startNode()
const began = performance.now()
const hours = () => (performance.now() - began) / 3_600_000
const stop = { asked: false }
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    stop.asked = true
  })
const over = () => stop.asked || hours() >= HOURS

const FAULTS: Record<string, () => Promise<void>> = {
  cut: async () => node.proxy.cut(),
  reset: async () => node.proxy.reset(),
  'cut in a frame': async () => node.proxy.cutAfter(1 + Math.floor(random() * 9000)),
  'no network for seconds': async () => {
    node.proxy.reset()
    node.proxy.mode = 'refuse'
    await Bun.sleep(1000 + random() * 9000)
    node.proxy.mode = 'open'
  },
  'server stands still': async () => {
    node.server.process.kill('SIGSTOP')
    await Bun.sleep(500 + random() * 3000)
    node.server.process.kill('SIGCONT')
  },
  'half-open': async () => node.proxy.freeze(),
}

const meter = setInterval(() => void sample(), 30_000)
const breaker = setInterval(() => {
  totals.faults++
  void pick(random, Object.values(FAULTS))()
}, Number(values.every) * 1000)
console.log(
  '| hours | RSS MB | files | threads | timers | sockets | lag s | meetings | faults | missing | doubled | gaps |',
)
console.log('|---|---|---|---|---|---|---|---|---|---|---|---|')
await sample()
while (!over()) await meeting()
clearInterval(meter)
clearInterval(breaker)
await sample()
report()
await node.dispose()
process.exit(totals.missing + totals.doubled > 0 ? 1 : 0)

async function sample(): Promise<void> {
  const { pid } = node.server.process
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
  const metrics = await fetch(`${node.server.url}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  )
  const metric = (name: string) => Number(new RegExp(`^parley_${name} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0)
  const now: Sample = {
    hours: hours(),
    rssMb: field('VmRSS') / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: field('Threads'),
    timers: await timers(),
    sockets: metric('open_sockets'),
    lag: metric('unrecognised_seconds'),
  }
  samples.push(now)
  const { meetings, faults, missing, doubled, gaps } = totals
  if (samples.length % 2 === 1)
    console.log(
      `| ${now.hours.toFixed(3)} | ${now.rssMb.toFixed(0)} | ${now.files} | ${now.threads} | ${now.timers} | ${now.sockets} | ${now.lag} | ${meetings} | ${faults} | ${missing} | ${doubled} | ${gaps} |`,
    )
}

/** What the server says of its timers; the last known number while it stands still. */
async function timers(): Promise<number> {
  const said = () => [...node.server.output().matchAll(/^timers (\d+)$/gm)]
  const before = said().length
  node.server.process.kill('SIGUSR2')
  for (let waited = 0; waited < 2000 && said().length === before; waited += 20) await Bun.sleep(20)
  return Number(said().at(-1)?.[1] ?? 0)
}

/** One meeting: everybody counts, everybody else reads along, and all numbers must be there. */
async function meeting(): Promise<void> {
  const room = await createRoom(node.server.url)
  const join = (role: 'speaker' | 'viewer', index: number) =>
    record({ url: node.proxy.url, room: room.id, role, name: `${role} ${index}` })
  const speakers = Array.from({ length: Number(values.speakers) }, (_, index) => join('speaker', index))
  const viewers = Array.from({ length: Number(values.viewers) }, (_, index) => join('viewer', index))
  const seconds = Math.min(MEETING_S, Math.max(10, (HOURS - hours()) * 3600 * SPEED))
  const count = Math.floor(seconds / 0.6)
  await Promise.all(
    speakers.map(async (speaker, index) => {
      const recording = speaker.client.record()
      let asked = false
      // At most 30,000: a number is a sample value.
      await speak(recording, sayNumbers(index * 10_000 + 1, index * 10_000 + count), SPEED, () => {
        asked ||= stop.asked
        return asked
      })
      await recording.end()
      if (!asked) judge(speaker, index * 10_000 + 1, index * 10_000 + count)
    }),
  )
  totals.meetings++
  for (const screen of [...speakers, ...viewers]) screen.close()
  await fetch(`${node.server.url}/api/sessions/${speakers[0]?.client.transcript.session?.id}`, {
    method: 'DELETE',
  })
}

function judge(speaker: Recorder, from: number, to: number): void {
  const { utterances, gaps } = speaker.client.transcript
  const own = utterances.filter(({ participantId }) => participantId === speaker.client.participantId)
  const verdict = checkNumbers(own, from, to)
  totals.missing += verdict.missing.length
  totals.doubled += verdict.doubled.length
  totals.gaps += gaps.length
}

/** Least squares over everything after the warm-up, per hour. */
function report(): void {
  const warm = samples.filter((each) => each.hours >= hours() / 10)
  const slope = (key: Exclude<keyof Sample, 'hours'>) => {
    const n = warm.length
    const meanX = warm.reduce((sum, each) => sum + each.hours, 0) / n
    const meanY = warm.reduce((sum, each) => sum + each[key], 0) / n
    const over = warm.reduce((sum, each) => sum + (each.hours - meanX) * (each[key] - meanY), 0)
    return over / warm.reduce((sum, each) => sum + (each.hours - meanX) ** 2, 0)
  }
  console.log(
    `\n${hours().toFixed(2)} hours at ${SPEED} × real time, seed ${values.seed}, Bun ${Bun.version}: ${JSON.stringify(totals)}`,
  )
  for (const key of ['rssMb', 'files', 'threads', 'timers', 'sockets', 'lag'] as const)
    console.log(`${key}: ${slope(key).toFixed(2)} per hour, from ${warm[0]?.[key]} to ${warm.at(-1)?.[key]}`)
}
