/**
 * Load on one machine: `bun run bench load [--case L1,L2] [--rooms 1] [--listeners 200] [--rate 10] [--seconds 15] [--asr 2]
 * [--burners 2] [--runs 3]`; without a case every row of the load table but L5, L6 (load-speech.ts) and L11 (soak.ts). `--asr` =
 * so many people speak recorded speech, and the real recogniser then saturates the cores. Open loop: events carry the time
 * they were due, so a late sender counts as latency. Prints median (worst) of the runs and the verdict on every bar. L1–L4
 * are here, L7–L10 in load-cases.ts.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { openEngine } from '../../server/engine.ts'
import { silentLog } from '../../server/log.ts'
import type { Room } from '../../server/room/room.ts'
import { testConfig } from '../helpers/app.ts'
import { loadRow } from './load-bars.ts'
import { talkers } from './talkers.ts'

/** The rows of the reliability note's load table that are a fan-out. */
const CASES: Record<string, Record<string, number>> = {
  L1: { rooms: 1, listeners: 200, rate: 10, asr: 2 },
  L2: { rooms: 1, listeners: 1000, rate: 10, asr: 2 },
  L3: { rooms: 100, listeners: 20, rate: 10, asr: 2 },
  L4: { rooms: 250, listeners: 20, rate: 2, asr: 2 },
}
const ROWS = ['L1', 'L2', 'L3', 'L4', 'L7', 'L8', 'L9', 'L10']
const asked = process.argv.includes('--case') ? process.argv[process.argv.indexOf('--case') + 1] : undefined
const own = ['--rooms', '--listeners', '--rate'].some((option) => process.argv.includes(option))
const cases = asked?.split(',') ?? (own || process.argv[2] === 'serve' ? ['own'] : ROWS)
const named = cases[0] ?? ''
// One after the other, each in a process of its own.
if (cases.length > 1) {
  const rest = process.argv.slice(2).filter((each) => each !== '--case' && each !== asked)
  console.log(
    `${cpus().length} cores, Bun ${Bun.version}; median (worst)\n| row | figures | bars |\n|---|---|---|`,
  )
  for (const row of cases)
    await Bun.spawn([process.execPath, import.meta.path, '--case', row, ...rest], {
      stdout: 'inherit',
      stderr: 'inherit',
    }).exited
  process.exit(0)
}
if (named === 'L5' || named === 'L6') {
  const { partialLatency, speakersAtOnce } = await import('./load-speech.ts')
  await (named === 'L5' ? speakersAtOnce() : partialLatency())
  process.exit(0)
}
if (/^L([789]|10)$/.test(named)) {
  await (await import('./load-cases.ts')).runCase(named)
  process.exit(0)
}
const number = (name: string, otherwise: number) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? (CASES[named]?.[name] ?? otherwise) : Number(process.argv[at + 1])
}
const roomCount = number('rooms', 1)
const listeners = number('listeners', 200)
const rate = number('rate', 10)
const seconds = number('seconds', 15)
const burners = number('burners', 0)
const speakers = number('asr', 0)
const runs = number('runs', 3)

/** The server: rooms whose passing events carry their due time, told on the parent's command. */
if (process.argv[2] === 'serve') {
  const directory = mkdtempSync(join(tmpdir(), 'parley-load-'))
  const config = testConfig(directory)
  const engine = speakers > 0 ? await openEngine(config, silentLog) : createFakeEngine()
  while (!engine.status().ready) await Bun.sleep(100)
  const app = await createApp(config, { log: silentLog, version: 'load', engine })
  const rooms: Room[] = []
  for (let i = 0; i < roomCount; i++) {
    const { room } = await app.rooms.create()
    await room.join({ name: 'Speaker', key: 'k', role: 'host' })
    rooms.push(room)
  }
  process.send?.({ url: app.url.replace('localhost', '127.0.0.1'), rooms: rooms.map(({ id }) => id) })
  process.on('message', (message: { go?: number; stop?: boolean }) => {
    if (message.stop) {
      void app.close().then(() => {
        rmSync(directory, { recursive: true, force: true })
        process.exit(0)
      })
      return
    }
    const began = Date.now() + 500
    const words = 'the quick brown fox jumps over the lazy dog again'.split(' ')
    const committed = words.map((text, index) => ({
      text: ` ${text}`,
      start: index * 200,
      end: index * 200 + 180,
      probability: 0.9,
    }))
    for (const [index, room] of rooms.entries()) {
      const participantId = [...room.transcript.participants.keys()][0] as string
      const total = rate * seconds
      let sent = 0
      const timer = setInterval(() => {
        // Spread over the rooms, and never skipping an event that is due.
        while (sent < total && Date.now() >= began + (sent + index / roomCount) * (1000 / rate)) {
          const due = Math.round(began + (sent + index / roomCount) * (1000 / rate))
          room.tell({
            type: 'utterance-updated',
            utterance: {
              id: `utt_${due}`,
              participantId,
              rev: 0,
              state: 'pending',
              start: 0,
              end: 2000,
              language: 'en',
              committed,
              pending: [],
            },
          })
          sent++
        }
        if (sent >= total) clearInterval(timer)
      }, 2)
    }
  })
} else {
  const rows: Awaited<ReturnType<typeof measure>>[] = []
  for (let run = 0; run < runs; run++) rows.push(await measure())
  console.error(
    `${roomCount} rooms × ${listeners} listeners, ${rate} events/s each, ${speakers} speakers with the real recogniser, ${burners} CPU burners at nice 10`,
  )
  console.log(loadRow(named, rows))
  process.exit(0)
}

async function measure() {
  const burning = Array.from({ length: burners }, () =>
    Bun.spawn(['nice', '-n', '10', 'sh', '-c', 'while :; do :; done']),
  )
  const ready = Promise.withResolvers<{ url: string; rooms: string[] }>()
  const server = Bun.spawn([process.execPath, import.meta.path, 'serve', ...process.argv.slice(2)], {
    ipc: (message: { url: string; rooms: string[] }) => ready.resolve(message),
    stdout: 'ignore',
  })
  const { url, rooms } = await ready.promise
  const resident = async () =>
    Number(/VmRSS:\s+(\d+)/.exec(await Bun.file(`/proc/${server.pid}/status`).text())?.[1] ?? 0) / 1024
  const empty = await resident()
  const latencies: number[] = []
  const sockets: WebSocket[] = []
  const connecting = performance.now()
  for (const room of rooms) {
    await Promise.all(
      Array.from({ length: listeners }, () => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/room/${room}`)
        sockets.push(socket)
        const greeted = Promise.withResolvers<void>()
        socket.onopen = () => socket.send('{"type":"hello","version":1,"role":"viewer"}')
        socket.onerror = () => greeted.resolve()
        socket.onmessage = ({ data }) => {
          const text = data as string
          const at = text.indexOf('"id":"utt_')
          if (at > 0) latencies.push(Date.now() - Number(text.slice(at + 10, at + 23)))
          else if (text.startsWith('{"type":"events"')) greeted.resolve()
        }
        return greeted.promise
      }),
    )
  }
  const connected = (performance.now() - connecting) / 1000
  const speech = speakers > 0 ? await talkers(url, speakers) : null
  server.send({ go: 1 })
  const stat = async () => {
    const fields = (await Bun.file(`/proc/${server.pid}/stat`).text()).split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10 // ms at 100 ticks per second
  }
  const before = await stat()
  await Bun.sleep(seconds * 1000 + 2500)
  const cpu = ((await stat()) - before) / (seconds * 10)
  const full = await resident()
  speech?.stop()
  server.send({ stop: true })
  for (const socket of sockets) socket.close()
  await server.exited
  for (const burner of burning) burner.kill()
  latencies.sort((a, b) => a - b)
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  const expected = rooms.length * listeners * rate * seconds
  return {
    'p50, ms': at(0.5),
    'p95, ms': at(0.95),
    'p99, ms': at(0.99),
    'max, ms': at(1),
    'delivered, %': (latencies.length / expected) * 100,
    'memory, MB': full,
    'memory +, MB': full - empty,
    'share of a core, %': cpu,
    'connected, s': connected,
  }
}
