/** Stars and notes in exports. */
import { expect, test } from 'bun:test'
import { strFromU8, unzipSync } from 'fflate'
import * as v from 'valibot'
import { type ExportMark, exportTranscript, FORMATS, type Format } from '../../server/export/index.ts'
import { exportSchema } from '../../server/export/json.ts'
import { EVENTS, readCsv, readVtt, transcriptOf } from './samples.ts'

const MARKS: ExportMark[] = [
  { kind: 'star', utteranceId: 'utt_4', start: 20_000, end: 20_600, text: '' },
  { kind: 'note', utteranceId: null, start: 20_100, end: 20_100, text: 'Ask <Ana> --> about **this** =1+1' },
]
const render = async (format: Format, marks: ExportMark[] = MARKS) => {
  const content = await exportTranscript(format, transcriptOf(EVENTS), { marks })
  return typeof content === 'string'
    ? content
    : strFromU8(unzipSync(content)['word/document.xml'] as Uint8Array)
}

for (const format of FORMATS.filter((each) => each !== 'srt')) {
  test(`[EX21] ${format} has the star and the note`, async () => {
    const text = (await render(format)).replace(/&[a-z]+;|[\\<>]/g, '')
    expect(text).toContain('Ana')
    expect(text).toContain('about')
    const without = await render(format, [])
    expect(without).not.toContain('about **this**')
    expect(without).not.toContain('★')
    if (['txt', 'md', 'html', 'docx'].includes(format)) expect(await render(format)).toContain('★')
  })
}

test('[EX21] what is marked: the starred line only; the note after it; nothing becomes markup', async () => {
  const text = await render('txt')
  expect(text).toContain('★ [0:20] Bo: Fine by me.\n\n[Note 0:20: Ask <Ana> --> about **this** =1+1]')
  expect(text.match(/★/g)).toHaveLength(1)
  const rows = readCsv(await render('csv'))
  const [header] = rows
  const [starred, notes] = [header?.indexOf('starred') ?? -1, header?.indexOf('notes') ?? -1]
  expect(rows.filter((row) => row[starred] === '1').map((row) => row[header?.indexOf('text') ?? 0])).toEqual([
    'Fine by me.',
  ])
  expect(rows.slice(1).find((row) => row[notes])?.[notes]).toContain('Ask')
  const data = v.parse(exportSchema, JSON.parse(await render('json')))
  expect(data.marks.map(({ kind, utterance }) => [kind, utterance])).toEqual([
    ['star', 'utt_4'],
    ['note', null],
  ])
  expect(readVtt((await render('vtt')).replace(/^NOTE .*\n\n/m, '')).length).toBe(8)
  expect(await render('srt')).toBe(await render('srt', []))
})

test('[EX21] a star stays on what was said when its line was merged away', async () => {
  const moved: ExportMark[] = [
    { kind: 'star', utteranceId: 'utt_gone', start: 20_050, end: 20_060, text: '' },
  ]
  expect(await render('txt', moved)).toContain('★ [0:20] Bo: Fine by me.')
})
