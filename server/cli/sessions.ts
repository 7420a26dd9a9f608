/** `parley sessions list | show | search | rm`: past meetings on the command line. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { openStore } from '../../db/sqlite.ts'
import type { Archive, SearchHit, SessionSummary } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { clockTime } from '../core/timecode.ts'
import { exportTranscript } from '../export/index.ts'
import { configuredDirectory, type FindDirectory, withDataDirectory } from './data-directory.ts'
import { print, printable } from './print.ts'

interface Options {
  dataDir?: string
  json?: boolean
  limit: number
}

export function sessionsCommand(find: FindDirectory = configuredDirectory): Command {
  const command = new Command('sessions').description('past meetings: list, show, search, rm')
  const sub = (usage: string, help: string) =>
    withDataDirectory(command.command(usage)).description(help).option('--json', 'as JSON')

  sub('list', 'newest first')
    .option('--limit <number>', 'at most so many', positive, 50)
    .action((options: Options) =>
      reading(find(options.dataDir), async (store) => {
        const sessions = await store.sessions({ limit: options.limit })
        if (options.json) return print(JSON.stringify(sessions, null, 2))
        print(sessions.length > 0 ? sessions.map(sessionLine).join('\n') : 'No meetings yet.')
      }),
    )
  sub('show <session>', 'the text of one meeting (id, its beginning, or "last")').action(
    (given: string, options: Options) =>
      reading(find(options.dataDir), async (store) => {
        const session = await findSession(store, given)
        const transcript = await store.transcript(session.id)
        print((await exportTranscript(options.json ? 'json' : 'txt', transcript)) as string)
      }),
  )
  sub('search <words...>', 'every line with these words')
    .option('--limit <number>', 'at most so many', positive, 20)
    .option('--speaker <name>', 'only what this person said')
    .option('--language <code>', 'only in this language')
    .action((words: string[], options: Options & { speaker?: string; language?: string }) =>
      reading(find(options.dataDir), async (store) => {
        const { limit, speaker, language } = options
        const hits = await store.search({ text: words.join(' '), limit, speaker, language })
        if (options.json) return print(JSON.stringify(hits, null, 2))
        print(hits.length > 0 ? hitLines(hits).join('\n') : 'Nothing found.')
      }),
    )
  sub('rm <session...>', 'delete meetings with their recordings, for good (while Parley is stopped)')
    .option('--yes', 'do not ask')
    .action(async (given: string[], options: Options & { yes?: boolean }) => {
      const directory = find(options.dataDir)
      await reading(directory, async () => {}) // says so if there is nothing here, instead of making it
      const store = await openStore({ directory })
      try {
        for (const one of given) {
          const session = await exactSession(store, one)
          if (!options.yes && !confirm(`Delete "${printable(session.title)}" (${session.id}) for good?`))
            continue
          rmSync(join(directory, 'audio', session.id), { recursive: true, force: true })
          for (const track of await store.tracks(session.id))
            rmSync(join(directory, track.path), { force: true })
          await store.deleteSession(session.id)
          print(options.json ? JSON.stringify({ deleted: session.id }) : `Deleted ${session.id}`)
        }
      } finally {
        await store.close()
      }
    })
  return command
}

/** Runs with a store that only looks, so that it works beside a running Parley. */
export async function reading<T>(directory: string, use: (store: Archive) => Promise<T>): Promise<T> {
  const store = await openStore({ directory, readOnly: true })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

/** By id, by the beginning of an id if only one fits, or `last`. */
export async function findSession(store: Archive, given: string): Promise<SessionSummary> {
  const exact = await store.session(given)
  if (exact) return exact
  if (given === 'last') {
    const [last] = await store.sessions({ limit: 1 })
    if (last) return last
    throw new AppError('not-found', 'No meeting is kept here yet.')
  }
  const all = await store.sessions({ limit: 10_000 })
  const fitting = all.filter((session) => session.id.startsWith(given))
  if (fitting.length > 1)
    throw new AppError('invalid', `${fitting.length} meetings start with "${given}". Give more of the id.`)
  if (fitting[0]) return fitting[0]
  throw new AppError('not-found', `There is no meeting ${given}. "parley sessions list" shows them.`)
}

/** By its full id only: for what cannot be undone. */
async function exactSession(store: Archive, given: string): Promise<SessionSummary> {
  const session = await store.session(given)
  if (session) return session
  throw new AppError(
    'not-found',
    `There is no meeting with the id ${given}. Deleting takes whole ids: "parley sessions list" shows them.`,
  )
}

function sessionLine(session: SessionSummary): string {
  const date = new Date(session.startedAt).toISOString().slice(0, 16).replace('T', ' ')
  const people = session.participants.map((participant) => participant.name).join(', ')
  const state = session.endedAt === null ? 'running' : clockTime(session.duration)
  return [
    session.id,
    date,
    state.padStart(8),
    session.starred ? '★' : ' ',
    printable(session.title),
    people && `(${printable(people)})`,
  ]
    .filter((part) => part !== '')
    .join('  ')
}

function hitLines(hits: readonly SearchHit[]): string[] {
  const [on, off] = process.stdout.isTTY ? ['\u001b[1m', '\u001b[22m'] : ['', '']
  let session = ''
  return hits.flatMap((hit) => {
    const text = hit.snippet
      .map((piece) => ({ ...piece, text: printable(piece.text) }))
      .map((piece) => (piece.mark ? on + piece.text + off : piece.text))
      .join('')
    const line = `  ${clockTime(hit.wordStart).padStart(8)}  ${printable(hit.participant.name)}: ${text}`
    if (session === hit.session.id) return [line]
    session = hit.session.id
    return [
      `${printable(hit.session.title)}  ${new Date(hit.session.startedAt).toISOString().slice(0, 10)}  ${session}`,
      line,
    ]
  })
}

export function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('A whole number from 1 on.')
  return number
}
