/** R12, R13, S28: kill -9 in the middle of a backup, a restore and a deletion; what is there afterwards is whole, old or new. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import type { Participant } from '../../server/core/transcript.ts'
import { joined, room, said, session } from '../db/samples.ts'
import { type RunningServer, startServer } from '../helpers/server.ts'
import type { Fault } from './fault.ts'
import { MAIN, NODE, seeded } from './kit.ts'

const MEETINGS = 30
export const LINES = 60
const KILLS = 8
const DAY = 86_400_000

/** A library of ended meetings; every line says `word`. */
export async function library(directory: string, word: string, days: number | null): Promise<void> {
  const store = await openStore({ directory })
  const ada: Participant['id'] = 'par_ada'
  // Not named after the word, which is looked for in every file.
  const roomId = days === null ? 'room-a' : 'room-old'
  await store.createRoom(room(roomId))
  for (let m = 0; m < MEETINGS; m++) {
    const id = `ses_${word}_${m}`
    const startedAt = Date.now() - (days === null ? 1 : 60) * DAY
    await store.createSession(session(id, { roomId, startedAt }))
    const lines = Array.from({ length: LINES }, (_, i) =>
      said(`utt_${word}_${m}_${i}`, ada, `${word} ${m} ${i}`, i * 1000),
    )
    await store.appendAll(id, [
      joined(ada, 'Ada'),
      ...lines,
      { type: 'session-ended', endedAt: startedAt + 60_000 },
    ])
    if (days !== null) await store.setKeepDays(id, days)
    const path = join('audio', id, 'trk_a.pcm')
    const track = { id: `trk_${id}`, sessionId: id, participantId: ada, stream: 'a', path, start: 0 }
    await store.saveTrack({ ...track, bytes: 200_000, ended: true, encoding: 'pcm' })
    await Bun.write(join(directory, path), new Uint8Array(200_000))
  }
  await store.close()
}

/** Runs a verb and kills it after a while; how long it takes undisturbed tells which whiles are of interest. */
export async function verb(
  args: string[],
  killAfter?: number,
): Promise<{ code: number; text: string; ms: number }> {
  const began = performance.now()
  const child = Bun.spawn([...MAIN, ...args], { stdout: 'pipe', stderr: 'pipe' })
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
  const text = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text())
  const code = await child.exited
  clearTimeout(timer)
  return { code, text, ms: performance.now() - began }
}

export async function linesIn(directory: string, word: string): Promise<number> {
  const store = await openStore({ directory, readOnly: true })
  try {
    const all = await store.sessions({ limit: 500 })
    let count = 0
    for (const { id } of all)
      count += (await store.transcript(id)).utterances.filter((each) =>
        each.committed.some(({ text }) => text.includes(word)),
      ).length
    return count
  } finally {
    await store.close()
  }
}

export const WHOLE = MEETINGS * LINES

async function inScratch<T>(use: (at: (name: string) => string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'parley-copies-'))
  try {
    return await use((name) => join(scratch, name))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function killedBackups(seed: number) {
  return inScratch(async (at) => {
    const random = seeded(seed)
    await library(at('data'), 'alpha', null)
    const { ms } = await verb(['backup', at('quiet'), '--data-dir', at('data')])
    const wrong: string[] = []
    let killed = 0
    for (let i = 0; i < KILLS; i++) {
      const to = at(`copy-${i}`)
      const { code } = await verb(['backup', to, '--data-dir', at('data')], ms * (0.3 + random() * 0.7))
      if (code === 0) continue
      killed++
      // Under its name stands a whole copy or none.
      const again = existsSync(to) ? null : await verb(['backup', to, '--data-dir', at('data')])
      if (again && again.code !== 0) wrong.push(`the next backup failed: ${again.text}`)
      else if ((await linesIn(to, 'alpha')) !== WHOLE) wrong.push('the next backup is not whole')
      if (existsSync(`${to}.partial`)) wrong.push('something is left lying about')
    }
    return {
      ok: wrong.length === 0 && killed > 0,
      note: wrong.join('; ') || `${killed} of ${KILLS} killed in it`,
    }
  })
}

async function killedRestores(seed: number) {
  return inScratch(async (at) => {
    const random = seeded(seed)
    await library(at('new'), 'beta', null)
    const { ms } = await verb(['restore', at('new'), '--data-dir', at('quiet')])
    const wrong: string[] = []
    const found = { old: 0, new: 0, refused: 0 }
    for (let i = 0; i < KILLS; i++) {
      const data = at(`data-${i}`)
      await library(data, 'alpha', null)
      const { code } = await verb(['restore', at('new'), '--data-dir', data], ms * (0.4 + random() * 0.6))
      // Whatever starts next must have all of the one or all of the other, or say that a restore is to be finished.
      const next = await startServer({ command: NODE, directory: data, args: ['--no-tls'] }).catch(
        (thrown: Error) => thrown,
      )
      if (next instanceof Error) {
        found.refused++
        if (!/parley restore/.test(next.message))
          wrong.push(`refused without a remedy: ${next.message.slice(0, 200)}`)
      } else {
        await next.stop()
        const [old, fresh] = [await linesIn(data, 'alpha'), await linesIn(data, 'beta')]
        if (old + fresh !== WHOLE || (old > 0 && fresh > 0)) wrong.push(`${old} old and ${fresh} new lines`)
        found[old > 0 ? 'old' : 'new']++
      }
      if (code === 0) continue
      const again = await verb(['restore', at('new'), '--data-dir', data])
      if (again.code !== 0 || (await linesIn(data, 'beta')) !== WHOLE)
        wrong.push(`not mended by another restore: ${again.text}`)
    }
    return {
      ok: wrong.length === 0,
      note:
        wrong.join('; ') ||
        `found afterwards: ${found.old} × the old, ${found.new} × the new, ${found.refused} × the request to restore again`,
    }
  })
}

/** Meetings past their days go at the start; it is killed again and again while it removes them. */
async function killedRetention(seed: number) {
  return inScratch(async (at) => {
    const random = seeded(seed)
    await library(at('data'), 'canary', 1)
    // Of yesterday: without them the clock of this machine would be doubted for a day (RT4).
    await library(at('data'), 'recent', null)
    const starts: RunningServer[] = []
    for (let i = 0; i < KILLS; i++) {
      const server = await startServer({ command: NODE, directory: at('data'), args: ['--no-tls'] })
      starts.push(server)
      await Bun.sleep(random() * 400)
      await server.stop('SIGKILL')
    }
    const last = await startServer({ command: NODE, directory: at('data'), args: ['--no-tls'] })
    const left = async () =>
      ((await (await fetch(`${last.url}/api/sessions?limit=500`)).json()) as { sessions: unknown[] }).sessions
        .length
    for (let waited = 0; waited < 60_000 && (await left()) > MEETINGS; waited += 200) await Bun.sleep(200)
    await Bun.sleep(500)
    await last.stop()
    const recent = await linesIn(at('data'), 'recent')
    const grep = Bun.spawnSync(['grep', '-rlaF', 'canary', at('data')])
      .stdout.toString()
      .trim()
    const files = Bun.spawnSync(['find', join(at('data'), 'audio'), '-path', '*canary*'])
      .stdout.toString()
      .trim()
    const ok = grep === '' && files === '' && recent === WHOLE
    return {
      ok,
      note: ok
        ? `${starts.length} kills; no word and no sound left`
        : `left: ${grep} ${files.slice(0, 200)}, ${recent} of ${WHOLE} lines of others`,
    }
  })
}

export const copyFaults: Fault[] = [
  { id: 'R12', name: 'kill -9 in the middle of backups', runs: 1, longRuns: 5, run: killedBackups },
  { id: 'R12', name: 'kill -9 in the middle of restores', runs: 1, longRuns: 5, run: killedRestores },
  {
    id: 'S28',
    name: 'kill -9 while meetings past their days are removed',
    runs: 1,
    longRuns: 5,
    run: killedRetention,
  },
]
