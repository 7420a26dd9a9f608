/** Edits in every format, and the ZIP, through the API and `parley export`. */
import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { exportCommand } from '../../server/cli/export.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import { FORMATS, type Format } from '../../server/export/index.ts'
import { said } from '../db/samples.ts'
import { type HttpKit, openHttpKit, recordMeeting } from './kit.ts'

let kit: HttpKit
let base: string
let id: string

beforeAll(async () => {
  kit = await openHttpKit()
  const made = await recordMeeting(kit, 2)
  id = made.session.id
  base = `/api/sessions/${id}`
  for (const { id: line } of (await kit.store.transcript(id)).utterances)
    await kit.store.append(id, { type: 'utterance-removed', utteranceId: line })
  const lines = ['alpha beta gamma delta', 'epsilon zeta', 'eta theta', 'iota']
  for (const [i, text] of lines.entries())
    await kit.store.append(id, said(`utt_${i}`, made.participantId, text, 1000 + i * 9000))
  const edit = (operation: object) =>
    kit.json<{ utterances: Utterance[] }>('POST', `${base}/edits`, operation)
  await kit.json('PATCH', `${base}/utterances/utt_3`, { text: 'omega' })
  const { utterances } = await edit({ kind: 'split', utteranceId: 'utt_0', at: 10 })
  await edit({ kind: 'merge', utteranceId: 'utt_1' })
  await edit({ kind: 'replace', find: 'theta', replace: 'kappa' })
  await edit({ kind: 'speaker', utteranceIds: [utterances[1]?.id], name: 'Cleo' })
  await edit({ kind: 'speaker', utteranceIds: ['utt_3'], name: 'Klio' })
  const people = (await kit.store.transcript(id)).participants
  const named = (name: string) => [...people.values()].find((each) => each.name === name)?.id
  await edit({ kind: 'merge-speakers', from: named('Klio'), into: named('Cleo') })
  await edit({ kind: 'rename', participantId: made.participantId, name: 'Grace' })
  await kit.json('POST', `${base}/marks`, { kind: 'note', start: 1200, text: 'remember' }, 201)
})
afterAll(() => kit.close())

const textOf = (format: string, bytes: Uint8Array) =>
  format === 'docx' ? strFromU8(unzipSync(bytes)['word/document.xml'] as Uint8Array) : strFromU8(bytes)

async function fromApi(format: string, query = ''): Promise<Uint8Array> {
  const response = await kit.call('GET', `${base}/export.${format}${query}`)
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

async function fromCommand(format: string): Promise<Uint8Array> {
  const path = join(kit.directory, `out.${format}`)
  const quiet = spyOn(process.stdout, 'write').mockImplementation(() => true)
  try {
    await exportCommand(() => kit.directory).parseAsync([id, '-o', path], { from: 'user' })
  } finally {
    quiet.mockRestore()
  }
  return new Uint8Array(readFileSync(path))
}

function hasEdits(format: string, bytes: Uint8Array): void {
  const plain = textOf(format, bytes)
    .replace(/<v ([^>]*)>/g, '$1 ')
    .replace(/<[^>]*>/g, ' ')
  for (const word of ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'kappa', 'omega'])
    expect(plain).toContain(word)
  for (const name of ['Grace', 'Cleo']) expect(plain).toContain(name)
  for (const gone of ['iota', 'theta', 'Ada']) expect(plain).not.toContain(gone)
  // The list of people in the data names everybody who was ever there.
  if (format !== 'json') expect(plain).not.toContain('Klio')
}

for (const format of FORMATS) {
  test(`[EX23] ${format}: every edit, by both doors`, async () => {
    hasEdits(format, await fromApi(format))
    const command = await fromCommand(format)
    hasEdits(format, command)
    if (format !== 'docx') expect(strFromU8(command)).toBe(strFromU8(await fromApi(format)))
  })
}

test('[EX22] the ZIP: each format as alone, and the recording', async () => {
  for (const bytes of [await fromApi('zip'), await fromCommand('zip')]) {
    const files = unzipSync(bytes)
    const names = Object.keys(files)
    expect(names.filter((name) => !name.startsWith('audio/'))).toHaveLength(FORMATS.length)
    for (const format of FORMATS) {
      const inside = files[names.find((name) => name.endsWith(`.${format}`)) ?? ''] as Uint8Array
      hasEdits(format as Format, inside)
    }
    const [audio] = names.filter((name) => name.startsWith('audio/'))
    expect(audio).toMatch(/^audio\/1 Grace\.(wav|ogg)$/)
    const sound = files[audio ?? ''] as Uint8Array
    expect(strFromU8(sound.slice(0, 4))).toBe('RIFF')
    expect(sound.length).toBe(44 + 2 * 32_000)
  }
  expect(
    Object.keys(unzipSync(await fromApi('zip', '?audio=0'))).some((name) => name.startsWith('audio')),
  ).toBe(false)
  const nameless = Object.keys(unzipSync(await fromApi('zip', '?speakers=0')))
  expect(nameless.filter((name) => name.startsWith('audio/'))).toEqual([
    expect.stringMatching(/^audio\/1 Speaker\.(wav|ogg)$/),
  ])
  const unzip = Bun.which('unzip')
  if (unzip) {
    const path = join(kit.directory, 'out.zip')
    const done = Bun.spawnSync([unzip, '-tq', path])
    expect(done.exitCode).toBe(0)
  }
})

test('[EX21] notes can be left out, and the sound put into a page', async () => {
  expect(textOf('txt', await fromApi('txt'))).toContain('remember')
  expect(textOf('txt', await fromApi('txt', '?notes=0'))).not.toContain('remember')
  const page = textOf('html', await fromApi('html', '?audio=1'))
  expect(page).toContain('src="data:audio/wav;base64,UklGR')
  const inside = Buffer.from(/;base64,([A-Za-z0-9+/=]*)"><\/audio>/.exec(page)?.[1] ?? '', 'base64')
  expect(inside.readUInt32LE(40)).toBe(inside.length - 44)
  expect(page).toEndWith('</html>\n')
})
