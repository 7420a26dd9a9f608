import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { unzipSync } from 'fflate'
import type { Archive } from '../../db/store.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import { wavHeader } from '../../server/core/wav-file.ts'
import { FORMATS } from '../../server/export/index.ts'
import { createLog } from '../../server/log.ts'
import { anyAddress, openSite, type Site } from './kit.ts'

/** PARLEY_FUZZ=100000 asks for a long run. */
const FUZZ_MS = process.env.PARLEY_FUZZ ? 900_000 : 60_000

let site: Site
let log = ''
const collect = (line: string) => {
  log += line
}
beforeAll(async () => {
  const lines = createLog('debug', { pretty: false, write: collect })
  site = await openSite({ log: lines, config: { logLevel: 'debug' } })
  await site.room.join({ name: 'Host', key: 'host', role: 'host' })
})
afterAll(() => site.close())

const sessionId = () => site.room.session?.id ?? ''
const api = (path: string) => site.call('owner', 'GET', path)

/** What people could call themselves or say in order to break out of a page, a cell, a cue or a header. */
const PAYLOADS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "';alert(1)//",
  '</title><script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '<iframe src="javascript:alert(1)">',
  '[x](javascript:alert(1))',
  '![x](http://canary.invalid/x)',
  '=HYPERLINK("http://canary.invalid")',
  '+1+cmd|/c calc',
  '-2+3',
  '@SUM(A1)',
  '\t=1+1',
  '\r\nSet-Cookie: a=b',
  '00:00:01.000 --> 00:00:02.000',
  '\n\nSTYLE\n::cue { color: red }',
  '\n\n2\n00:00:05,000 --> 00:00:09,000\nforged',
  '\u202eevil\u202c',
  '\u0000nul',
  '{{constructor.constructor("alert(1)")()}}',
  '%0d%0aX-Injected: 1',
]

describe('exports', () => {
  test('[SX12] what people say and call themselves stays text in every format', async () => {
    for (const [index, payload] of PAYLOADS.entries()) {
      const person = await site.room.join({ name: payload, key: `k${index}`, role: 'speaker' })
      await site.say(payload)
      await site.room.leave(person.id)
    }
    await site.room.setTitle(PAYLOADS.join(' ').slice(0, 190))
    for (const format of FORMATS) {
      const answer = await api(`/api/sessions/${sessionId()}/export.${format}`)
      expect([format, answer.status]).toEqual([format, 200])
      expect(answer.headers.get('set-cookie')).toBeNull()
      expect(answer.headers.get('x-injected')).toBeNull()
      const policy = answer.headers.get('content-security-policy') ?? ''
      for (const part of ['sandbox', "frame-ancestors 'none'"]) expect(policy).toContain(part)
      const name = answer.headers.get('content-disposition') ?? ''
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(name).not.toMatch(/[\u0000-\u001f\u007f]|\.\./)
      if (format === 'docx') {
        // Words are text in the document: no fields that a program would calculate, nothing fetched from outside.
        for (const [part, bytes] of Object.entries(unzipSync(new Uint8Array(await answer.arrayBuffer())))) {
          const xml = new TextDecoder().decode(bytes)
          expect([part, /instrText|fldSimple|TargetMode="External"|<script|<!ENTITY/.test(xml)]).toEqual([
            part,
            false,
          ])
          // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no place for them
          expect([part, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(xml)]).toEqual([part, false])
        }
        continue
      }
      const text = (await answer.text()).replaceAll('\r\n', '\n')
      if (format === 'html') {
        expect(text).not.toMatch(/<(script(?! type="application\/json")|img|svg|iframe)[\s>/]/i)
        expect(text).not.toContain('</style><script')
      }
      if (format === 'csv') {
        for (const cell of cells(text))
          expect([cell.slice(0, 20), /^[=+\-@\t\r]/.test(cell)]).toEqual([cell.slice(0, 20), false])
      }
      if (format === 'vtt' || format === 'srt') {
        const cues = text.split(/\n\n+/).filter((block) => / --> /.test(block))
        expect(cues.length).toBe(PAYLOADS.length)
        expect(text.split('\n').filter((line) => line === 'STYLE')).toEqual([])
      }
      if (format === 'json') expect(() => JSON.parse(text)).not.toThrow()
    }
  }, 30_000)
})

describe('search', () => {
  test(
    '[SX13] whatever is typed is words: no error, no other room’s lines, no markup',
    async () => {
      await site.say('the treasurer reports')
      const pieces = [
        '"',
        "'",
        '*',
        '(',
        ')',
        'AND',
        'OR',
        'NOT',
        'NEAR(',
        '-',
        '{t}:',
        ':',
        '^',
        '\u0000',
        '%',
        '_',
        ';--',
        'the',
        '会',
        '🙂',
        ' ',
        'x'.repeat(100),
        '<b>',
        '+',
        '\\',
      ]
      const runs = Number(process.env.PARLEY_FUZZ ?? 400)
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 12 }),
          async (parts) => {
            const { status } = await api(`/api/search?q=${encodeURIComponent(parts.join('').toWellFormed())}`)
            expect([200, 400, 422]).toContain(status)
          },
        ),
        { numRuns: runs },
      )
      const found = await (await api('/api/search?q=treasurer')).text()
      expect(found).toContain('treasurer')
      expect(log).not.toContain('request failed')
    },
    FUZZ_MS,
  )
})

describe('silence about what was said', () => {
  test('[SX15] words, names, titles and secrets are in no log line, metric or error', async () => {
    const canaries = ['zanzibarword', 'Quetzalname', 'Xylophonetitle', 'uvularvocab']
    const person = await site.room.join({ name: canaries[1] as string, key: 'canarykey123', role: 'speaker' })
    await site.room.configure({ vocabulary: canaries[3] })
    await site.room.setTitle(canaries[2] as string)
    await site.say(`so ${canaries[0]} it is`)
    await api(`/api/search?q=${canaries[0]}`)
    await api(`/api/sessions/${sessionId()}/export.txt`)
    await site.call('stranger', 'GET', `/api/search?q=${canaries[0]}&token=stolentoken99`)
    await fetch(`${site.url}/api/sessions/${canaries[0]}`, {
      method: 'PATCH',
      body: `{"${canaries[1]}": 1}`,
      headers: { 'content-type': 'application/json' },
    })
    const metrics = await (await api('/metrics')).text()
    const places = {
      log,
      metrics,
      ready: await (await api('/readyz')).text(),
      info: await (await api('/api/info')).text(),
    }
    const secrets = [
      ...canaries,
      'canarykey123',
      'stolentoken99',
      site.ownerKey,
      site.tokens.speaker,
      site.tokens.host,
    ]
    for (const [place, text] of Object.entries(places))
      for (const secret of secrets)
        expect([place, secret, text.includes(secret)]).toEqual([place, secret, false])
    expect(log.length).toBeGreaterThan(0)
    await site.room.leave(person.id)
  })

  const CANARIES = [
    'Wombatname',
    'QUOKKASOUND',
    'echidnaword',
    'Bandicootname',
    'Kookaburratitle',
    'Bilbymark',
    'Numbatwort',
    'potorooword',
    'Dunnartnote',
    'Possumsummary',
    'quollversion',
  ]

  test('[SX16] a removed meeting leaves no trace of its words or sound in the data directory', async () => {
    const own = await openSite()
    const person = await own.room.join({ name: 'Wombatname', key: 'k', role: 'host' })
    const seat = await own.room.seat(person.id, 'stream-1')
    const sound = new TextEncoder().encode('QUOKKASOUND.'.repeat(2000))
    seat.accept(0, sound)
    await seat.sync()
    await own.say('the echidnaword was said', 'utt_1')
    const id = own.room.session?.id as string
    const api = (method: string, path: string, body: object) =>
      own.call('owner', method, `/api/sessions/${id}${path}`, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const store = own.app.store as Archive
    await own.room.rename(person.id, 'Bandicootname')
    await own.room.record({ type: 'session-renamed', title: 'Kookaburratitle' })
    await own.room.tools.mark('section', 'Bilbymark', person.id)
    await own.room.record({
      type: 'utterance-translated',
      translation: { utteranceId: 'utt_1', language: 'de', rev: 1, text: 'das Numbatwort' },
    })
    expect((await api('PATCH', '/utterances/utt_1', { text: 'the potorooword was said' })).status).toBe(200)
    expect(
      (await api('POST', '/marks', { kind: 'note', start: 0, end: 1, text: 'Dunnartnote' })).status,
    ).toBe(201)
    const made = { sessionId: id, createdAt: 1, model: 'm' }
    await store.saveSummary({ ...made, id: 'sum_1', template: 't', body: { text: 'Possumsummary' } })
    const [line] = own.room.transcript.utterances
    const text = { language: null, state: 'ready', detail: '', chosen: false, shown: null } as const
    const committed = [{ text: 'quollversion', start: 0, end: 1, probability: 1 }]
    await store.saveVersion({ ...made, ...text, id: 'ver_1', lines: [{ ...(line as Utterance), committed }] })
    const traces = () => CANARIES.filter((canary) => holds(own.directory, canary))
    expect(traces()).toEqual(CANARIES) // the search finds what is there
    await own.room.end()
    const removed = await own.call('owner', 'DELETE', `/api/sessions/${id}`)
    expect(removed.status).toBeLessThan(300)
    expect(traces()).toEqual([])
    expect((await own.call('owner', 'GET', `/api/sessions/${id}`)).status).toBe(404)
    expect(await (await own.call('owner', 'GET', '/api/search?q=echidnaword')).text()).not.toContain(
      'echidnaword',
    )
    await own.close()
  }, 20_000)
})

test('[SX64] with its last meeting a room forgets its title and its terms, and an upload its file’s name', async () => {
  const own = await openSite()
  const traces = () =>
    ['Wallabytitle', 'Bettongterm', 'Pademelonfile', 'Potorooterm'].filter((word) =>
      holds(own.directory, word),
    )
  const remove = async (id: string) =>
    expect((await own.call('owner', 'DELETE', `/api/sessions/${id}`)).status).toBe(204)
  await own.room.setTitle('Wallabytitle')
  await own.room.configure({ vocabulary: 'Bettongterm' })
  const meetings: string[] = []
  for (const name of ['Ada', 'Bo']) {
    await own.room.join({ name, key: '', role: 'host' })
    meetings.push(own.room.session?.id ?? '')
    await own.room.end()
  }
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(wavHeader(32_000)), new Uint8Array(32_000)]), 'Pademelonfile.wav')
  form.set('prompt', 'Potorooterm')
  const sent = await fetch(`${own.url}/v1/audio/transcriptions`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${own.ownerKey}`, 'x-forwarded-for': anyAddress() },
  })
  expect([sent.status, traces().length]).toEqual([200, 4])
  await remove(sent.headers.get('x-parley-session') ?? '')
  await remove(meetings[0] ?? '')
  expect(traces()).toEqual(['Wallabytitle', 'Bettongterm'])
  expect(own.room.settings.title).toBe('Wallabytitle')
  await remove(meetings[1] ?? '')
  expect(traces()).toEqual([])
  expect([own.room.settings.title, own.room.settings.vocabulary]).toEqual(['', ''])
  await own.close()
}, 20_000)

/** Cells of a CSV text, quotes taken off. */
function cells(text: string): string[] {
  const found: string[] = []
  for (const match of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(?:,|\r?\n|$)/g)) {
    const cell = match[1] ?? ''
    found.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
  }
  return found
}

/** Does any file under `directory` hold these bytes? */
function holds(directory: string, text: string): boolean {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).some((name) => {
    const path = join(directory, name)
    return statSync(path).isFile() && readFileSync(path).includes(text)
  })
}
