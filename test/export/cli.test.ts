/** `parley export` and `parley sessions` as a person runs them, against a store that is open elsewhere. */
import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { openStore } from '../../db/sqlite.ts'
import type { Archive } from '../../db/store.ts'
import { exportCommand } from '../../server/cli/export.ts'
import { sessionsCommand } from '../../server/cli/sessions.ts'
import { exportTranscript } from '../../server/export/index.ts'
import { room, scratch, session } from '../db/samples.ts'
import { EVENTS } from './samples.ts'

let directory: string
let remove: () => void
let store: Archive
beforeEach(async () => {
  ;({ directory, remove } = scratch())
  store = await openStore({ directory })
  await store.createRoom(room('quiet-otter'))
  for (const [id, startedAt] of [
    ['ses_aa', 1000],
    ['ses_ab', 2000],
  ] as const) {
    await store.createSession(session(id, { startedAt, title: `Meeting ${id}` }))
    for (const event of EVENTS.slice(1)) await store.append(id, event)
  }
})
afterEach(async () => {
  await store.close()
  remove()
})

/** What the command prints. */
async function run(command: Command, ...args: string[]): Promise<string> {
  let text = ''
  const write = spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk
    return true
  })
  try {
    await command.parseAsync(args, { from: 'user' })
  } finally {
    write.mockRestore()
  }
  return text
}
const exports = () => exportCommand(() => directory)
const sessions = () => sessionsCommand(() => directory)

test('[EX19] export writes what the library renders, beside a running store', async () => {
  const path = join(directory, 'out.srt')
  expect(await run(exports(), 'ses_ab', '-o', path)).toBe(`${path}\n`)
  const transcript = await store.transcript('ses_ab')
  expect(readFileSync(path, 'utf8')).toBe((await exportTranscript('srt', transcript)) as string)
  await run(exports(), 'last', '-f', 'csv', '-o', path, '--no-speakers', '--language', 'de')
  expect(readFileSync(path, 'utf8')).toBe(
    (await exportTranscript('csv', transcript, { speakers: false, language: 'de' })) as string,
  )
})

test('[EX25] a folder that is not there yet is made; one is known by being one, not by its name', async () => {
  const deep = join(directory, 'not', 'yet')
  expect(await run(exports(), 'ses_ab', '-f', 'md', '-o', `${deep}/`)).toStartWith(`${deep}/Meeting`)
  await run(exports(), 'ses_ab', '-o', join(deep, 'er', 'out.vtt'))
  expect(readFileSync(join(deep, 'er', 'out.vtt'), 'utf8')).toStartWith('WEBVTT')
  const dotted = join(directory, 'notes.v2')
  mkdirSync(dotted)
  await run(exports(), 'ses_ab', '-f', 'txt', '-o', dotted)
  expect(readdirSync(dotted)).toEqual([expect.stringMatching(/^Meeting.*\.txt$/)])
  const plain = join(directory, 'plain')
  writeFileSync(plain, 'old')
  await run(exports(), 'ses_ab', '-f', 'txt', '-o', plain)
  expect(readFileSync(plain, 'utf8')).not.toBe('old')
})

test('[EX33] two meetings of one title and day become two files in a folder', async () => {
  const folder = join(directory, 'texts')
  mkdirSync(folder)
  for (const id of ['ses_ba', 'ses_bb']) {
    await store.createSession(session(id, { startedAt: 5000, title: 'Standup' }))
    for (const event of EVENTS.slice(1)) await store.append(id, event)
    await run(exports(), id, '-f', 'txt', '-o', folder)
  }
  const names = readdirSync(folder).sort()
  expect(names).toEqual([
    expect.stringMatching(/^Meeting.* ses_bb\.txt$/),
    expect.stringMatching(/^Meeting[^_]*\.txt$/),
  ])
  // Once more: nothing of the other is touched, and no third one made.
  await run(exports(), 'ses_bb', '-f', 'txt', '-o', folder)
  expect(readdirSync(folder).sort()).toEqual(names)
})

test('[EX30] what is no file is written to, not replaced: a pipe stays a pipe', async () => {
  const pipe = join(directory, 'pipe')
  expect(Bun.spawnSync(['mkfifo', pipe]).exitCode).toBe(0)
  const reader = Bun.spawn(['cat', pipe], { stdout: 'pipe' })
  await run(exports(), 'ses_ab', '-f', 'srt', '-o', pipe)
  expect(statSync(pipe).isFIFO()).toBe(true)
  const transcript = await store.transcript('ses_ab')
  expect(await new Response(reader.stdout).text()).toBe((await exportTranscript('srt', transcript)) as string)
})

test('[EX19] all meetings into a folder, each under its own name', async () => {
  const folder = join(directory, 'all')
  await run(exports(), '--all', '-f', 'docx', '-o', folder)
  const names = readdirSync(folder)
  expect(names).toHaveLength(2)
  expect(names.every((name) => name.endsWith('.docx'))).toBe(true)
})

test('[EX19] meetings that began in the same millisecond are all there, however many', async () => {
  for (let i = 0; i < 201; i++)
    await store.createSession(session(`ses_c${i}`, { startedAt: i < 199 ? 4000 : 3000, title: '' }))
  const out = (await run(exports(), '--all', '-f', 'txt', '-o', join(directory, 'many'))).trim().split('\n')
  expect([out.length, new Set(out).size, readdirSync(join(directory, 'many')).length]).toEqual([
    203, 203, 203,
  ])
})

test('[EX26] stopped between two meetings: the first is whole, nothing else is left', async () => {
  const folder = join(directory, 'all')
  const write = spyOn(process.stdout, 'write').mockImplementation(() => process.emit('SIGINT', 'SIGINT'))
  const stopped = exports().parseAsync(['--all', '-f', 'srt', '-o', folder], { from: 'user' })
  await stopped.then(
    () => expect.unreachable(),
    (reason) => expect(reason).toMatchObject({ message: 'Stopped.', exitCode: 130 }),
  )
  write.mockRestore()
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^Meeting ses_ab.*\.srt$/)])
  expect(process.listenerCount('SIGINT')).toBe(0)
})

test('[EX19] a session is named by id, by a beginning only one has, or as the last', async () => {
  await expect(run(exports(), 'ses_a', '-o', join(directory, 'x.txt'))).rejects.toThrow(
    '2 meetings start with',
  )
  await expect(run(exports(), 'nothing', '-o', join(directory, 'x.txt'))).rejects.toMatchObject({
    code: 'not-found',
  })
  expect(await run(sessions(), 'show', 'last')).toContain('Fine by me.')
  expect(JSON.parse(await run(sessions(), 'show', 'ses_aa', '--json'))).toMatchObject({
    format: 'parley-transcript',
  })
})

test('[EX19] list and search', async () => {
  const list = await run(sessions(), 'list')
  expect(list.indexOf('ses_ab')).toBeLessThan(list.indexOf('ses_aa'))
  expect(list).toContain('(Ana, Bo)')
  expect(JSON.parse(await run(sessions(), 'list', '--json', '--limit', '1'))).toHaveLength(1)
  expect(await run(sessions(), 'search', 'fine', 'by', '--speaker', 'bo')).toContain('0:20  Bo: Fine by me.')
  expect(JSON.parse(await run(sessions(), 'search', '部署', '--json'))).toHaveLength(2)
  expect(await run(sessions(), 'search', 'absent')).toBe('Nothing found.\n')
})

test('[SX66] nothing that others named drives the terminal it is shown on', async () => {
  const named = 'Plan\u001b]0;mine\u0007\u009b2J'
  await store.createSession(session('ses_zz', { startedAt: 9000, title: named }))
  for (const event of EVENTS.slice(1))
    await store.append(
      'ses_zz',
      event.type === 'participant-joined'
        ? { ...event, participant: { ...event.participant, name: named } }
        : event,
    )
  const word = EVENTS.flatMap((event) => ('utterance' in event ? event.utterance.committed : []))[0]
  const shown = [
    await run(sessions(), 'list'),
    await run(sessions(), 'show', 'ses_zz'),
    await run(sessions(), 'search', word?.text.trim() ?? ''),
  ]
  for (const text of shown) {
    expect(text).toContain('Plan ]0;mine 2J')
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  }
})

test('[EX19] rm needs Parley stopped and the whole id, and takes the recordings along', async () => {
  mkdirSync(join(directory, 'audio/ses_aa'), { recursive: true })
  writeFileSync(join(directory, 'audio/ses_aa/trk.pcm'), 'x')
  await expect(run(sessions(), 'rm', 'ses_aa', '--yes')).rejects.toThrow('Another Parley')
  await store.close()
  await expect(run(sessions(), 'rm', 'last', '--yes')).rejects.toMatchObject({ code: 'not-found' })
  expect(await run(sessions(), 'rm', 'ses_aa', '--yes')).toBe('Deleted ses_aa\n')
  expect(readdirSync(join(directory, 'audio'))).toEqual([])
  expect(await run(sessions(), 'list')).not.toContain('ses_aa')
})

test('[EX29] a meeting with a long title in any script can be written to a disk', async () => {
  for (const [i, title] of [
    'गोष्ठी '.repeat(30),
    '会'.repeat(200),
    '👩‍👩‍👧‍👦'.repeat(18),
    'é'.repeat(200),
  ].entries()) {
    await store.append('ses_ab', { type: 'session-started', session: session('ses_ab', { title }) })
    const folder = join(directory, `long-${i}`)
    await run(exports(), '--all', '-f', 'html', '-o', folder)
    const names = readdirSync(folder)
    expect(names).toHaveLength(2)
    for (const name of names) expect(name.isWellFormed()).toBe(true)
  }
})
