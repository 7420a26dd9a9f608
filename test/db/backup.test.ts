/** Backups made while the server writes, checked, restored, and refused when they are not whole. */
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backup } from '../../db/backup.ts'
import { restore } from '../../db/restore.ts'
import { openStore } from '../../db/sqlite.ts'
import { verify } from '../../db/verify.ts'
import { joined, oldData, room, said, scratch, session } from './samples.ts'

let directory: string
let elsewhere: string
let removals: (() => void)[]
beforeEach(() => {
  const [one, two] = [scratch(), scratch()]
  directory = one.directory
  elsewhere = two.directory
  removals = [one.remove, two.remove]
})
afterEach(() => {
  for (const remove of removals) remove()
})

const track = {
  id: 'trk_1',
  sessionId: 'ses_a',
  participantId: 'par_1',
  stream: 's',
  path: 'audio/ses_a/trk_1.pcm',
  start: 0,
  bytes: 6,
  ended: false,
  encoding: 'pcm' as const,
}

async function fill(lines: number) {
  const store = await openStore({ directory })
  await store.createRoom(room('quiet-otter'))
  const created = session('ses_a')
  await store.createSession(created)
  await store.append('ses_a', { type: 'session-started', session: created })
  await store.append('ses_a', joined('par_1', 'Ana'))
  await store.saveTrack(track)
  mkdirSync(join(directory, 'audio/ses_a'), { recursive: true })
  writeFileSync(join(directory, track.path), 'sounds')
  for (let i = 0; i < lines; i++)
    await store.append('ses_a', said(`utt_${i}`, 'par_1', `line ${i} 部署方案`, i * 100))
  return store
}

test('[ST32] a backup made by another process while the store writes is whole and restores to a working store', async () => {
  await (await fill(0)).close()
  const writer = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'children/append.ts'), directory, 'ses_a'],
    {
      stdout: 'pipe',
    },
  )
  await writer.stdout.getReader().read()
  const copy = join(elsewhere, 'copy')
  const report = backup({ directory, to: copy })
  writer.kill('SIGKILL')
  await writer.exited
  expect(report).toMatchObject({ path: copy, sessions: 1, audioFiles: 1 })
  const target = join(elsewhere, 'data')
  expect(restore({ directory: target, from: copy })).toEqual({
    sessions: 1,
    utterances: report.utterances,
    audioFiles: 1,
    replaced: null,
  })
  expect(verify(target)).toEqual({
    ok: true,
    sessions: 1,
    utterances: report.utterances,
    audioFiles: 1,
    problems: [],
  })
  expect(readFileSync(join(target, track.path), 'utf8')).toBe('sounds')
  const store = await openStore({ directory: target })
  expect((await store.search({ text: 'line', limit: 1000 })).length).toBe(report.utterances)
  expect(await store.append('ses_a', said('utt_new', 'par_1', 'after', 1))).toBe(report.utterances + 3)
  await store.close()
})

test('[ST32] a restored session has a new epoch, in its log too', async () => {
  const store = await fill(3)
  backup({ directory, to: join(elsewhere, 'copy.db') })
  await store.append('ses_a', said('utt_late', 'par_1', 'after the backup', 900))
  await store.close()
  const report = restore({ directory, from: join(elsewhere, 'copy.db') })
  const restored = await openStore({ directory })
  const [first] = await restored.eventsSince('ses_a', 0, 1)
  expect(first?.epoch).not.toBe('epoch-ses_a')
  expect(first?.event).toMatchObject({ type: 'session-started', session: { epoch: first?.epoch } })
  expect((await restored.openSession('quiet-otter'))?.epoch).toBe(first?.epoch as string)
  expect(await restored.search({ text: 'backup', limit: 5 })).toEqual([])
  expect(await restored.search({ text: '部署', limit: 5 })).toHaveLength(3)
  await restored.close()
  // What was there before is still there, aside.
  expect(readdirSync(report.replaced ?? '')).toContain('parley.db')
})

test('[ST32] restoring is refused while Parley runs, and a damaged backup is refused before anything moves', async () => {
  const store = await fill(30)
  backup({ directory, to: join(elsewhere, 'copy.db') })
  expect(() => restore({ directory, from: join(elsewhere, 'copy.db') })).toThrow('Another Parley')
  await store.close()
  const before = readFileSync(join(directory, 'parley.db'))
  const bytes = readFileSync(join(elsewhere, 'copy.db'))
  for (const [name, damaged] of [
    ['empty', Buffer.alloc(0)],
    ['half', bytes.subarray(0, bytes.length / 2)],
    ['text', Buffer.from('not a database')],
  ] as const) {
    const path = join(elsewhere, `${name}.db`)
    writeFileSync(path, damaged)
    expect(() => restore({ directory, from: path }), name).toThrow()
  }
  expect(() => restore({ directory, from: join(elsewhere, 'nothing') })).toThrow('There is no backup')
  expect(readFileSync(join(directory, 'parley.db')).equals(before)).toBe(true)
})

test('[ST52] a backup among the recordings is refused: it would copy itself', async () => {
  await fill(3)
  mkdirSync(join(directory, 'audio'), { recursive: true })
  expect(() => backup({ directory, to: join(directory, 'audio', 'copy') })).toThrow('among the recordings')
  expect(existsSync(join(directory, 'audio', 'copy.partial'))).toBe(false)
  backup({ directory, to: join(directory, 'copy') })
  expect(verify(join(directory, 'copy')).ok).toBe(true)
})

test('[ST32] an interrupted backup leaves only a .partial, which the next one replaces', async () => {
  await (await fill(2)).close()
  const to = join(elsewhere, 'copy')
  mkdirSync(`${to}.partial`)
  writeFileSync(join(`${to}.partial`, 'parley.db'), 'half')
  backup({ directory, to })
  expect(readdirSync(elsewhere)).toEqual(['copy'])
  expect(statSync(join(to, 'parley.db')).size).toBeGreaterThan(1000)
  expect(() => backup({ directory, to })).toThrow('exists already')
  expect(() => backup({ directory: join(elsewhere, 'nowhere'), to: join(elsewhere, 'x') })).toThrow(
    'no Parley data',
  )
})

test('[ST36] verify finds a missing recording, a short one, and a log that does not fit its lines', async () => {
  const store = await fill(4)
  await store.close()
  expect(verify(directory).ok).toBe(true)
  writeFileSync(join(directory, track.path), 'cut')
  expect(verify(directory).problems).toEqual([`Recording ${track.path} is shorter than it was.`])
  const { connect } = await import('../../db/open.ts')
  const db = connect(join(directory, 'parley.db'))
  db.run("UPDATE utterances SET text = 'changed' WHERE id = 'utt_2'")
  db.run('DELETE FROM events WHERE seq = 4')
  db.close()
  expect(verify(directory).problems.map((problem) => problem.replace(/ses_a|audio\S+/, '…'))).toEqual([
    'Session …: its log has holes.',
    'Session …: the searchable lines differ from its log.',
    'Recording … is shorter than it was.',
  ])
  expect(existsSync(join(directory, 'parley.db'))).toBe(true)
})

test('[ST39] a backup names no recording that is not in it and holds none of a meeting that is not, whatever goes meanwhile', async () => {
  const store = await fill(2)
  const names = Array.from({ length: 40 }, (_, index) => `trk_${index + 2}`)
  for (const name of names) {
    await store.saveTrack({ ...track, id: name, stream: name, path: `audio/ses_a/${name}.pcm` })
    writeFileSync(join(directory, `audio/ses_a/${name}.pcm`), 'sounds')
  }
  // Left by a meeting that was deleted while its recording was copied.
  mkdirSync(join(directory, 'audio/ses_gone'), { recursive: true })
  writeFileSync(join(directory, 'audio/ses_gone/trk_1.pcm'), 'deleted')
  await store.close()
  // Another process packs one recording after the other, as the server does: new file, new path, old file removed.
  const packing = Bun.spawn([process.execPath, join(import.meta.dir, 'children/pack.ts'), directory], {
    stdout: 'pipe',
  })
  await packing.stdout.getReader().read()
  for (let copies = 0; packing.exitCode === null || copies === 0; copies++) {
    const copy = join(elsewhere, `copy-${copies}`)
    backup({ directory, to: copy })
    expect(verify(copy)).toMatchObject({ ok: true, audioFiles: 41, problems: [] })
    expect(existsSync(join(copy, 'audio/ses_gone'))).toBe(false)
    await Bun.sleep(1)
  }
})

test('[ST40] a meeting that is being deleted is no problem of a backup, and its sound is not in it', async () => {
  const store = await fill(3)
  await store.createSession(session('ses_b'))
  await store.append('ses_b', joined('par_1', 'Ana'))
  await store.append('ses_b', said('utt_b', 'par_1', 'stays', 0))
  await store.close()
  // As a deletion leaves it half way: hidden, some rows gone.
  const db = new Database(join(directory, 'parley.db'))
  db.run("UPDATE sessions SET deleting = 1 WHERE id = 'ses_a'")
  db.run("DELETE FROM utterances WHERE session_id = 'ses_a' AND id = 'utt_1'")
  db.close()
  const copy = join(elsewhere, 'copy')
  backup({ directory, to: copy })
  expect(verify(copy)).toMatchObject({ ok: true, sessions: 1, utterances: 1, audioFiles: 0, problems: [] })
  expect(existsSync(join(copy, 'audio/ses_a'))).toBe(false)
})

test('[ST50] a backup can be read by nobody else on the machine, wherever it is put', async () => {
  await (await fill(1)).close()
  for (const name of ['copy.db', 'copy']) backup({ directory, to: join(elsewhere, name) })
  const mode = (path: string) => (statSync(join(elsewhere, path)).mode & 0o777).toString(8)
  expect(['copy.db', 'copy', 'copy/parley.db'].map(mode)).toEqual(['600', '700', '600'])
})

test('[ST49] a backup that names other files of the machine as meetings or recordings is refused, and nothing changes', async () => {
  await (await fill(1)).close()
  const outside = join(elsewhere, 'diary.pcm')
  writeFileSync(outside, 'private')
  for (const [index, [table, column, value]] of [
    ['audio_tracks', 'path', '../../elsewhere/diary.pcm'],
    ['audio_tracks', 'path', outside],
    ['audio_tracks', 'path', 'audio/ses_a/../../parley.db'],
    ['audio_tracks', 'path', 'config.json'],
    ['audio_tracks', 'path', 'audio/ses_a/trk_1.pcm\nx'],
    ['sessions', 'id', '../..'],
    ['sessions', 'id', '..'],
    ['sessions', 'id', ''],
  ].entries()) {
    const copy = join(elsewhere, `copy-${index}.db`)
    backup({ directory, to: copy })
    const db = new Database(copy)
    db.run('PRAGMA foreign_keys = OFF')
    if (table === 'sessions')
      for (const { name } of db
        .query<{ name: string }, []>(
          "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'session_id' WHERE m.type = 'table'",
        )
        .all())
        db.run(`UPDATE "${name}" SET session_id = ?`, [value as string])
    db.run(`UPDATE ${table} SET ${column} = ?`, [value as string])
    db.close()
    const target = join(elsewhere, `data-${index}`)
    expect(() => restore({ directory: target, from: copy }), `${table} ${value}`).toThrow(
      'no recordings of Parley',
    )
    expect(existsSync(join(target, 'parley.db'))).toBe(false)
  }
})

test('[ST41] a backup of an earlier schema is restored and brought up to date by the next start, words and search', async () => {
  oldData(directory, 5)
  const db = new Database(join(directory, 'parley.db'))
  const line = db.query(`INSERT INTO utterances
    (session_id, id, participant_id, rev, state, start_ms, end_ms, language, text, words, folded, spaced)
    VALUES ('ses_a', ?1, 'par_1', 1, 'final', 0, 1, 'en', ?2, '[]', ?2, ?2)`)
  for (let i = 0; i < 5; i++) line.run(`utt_${i}`, `old line ${i}`)
  db.close()
  const copy = join(elsewhere, 'copy')
  expect(backup({ directory, to: copy })).toMatchObject({ sessions: 1 })
  const target = join(elsewhere, 'data')
  const store = await openStore({ directory: target })
  await store.createRoom(room('newer'))
  await store.close()
  const { replaced } = restore({ directory: target, from: copy })
  expect(existsSync(join(replaced ?? '', 'parley.db'))).toBe(true)
  const again = await openStore({ directory: target })
  expect((await again.transcript('ses_a')).utterances).toHaveLength(5)
  expect(await again.search({ text: 'old line', limit: 10 })).toHaveLength(5)
  expect(await again.append('ses_a', said('utt_new', 'par_1', 'after', 9))).toBe(6)
  await again.close()
  expect(verify(target)).toMatchObject({ ok: true, problems: [] })
})
