/** Reading copies, tables and data: what they hold, what they must not become. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { strFromU8, unzipSync } from 'fflate'
import * as v from 'valibot'
import type { StoredEvent } from '../../server/core/transcript.ts'
import {
  type ExportOptions,
  exportFileName,
  exportTranscript,
  FORMATS,
  type Format,
} from '../../server/export/index.ts'
import { exportSchema } from '../../server/export/json.ts'
import { joined, said, session, utterance } from '../db/samples.ts'
import { EVENTS, readCsv, transcriptOf } from './samples.ts'

const render = async (format: Format, events: StoredEvent[], options: Partial<ExportOptions> = {}) => {
  const content = await exportTranscript(format, transcriptOf(events), options)
  return typeof content === 'string'
    ? content
    : strFromU8(unzipSync(content)['word/document.xml'] as Uint8Array)
}
/** Text of any format without what the formats add: tags, escapes, line breaks. */
const bare = (content: string) =>
  content
    .replace(/<v ([^>]*)>/g, '$1: ')
    .replace(/<style>[\s\S]*?<\/style>|<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\\(.)/g, '$1')
    .replace(/\d+\s+\d\d:\d\d:\d\d[.,]\d{3} --> \d\d:\d\d:\d\d[.,]\d{3}/g, ' ')
    .replace(/\s+/g, ' ')

describe('every format', () => {
  for (const format of FORMATS) {
    test(`[EX1] ${format} holds every settled line in order and no pending one`, async () => {
      const transcript = transcriptOf(EVENTS)
      const pending = utterance('utt_9', 'par_1', 'tentative', 90_000, { state: 'pending', rev: 0 })
      const content = await exportTranscript(format, {
        ...transcript,
        utterances: [...transcript.utterances, pending],
      })
      const text = bare(
        typeof content === 'string'
          ? content
          : strFromU8(unzipSync(content)['word/document.xml'] as Uint8Array),
      ).replace(/ /g, '')
      let at = 0
      for (const one of [
        'Goodmorningeverybody',
        'beforetherelease.',
        'Yes.',
        'OK.',
        'Finebyme.',
        '我们今天讨论',
        '大家同意吗？',
      ]) {
        expect(text.indexOf(one, at), one).toBeGreaterThanOrEqual(at)
        at = text.indexOf(one, at)
      }
      expect(text).not.toContain('tentative')
    })

    test(`[EX2] renames and edits reach ${format}`, async () => {
      const participant = { id: 'par_1', name: 'Annemarie', role: 'host' as const, colour: 0, muted: false }
      const changed: StoredEvent[] = [
        ...EVENTS,
        { type: 'participant-changed', participant },
        said('utt_4', 'par_2', 'Fine by us all.', 20_000, { rev: 2, state: 'edited' }),
      ]
      const text = bare(await render(format, changed))
      expect(text).toContain('Annemarie')
      expect(text).not.toMatch(/\bAna\b/)
      expect(text).toContain('Fine by us all.')
      expect(text).not.toContain('Fine by me.')
    })

    test(`[EX15] ${format} in another language`, async () => {
      const text = bare(await render(format, EVENTS, { language: 'de' }))
      expect(text).toContain('Von mir aus gern.')
      expect(text.replace(/ /g, '')).toContain('大家同意吗？')
    })

    test(`[EX16] ${format} without names`, async () => {
      if (format === 'json') return // data keeps its speakers
      const text = bare(await render(format, EVENTS, { speakers: false }))
      expect(text).not.toMatch(/\bAna\b|\bBo\b/)
    })

    test(`[EX16] ${format}: when each turn began, or no times`, async () => {
      if (!['txt', 'md', 'html', 'docx'].includes(format)) return // subtitles and data are times
      const times = async (timecodes: boolean) =>
        bare(await render(format, EVENTS, { timecodes })).match(/\b0:\d\d\b/g) ?? []
      expect(await times(true)).toEqual(expect.arrayContaining(['0:00', '0:09', '0:20']))
      expect(await times(false)).toEqual(['0:24', '0:31']) // a hole is told by its times
    })

    test(`[EX1] an empty meeting is a valid ${format}`, async () => {
      expect((await render(format, [])).length).toBeGreaterThanOrEqual(format === 'srt' ? 0 : 5)
    })
  }
})

test('[EX17] TXT: paragraphs by turn, holes with their reason', async () => {
  expect(await render('txt', EVENTS)).toBe(`Weekly sync
2026-03-04 14:05 UTC

[0:00] Ana: Good morning everybody, and welcome to the weekly meeting. Today we will talk about the deployment plan, the budget, and what is left to do before the release.

[0:09] Bo: Yes.

[0:09] Ana: OK.

[0:20] Bo: Fine by me.

[0:24–0:31 Bo: not recorded (connection lost)]

[0:32] Ana: 我们今天讨论一下部署方案的细节，然后再看看预算和时间安排。大家同意吗？
`)
  expect(await render('txt', EVENTS, { timecodes: false, speakers: false })).toContain('\n\nYes.\n\nOK.\n\n')
  expect(await render('txt', EVENTS, { language: 'de', both: true })).toContain(
    'Bo: Fine by me.\nVon mir aus gern.',
  )
})

test('[EX17] a new paragraph after a pause, one paragraph while somebody goes on', async () => {
  const lines = [
    said('u1', 'par_1', 'One.', 0),
    said('u2', 'par_1', 'Two.', 1000),
    said('u3', 'par_1', 'Three.', 9000),
  ]
  expect(await render('txt', [joined('par_1', 'Ana'), ...lines], { timecodes: false })).toEndWith(
    'Ana: One. Two.\n\nAna: Three.\n',
  )
  const chinese = [said('u1', 'par_1', '你好。', 0), said('u2', 'par_1', '再见。', 1000)]
  expect(await render('txt', chinese, { timecodes: false, speakers: false })).toContain('你好。再见。')
})

const NASTY = [
  '=HYPERLINK("http://evil")',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '＝1',
  '|calc',
  '"quoted", with comma',
  "it's",
  'two\nlines',
  '<script>alert(1)</script>',
  '# head',
  '* star',
  '1. list',
  '[x](javascript:1)',
  '![x](http://canary)',
  '`code`',
  '~~s~~',
  '-->',
  '\u202egnp.exe',
  '&amp;',
]

const named = (name: string, text: string): StoredEvent[] => [
  { type: 'session-started', session: session('ses_a', { title: name }) },
  joined('par_1', name),
  said('u1', 'par_1', 'x', 0, { committed: [{ text, start: 0, end: 500, probability: 1 }] }),
]

test('[EX10] no cell is a formula, and the table reads back', async () => {
  for (const text of NASTY) {
    const rows = readCsv(await render('csv', named(text, text)))
    expect(rows).toHaveLength(2)
    for (const cell of rows[1] ?? []) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/)
    const clean = text.replace(/[\t\r\n]/g, ' ').trim()
    expect((rows[1] ?? []).at(-1)?.replace(/^'(?=[=+\-@＝＋－＠])/, '')).toBe(clean)
  }
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (text) => {
      const rows = readCsv(await render('csv', named('n', `x${text}`)))
      if (rows.length !== 2 || rows[1]?.length !== 7) throw new Error('rows')
    }),
  )
  expect(readCsv(await render('csv', EVENTS, { language: 'de', both: true }))[0]).toEqual([
    'start',
    'end',
    'start_ms',
    'end_ms',
    'speaker',
    'language',
    'text',
    'text_de',
  ])
})

test('[EX11] the page holds nothing that was said as markup, loads nothing, and its policy fits its parts', async () => {
  const tagsOf = (page: string) => [...page.matchAll(/<([a-z0-9]+)/gi)].map((match) => match[1]).sort()
  const plain = tagsOf(await render('html', named('Ana', 'hello')))
  for (const text of NASTY) {
    const page = await render('html', named(text, text))
    expect(tagsOf(page), text).toEqual(plain)
    expect(page).not.toMatch(/ on[a-z]+=|javascript:[^1]|src=|url\(/i)
  }
  const audio = { contentType: 'audio/ogg', bytes: new Uint8Array([1, 2, 3]) }
  const page = await render('html', EVENTS, { audio })
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ''
  const hashOf = (part: string) => new Bun.CryptoHasher('sha256').update(part).digest('base64')
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ''
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain(`style-src 'sha256-${hashOf(style)}'`)
  expect(policy).toContain(`script-src 'sha256-${hashOf(script)}'`)
  expect(policy).not.toContain('unsafe')
  expect(page).toContain('data:audio/ogg;base64,AQID')
  expect(await render('html', EVENTS)).not.toContain('<script')
})

test('[EX11] right-to-left lines say so', async () => {
  expect(await render('html', [said('u1', 'p', 'مرحبا', 0, { language: 'ar' })])).toContain(
    '<p lang="ar" dir="rtl">',
  )
})

test('[EX12] Markdown shows the characters themselves', async () => {
  for (const text of NASTY) {
    const lines = (await render('md', named('Ana', text))).split('\n')
    const line = lines.find((one) => one.startsWith('**Ana**')) ?? ''
    const shown = line.replace('**Ana** `0:00` ', '')
    expect(shown.replace(/\\(.)/g, '$1')).toBe(text.replace(/[\t\r\n]+/g, ' ').trim())
    // Every character that could start something is escaped.
    expect(shown.replace(/\\./g, '')).not.toMatch(/[`*_[\]<>#|~!&]/)
    expect(shown).not.toMatch(/^[-+=]|^\d+[.)]/)
  }
})

describe('JSON', () => {
  test('[EX13] fits its schema and says everything', async () => {
    const revised = said('utt_4', 'par_2', 'Fine by us.', 20_000, { rev: 3, state: 'edited' })
    const data = v.parse(exportSchema, JSON.parse(await render('json', [...EVENTS, revised])))
    expect(data.session).toEqual({
      id: 'ses_a',
      room: 'quiet-otter',
      title: 'Weekly sync',
      started: '2026-03-04T14:05:00.000Z',
      ended: null,
    })
    const edited = data.utterances.find((one) => one.id === 'utt_4')
    expect(edited).toMatchObject({
      speaker: 'par_2',
      state: 'edited',
      revision: 3,
      text: 'Fine by us.',
      translations: [{ language: 'de', text: 'Von mir aus gern.', stale: true }],
    })
    expect(edited?.words.map((word) => word.text).join('')).toBe('Fine by us.')
    expect(data.gaps).toEqual([{ speaker: 'par_2', start: 24_000, end: 31_000, reason: 'network' }])
    expect(data.speakers.map((speaker) => speaker.name)).toEqual(['Ana', 'Bo'])
  })

  test('[EX13] an empty meeting fits too', async () => {
    expect(v.is(exportSchema, JSON.parse(await render('json', [])))).toBe(true)
  })
})

test('[EX14] the Word file is a package with the parts Word asks for', async () => {
  const content = (await exportTranscript('docx', transcriptOf(EVENTS))) as Uint8Array
  const files = unzipSync(content)
  for (const name of ['[Content_Types].xml', '_rels/.rels', 'word/document.xml', 'word/styles.xml'])
    expect(Object.keys(files)).toContain(name)
  const document = strFromU8(files['word/document.xml'] as Uint8Array)
  expect(document).toContain('Good morning everybody')
  expect(await render('docx', named('<b>', '<script>&'))).toContain('&lt;script&gt;&amp;')
  expect(await render('docx', [said('u1', 'p', 'مرحبا', 0, { language: 'ar' })])).toContain('<w:bidi/>')
})

test('[EX14] no sign that XML forbids is in the Word file', async () => {
  const text = 'a\ufffeb\uffffc\u0000d\ud800e'
  const events = [joined('p', text), said('u1', 'p', text, 0)]
  const document = await render('docx', events)
  expect(document).toMatch(/a.b.c.d.e/u)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(document).not.toMatch(/[\u0000-\u0008\ufffe\uffff]|\p{Surrogate}/u)
})

test('[EX18] file names', () => {
  const nameOf = (title: string) =>
    exportFileName(
      'srt',
      transcriptOf([{ type: 'session-started', session: session('s', { title, startedAt: 0 }) }]),
    )
  expect(nameOf('Weekly sync')).toBe('Weekly sync 1970-01-01.srt')
  expect(nameOf('../../etc/passwd')).toBe('etc passwd 1970-01-01.srt')
  expect(nameOf('a\r\nSet-Cookie: x')).toBe('a Set-Cookie x 1970-01-01.srt')
  expect(nameOf('…')).toBe('… 1970-01-01.srt')
  expect(nameOf('...')).toBe('Meeting 1970-01-01.srt')
  expect(nameOf('週会 部署')).toBe('週会 部署 1970-01-01.srt')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (title) => {
      const name = nameOf(title)
      if (/[<>:"/\\|?*\p{Cc}]/u.test(name) || name.startsWith('.') || name.length > 190) throw new Error(name)
    }),
  )
})
