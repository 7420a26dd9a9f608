/**
 * L7–L10 of the load table: a crowd that returns, the database under searches, the first page, a late joiner; all beside two
 * speakers (`--asr`) who keep a real recogniser busy. Three runs each, median and worst.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { SCHEMA_VERSION } from '../../db/migrate.ts'
import { openStore } from '../../db/sqlite.ts'
import { joined, room as roomRow, said, session as sessionRow } from '../db/samples.ts'
import { createRoom, NODE, startNode } from '../faults/kit.ts'
import { record } from '../helpers/native-client.ts'
import { seeded } from '../helpers/seeded.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'
import { type Figures, loadRow } from './load-bars.ts'
import { talkers } from './talkers.ts'

const argument = (name: string, otherwise: number) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const RUNS = argument('runs', 3)

export async function runCase(name: string): Promise<void> {
  const library = name === 'L8' ? await openLibrary() : null
  const searches = () => searching(library as Library)
  const measure = { L7: returning, L8: searches, L9: firstPage, L10: lateJoiner }[name]
  if (!measure) throw new Error(`no such case: ${name}`)
  const rows: Figures[] = []
  const speech = await recogniserAtWork(argument('asr', 2))
  for (let run = 0; run < RUNS; run++) rows.push(await measure())
  await speech()
  await library?.store.close()
  console.log(loadRow(name, rows))
}

/** A server beside it whose real recogniser is kept busy by so many speakers; returns how it ends. */
async function recogniserAtWork(speakers: number): Promise<() => Promise<void>> {
  if (speakers === 0) return async () => {}
  const server = await startServer({ args: ['--no-tls', '--language', 'en'] })
  await untilReady(server)
  const { stop } = await talkers(server.url, speakers)
  return async () => {
    stop()
    await server.dispose()
  }
}

const at = (values: number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

/** 1,000 screens lose the server at one moment and come back to the next. */
async function returning(): Promise<Figures> {
  const node = await startNode()
  const { id } = await createRoom(node.server.url)
  const screens = Array.from({ length: argument('sockets', 1000) }, () =>
    record({ url: node.proxy.url, room: id, role: 'viewer' }),
  )
  const here = () => screens.filter(({ client }) => client.status === 'open').length
  await screens[0]?.until(() => here() === screens.length, 60_000)
  await node.kill()
  await node.restart()
  const began = performance.now()
  await screens[0]?.until(() => here() === screens.length, 60_000)
  const seconds = (performance.now() - began) / 1000
  for (const screen of screens) screen.close()
  await node.dispose()
  return { 'all back, s': seconds }
}

interface Library {
  store: Awaited<ReturnType<typeof openStore>>
  segments: number
  /** The running meeting, and the lines added to it so far. */
  live: string
  added: number
  word(): string
  line(): string
}

/**
 * `--segments` lines in meetings of a thousand, made once and kept with Parley's other caches (minutes and two gigabytes for a
 * million), and a new meeting that runs.
 */
async function openLibrary(): Promise<Library> {
  const segments = argument('segments', 1_000_000)
  const kept = join(homedir(), '.cache', 'parley', 'bench')
  const directory = join(kept, `library-${segments}-schema-${SCHEMA_VERSION}`)
  const random = seeded(1)
  const words = Array.from({ length: 5000 }, (_, index) => `w${index.toString(36)}`)
  // Few words are said often, most seldom (Zipf).
  const word = () => words[Math.floor(words.length ** random()) - 1] ?? 'w0'
  const line = () => Array.from({ length: 12 }, word).join(' ')
  if (!existsSync(directory)) {
    mkdirSync(kept, { recursive: true })
    const draft = mkdtempSync(join(kept, 'making-'))
    await fillLibrary(draft, segments, line)
    renameSync(draft, directory)
  }
  const store = await openStore({ directory })
  const live = `ses_live_${Date.now()}`
  await store.createSession(sessionRow(live, { startedAt: segments, roomId: 'load-room' }))
  await store.append(live, joined('par_1', 'Ada'))
  return { store, segments, live, word, line, added: 0 }
}

async function fillLibrary(directory: string, segments: number, line: () => string): Promise<void> {
  const store = await openStore({ directory })
  await store.createRoom(roomRow('load-room'))
  const perSession = 1000
  for (let made = 0; made < segments; made += perSession) {
    const id = `ses_${made}`
    await store.createSession(sessionRow(id, { startedAt: made, roomId: 'load-room' }))
    const lines = Array.from({ length: perSession }, (_, i) => said(`utt_${i}`, 'par_1', line(), i * 3000))
    const ended = { type: 'session-ended', endedAt: made + 1 } as const
    await store.appendAll(id, [joined('par_1', 'Ada'), ...lines, ended])
  }
  await store.close()
}

/** 50 finals and 20 searches per second over the library, open loop. */
async function searching(library: Library): Promise<Figures> {
  const { store, segments, live, word, line } = library
  const inserts: number[] = []
  const searches: number[] = []
  // The work itself, ms of processor time: other programs change when it is done, not how much it is.
  const work = { insert: [] as number[] }
  const spent = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  /** From the moment a commit was asked for: what the disk and other work in this process cost it. */
  const commits: number[] = []
  const began = performance.now()
  const seconds = argument('seconds', 20)
  /** Calls `once` every `ms`, whether the last one is done or not; resolves when all are. */
  const openLoop = async (ms: number, once: (due: number) => Promise<void>) => {
    const running: Promise<void>[] = []
    for (let i = 0; i * ms < seconds * 1000; i++) {
      const wait = began + i * ms - performance.now()
      if (wait > 0) await Bun.sleep(wait)
      running.push(once(began + i * ms))
    }
    await Promise.all(running)
  }
  const insert = async (due: number) => {
    const asked = performance.now()
    const before = spent()
    const event = said(`utt_l${library.added++}`, 'par_1', line(), library.added * 3000)
    const stored = store.append(live, event)
    work.insert.push(spent() - before) // the work is done in the call
    await stored
    commits.push(performance.now() - asked)
    inserts.push(performance.now() - due)
  }
  const search = async (due: number) => {
    await store.search({ text: `${word()} ${word()}`, limit: 20 })
    searches.push(performance.now() - due)
  }
  await Promise.all([openLoop(20, insert), openLoop(50, search)])
  return {
    lines: segments,
    'insert p50, ms': at(inserts, 0.5),
    'insert p99, ms': at(inserts, 0.99),
    'insert max, ms': at(inserts, 1),
    'commit p99, ms': at(commits, 0.99),
    'insert work p50, ms': at(work.insert, 0.5),
    'insert work p99, ms': at(work.insert, 0.99),
    'search p50, ms': at(searches, 0.5),
    'search p95, ms': at(searches, 0.95),
  }
}

/** The join page from 32 browsers at once, while a meeting with 50 screens runs. */
async function firstPage(): Promise<Figures> {
  const server = await startServer({ command: NODE, args: ['--no-tls'] })
  const { id } = await createRoom(server.url)
  const screens = Array.from({ length: 50 }, () => record({ url: server.url, room: id, role: 'viewer' }))
  await screens[0]?.until(() => screens.every(({ client }) => client.status === 'open'))
  const latencies: number[] = []
  const until = performance.now() + argument('seconds', 10) * 1000
  const visitor = async () => {
    while (performance.now() < until) {
      const began = performance.now()
      const answer = await fetch(`${server.url}/r/${id}`, { headers: { 'accept-encoding': 'gzip' } })
      await answer.arrayBuffer()
      latencies.push(performance.now() - began)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: 32 }, visitor))
  const rate = latencies.length / ((performance.now() - began) / 1000)
  for (const screen of screens) screen.close()
  await server.dispose()
  return { 'pages/s': rate, 'p50, ms': at(latencies, 0.5), 'p99, ms': at(latencies, 0.99) }
}

/** Somebody joins a meeting that has run for three hours. */
async function lateJoiner(): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-load-'))
  const store = await openStore({ directory })
  await store.createRoom(roomRow('load-room'))
  const meeting = sessionRow('ses_long', { startedAt: Date.now() - 10_800_000, roomId: 'load-room' })
  await store.createSession(meeting)
  await store.append('ses_long', { type: 'session-started', session: meeting })
  await store.append('ses_long', joined('par_1', 'Ada'))
  const lines = 3 * 60 * 15
  for (let i = 0; i < lines; i++)
    await store.append(
      'ses_long',
      said(`utt_${i}`, 'par_1', 'so we come back to what was said about the second part of it', i * 4000),
    )
  await store.close()
  const server: RunningServer = await startServer({ command: NODE, directory, args: ['--no-tls'] })
  const began = performance.now()
  const late = record({ url: server.url, room: 'load-room', role: 'viewer' })
  await late.until(() => late.client.transcript.utterances.length > 0)
  const first = performance.now() - began
  await late.until(() => late.client.transcript.utterances.length === lines, 30_000)
  const all = performance.now() - began
  late.close()
  await server.dispose()
  return { lines, 'first lines, ms': first, 'all lines, ms': all }
}
