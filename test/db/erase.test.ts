/** What is deleted is gone from the bytes of the files, not only from the answers. */
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { backup } from '../../db/backup.ts'
import { restore } from '../../db/restore.ts'
import { openStore } from '../../db/sqlite.ts'
import type { Archive } from '../../db/store.ts'
import { seeded } from '../helpers/seeded.ts'
import { until } from '../helpers/until.ts'
import { joined, room, said, scratch, session, utterance } from './samples.ts'

let directory: string
let remove: () => void
beforeEach(() => {
  ;({ directory, remove } = scratch())
})
afterEach(() => remove())

/** How often the words occur in any file below `folder`; also halves of them, as indexes cut words. */
function traces(folder: string, canary: string): number {
  let found = 0
  for (const entry of readdirSync(folder, { recursive: true })) {
    const path = join(folder, String(entry))
    if (!statSync(path).isFile()) continue
    const bytes = readFileSync(path).toString('latin1').toLowerCase()
    for (const part of [canary, canary.slice(0, 8), canary.slice(-8)]) found += bytes.split(part).length - 1
  }
  return found
}

/** Two sessions with the same shape and different words, written in turns, revised, removed, translated, noted. */
async function fill(store: Archive): Promise<void> {
  await store.createRoom(room('quiet-otter'))
  const sessions = [
    ['ses_a', 'quetzalcoatlus'],
    ['ses_b', 'archaeopteryx'],
  ] as const
  for (const [id, canary] of sessions) {
    await store.createSession(session(id, { title: `About ${canary}` }))
    await store.append(id, { type: 'session-started', session: session(id, { title: `About ${canary}` }) })
    await store.append(id, joined('par_1', `Dr ${canary}`))
    await store.append(id, { type: 'session-renamed', title: `More about ${canary}` })
  }
  for (let i = 0; i < 80; i++) {
    for (const [id, canary] of sessions) {
      // Puts all lines so far into the search indexes; those after it wait outside.
      if (i === 40) await store.append(id, { type: 'session-ended', endedAt: 1 })
      const text = `${canary} said the ${i}th ${'word '.repeat(i % 17)}`
      await store.append(id, said(`utt_${i % 30}`, 'par_1', text, i * 100, { rev: i + 1 }))
      const translation = {
        utteranceId: `utt_${i % 30}`,
        language: 'de',
        rev: i + 1,
        text: `${canary} sprach`,
      }
      if (i % 9 === 0) await store.append(id, { type: 'utterance-translated', translation })
      if (i % 23 === 0) await store.append(id, { type: 'utterance-removed', utteranceId: `utt_${i % 30}` })
    }
  }
  for (const [id, canary] of sessions) {
    const common = { sessionId: id, createdAt: 1 }
    await store.saveMark({
      ...common,
      id: `mrk_${id}`,
      utteranceId: 'utt_1',
      kind: 'note',
      start: 0,
      end: 1,
      text: canary,
    })
    await store.saveSummary({ ...common, id: `sum_${id}`, model: 'm', template: 't', body: { tldr: canary } })
  }
}

test('[ST31] a deleted session leaves no word in the database or its write-ahead log', async () => {
  const store = await openStore({ directory })
  await fill(store)
  expect(traces(directory, 'quetzalcoatlus')).toBeGreaterThan(100)
  await store.deleteSession('ses_a')
  expect(traces(directory, 'quetzalcoatlus')).toBe(0)
  expect(traces(directory, 'archaeopteryx')).toBeGreaterThan(100)
  expect(await store.search({ text: 'archaeopteryx', limit: 100 })).not.toEqual([])
  expect(await store.check()).toEqual({ ok: true, detail: 'ok' })
  await store.deleteSession('ses_b')
  expect(traces(directory, 'archaeopteryx')).toBe(0)
  await store.close()
  expect(traces(directory, 'archaeopteryx')).toBe(0)
}, 30_000)

test('[ST31] a removed line leaves no word either', async () => {
  const store = await openStore({ directory })
  await store.createRoom(room('quiet-otter'))
  await store.createSession(session('ses_a'))
  for (let i = 0; i < 40; i++) await store.append('ses_a', said(`utt_${i}`, 'par_1', `line ${i}`, i * 100))
  await store.append('ses_a', said('utt_x', 'par_1', 'my password is quetzalcoatlus', 5000))
  await store.append('ses_a', said('utt_x', 'par_1', 'the password is quetzalcoatlus', 5000, { rev: 2 }))
  await store.append('ses_a', { type: 'session-ended', endedAt: 9000 })
  expect(await store.search({ text: 'quetzal', limit: 5 })).toHaveLength(1)
  await store.append('ses_a', { type: 'utterance-removed', utteranceId: 'utt_x' })
  expect(traces(directory, 'quetzalcoatlus')).toBe(0)
  await store.close()
})

test('[ST31] nor do its marks, summaries and text versions', async () => {
  const store = await openStore({ directory })
  await fill(store)
  const of = { sessionId: 'ses_c', createdAt: 1 }
  await store.createSession(session('ses_c'))
  await store.append('ses_c', said('utt_c', 'par_1', 'said plesiosaurus', 0))
  const line = utterance('utt_v', 'par_1', 'heard plesiosaurus', 0)
  const version = { ...of, model: 'm', language: null, state: 'ready' as const, detail: '', chosen: false }
  await store.saveVersion({ ...version, id: 'ver_1', lines: [line], shown: null })
  const mark = { ...of, utteranceId: 'utt_c', kind: 'note' as const, start: 0, end: 0, text: 'plesiosaurus' }
  await store.saveMark({ ...mark, id: 'mark_1' })
  await store.saveSummary({
    ...of,
    id: 'sum_1',
    model: 'm',
    template: 'minutes',
    body: { text: 'plesiosaurus' },
  })
  await store.saveEdit({
    id: 'edit_1',
    sessionId: 'ses_c',
    number: 1,
    kind: 'rename',
    at: 1,
    undone: false,
    lines: [],
    people: [
      {
        before: null,
        after: { id: 'par_1', name: 'Plesiosaurus', role: 'speaker', colour: 0, muted: false },
      },
    ],
    version: null,
  })
  expect(traces(directory, 'plesiosaurus')).toBeGreaterThan(3)
  await store.deleteSession('ses_c')
  expect(traces(directory, 'plesiosaurus')).toBe(0)
  expect(traces(directory, 'Plesiosaurus')).toBe(0)
  await store.close()
}, 30_000)

test('[ST31] nor does a session that came back from a backup', async () => {
  const other = scratch()
  try {
    const store = await openStore({ directory: other.directory })
    await fill(store)
    backup({ directory: other.directory, to: join(other.directory, 'copy.db') })
    await store.close()
    restore({ directory, from: join(other.directory, 'copy.db') })
    const restored = await openStore({ directory })
    expect(traces(directory, 'quetzalcoatlus')).toBeGreaterThan(100)
    await restored.deleteSession('ses_a')
    expect(traces(directory, 'quetzalcoatlus')).toBe(0)
    await restored.close()
  } finally {
    other.remove()
  }
}, 30_000)

test('[ST31] while somebody reads, deletion does not wait; the log is cut as soon as they are done', async () => {
  const store = await openStore({ directory })
  await fill(store)
  const reader = new Database(join(directory, 'parley.db'), { readonly: true })
  reader.run('BEGIN')
  reader.query('SELECT count(*) FROM events').get()
  await store.deleteSession('ses_a')
  expect(await store.session('ses_a')).toBeNull()
  reader.run('COMMIT')
  reader.close()
  await store.deleteSession('ses_b') // the next deletion, or at the latest the timer or close, finishes both
  expect(traces(directory, 'quetzalcoatlus')).toBe(0)
  await store.close()
}, 30_000)

test('[ST31] a store that is closed while somebody still reads leaves the rest to the next start', async () => {
  const first = await openStore({ directory })
  await fill(first)
  await first.close()
  const store = await openStore({ directory })
  // Everything deleted so far is gone, and the next start need not look for it.
  await until(async () => (await store.setting('clean')) === true)
  const reader = new Database(join(directory, 'parley.db'), { readonly: true })
  reader.run('BEGIN')
  reader.query('SELECT count(*) FROM events').get()
  await store.deleteSession('ses_a')
  await store.close()
  reader.close()
  const again = await openStore({ directory })
  await until(() => traces(directory, 'quetzalcoatlus') === 0)
  await again.close()
}, 30_000)

/** Meetings side by side, each with words and names of its own; those of every second one begin with the canary. */
async function crowd(store: Archive, canary: string, meetings: number): Promise<string[]> {
  const random = seeded(7)
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const made = (beginning: string) =>
    beginning + Array.from({ length: 5 }, () => letters[Math.floor(random() * 26)]).join('')
  const ids = Array.from({ length: meetings }, (_, index) => `ses_${index}`)
  const beginningOf = (index: number) => (index % 2 ? canary : 'yokel')
  await store.createRoom(room('quiet-otter'))
  for (const id of ids) await store.createSession(session(id))
  for (let line = 0; line < 15; line++) {
    for (const [index, id] of ids.entries()) {
      const who = `par_${index}_${line}` as const
      await store.append(id, joined(who, made(beginningOf(index))))
      const text = [1, 2, 3, 4].map(() => made(beginningOf(index))).join(' ')
      await store.append(id, said(`utt_${index}_${line}`, who, text, line * 1000))
      if (random() < 0.5)
        await store.append(id, said(`utt_${index}_${line}`, who, `${text} ${text}`, line * 1000, { rev: 2 }))
    }
  }
  for (const id of ids) await store.append(id, { type: 'session-ended', endedAt: 60_000 })
  return ids.filter((_, index) => index % 2 === 1)
}

test('[ST45] names and words are in no unused part of a page either, nor in what the index calls its pages', async () => {
  const store = await openStore({ directory })
  const go = await crowd(store, 'zanzi', 40)
  const count = () => readFileSync(join(directory, 'parley.db')).toString('latin1').split('zanzi').length - 1
  for (const id of go) {
    await store.deleteSession(id)
    // Others go on meanwhile.
    await store.append('ses_0', { type: 'session-renamed', title: `while ${id} goes` })
  }
  await until(() => count() === 0)
  for (const name of ['yokel', 'yok'])
    expect((await store.search({ text: name, limit: 500 })).length).toBeGreaterThan(100)
  expect(await store.check()).toEqual({ ok: true, detail: 'ok' })
  await store.close()
  const db = new Database(join(directory, 'parley.db'))
  expect(db.query('PRAGMA integrity_check').values()).toEqual([['ok']])
  for (const index of ['search_words', 'search_parts'])
    db.run(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`)
  db.close()
  expect(count()).toBe(0)
}, 60_000)

test('[ST37] a session is hidden at once, and a deletion cut short is ended by the next start', async () => {
  const store = await openStore({ directory })
  await fill(store)
  const deleting = store.deleteSession('ses_a')
  expect(await store.session('ses_a')).toBeNull()
  expect((await store.sessions({ limit: 5 })).map(({ id }) => id)).toEqual(['ses_b'])
  await expect(store.append('ses_a', said('utt_x', 'par_1', 'late', 0))).rejects.toMatchObject({
    code: 'not-found',
  })
  // Others are served in between, and the process ends before all of it is gone.
  await store.append('ses_b', said('utt_x', 'par_1', 'meanwhile', 0))
  await store.close()
  await expect(deleting).rejects.toMatchObject({ code: 'unavailable' })
  const db = new Database(join(directory, 'parley.db'), { readonly: true })
  const left = () =>
    Number(db.query("SELECT count(*) FROM events WHERE session_id = 'ses_a'").values()[0]?.[0])
  expect(left()).toBeGreaterThan(0)
  expect(db.query("SELECT title FROM sessions WHERE id = 'ses_a'").values()).toEqual([['']])
  const again = await openStore({ directory })
  expect(await again.search({ text: 'quetzalcoatlus', limit: 5 })).toEqual([])
  await until(() => left() === 0)
  db.close()
  await until(() => traces(directory, 'quetzalcoatlus') === 0)
  expect(await again.search({ text: 'archaeopteryx', limit: 5 })).not.toEqual([])
  await again.close()
}, 30_000)
