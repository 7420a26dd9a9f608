/** Search: the pure planning and marking, and real queries against both indexes. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { findTokens, snippetOf, wordAt } from '../../db/search-places.ts'
import { planSearch, tokenize } from '../../db/search-query.ts'
import { rank, relevance } from '../../db/search-rank.ts'
import { openMemoryStore } from '../../db/sqlite.ts'
import type { Archive, SearchHit, SearchQuery } from '../../db/store.ts'
import { fold, foldText, spaceApart, wordsOf } from '../../server/core/fold.ts'
import { joined, room, roomSettings, said, session, words } from './samples.ts'

const DAY = 86_400_000

/** Three meetings in two rooms, in many languages. */
async function made(indexed: boolean): Promise<Archive> {
  const store = await openMemoryStore(() => 100 * DAY)
  await store.createRoom(room('quiet-otter'))
  await store.createRoom(room('loud-lion', { settings: roomSettings({ title: 'Other' }) }))
  const add = async (id: string, startedAt: number, roomId: string, lines: [string, string, string][]) => {
    await store.createSession(session(id, { startedAt, roomId }))
    await store.append(id, joined('par_1', 'Ána Müller'))
    await store.append(id, joined('par_2', 'Bo', 1))
    for (const [i, [participant, language, text]] of lines.entries()) {
      await store.append(id, said(`utt_${id}_${i}`, participant, text, i * 10_000, { language }))
    }
    // The end of a session puts its lines into the indexes; before, they are read one by one.
    if (indexed) await store.append(id, { type: 'session-ended', endedAt: startedAt + 1 })
  }
  await add('ses_old', 1 * DAY, 'quiet-otter', [
    ['par_1', 'zh', '我们讨论部署方案的细节'],
    ['par_1', 'de', 'Wir treffen uns im Café an der Straße'],
    ['par_2', 'de', 'Der Datenschutzbeauftragte kommt'],
    ['par_2', 'ar', 'أهلاً وسهلاً بكم في المَدرسة'],
    ['par_1', 'en', 'C++ costs 100% of my_budget 🎉'],
    ['par_2', 'en', String.raw`signs: - ^ $ . * + ? ( ) [ ] { } | / \ " ' & < >`],
    ['par_1', 'en', 'the art of the party'],
    ['par_2', 'en', 'partial results'],
    ['par_1', 'ja', 'ガギグゲゴのパーティー'],
    ['par_1', 'th', 'สวัสดีครับ'],
    ['par_1', 'ko', '안녕하세요 여러분'],
    ['par_2', 'vi', 'Tiếng Việt rất đẹp'],
    ['par_1', 'de', 'Müller sagte: Grüß Gott'],
  ])
  await add('ses_new', 90 * DAY, 'quiet-otter', [
    ['par_1', 'en', 'budget planning for the party'],
    ['par_2', 'en', 'nothing to see here'],
  ])
  await add('ses_other', 95 * DAY, 'loud-lion', [['par_1', 'en', 'a secret budget']])
  return store
}

describe.each([
  ['in the indexes', true],
  ['waiting for them', false],
] as const)('lines %s', (_, indexed) => {
  let store: Archive
  beforeAll(async () => {
    store = await made(indexed)
  })
  afterAll(() => store.close())

  const find = (text: string, extra: Partial<SearchQuery> = {}) => store.search({ text, limit: 50, ...extra })
  const shown = (hits: SearchHit[]) =>
    hits.map((hit) => hit.snippet.map((piece) => (piece.mark ? `[${piece.text}]` : piece.text)).join(''))

  describe('words', () => {
    test('[SE1] case and accents do not matter', async () => {
      for (const typed of ['cafe', 'CAFÉ', 'café', 'cafe\u0301']) {
        expect(shown(await find(typed)), typed).toEqual(['Wir treffen uns im [Café] an der Straße'])
      }
      expect(shown(await find('strasse'))).toEqual(['Wir treffen uns im Café an der [Straße]'])
      expect(shown(await find('tieng viet'))).toEqual(['[Tiếng] [Việt] rất đẹp'])
      expect(shown(await find('grus'))).toEqual(['Müller sagte: [Grüß] Gott'])
    })

    test('[SE2] scripts without spaces, from the first character on', async () => {
      const line = (mark: string) => ['我们讨论部署方案的细节'.replace(mark, `[${mark}]`)]
      for (const typed of ['方', '部署', '部署方案', '署方', '我们讨论部署方案的细节']) {
        expect(shown(await find(typed)), typed).toEqual(line(typed))
      }
      expect(await find('案方')).toEqual([])
      expect(shown(await find('パーティ'))).toEqual(['ガギグゲゴの[パーティ]ー'])
      expect(shown(await find('ﾊﾟｰﾃｨｰ'))).toEqual(['ガギグゲゴの[パーティー]']) // half-width
      expect(shown(await find('สวัส'))).toEqual(['[สวัส]ดีครับ'])
      expect(shown(await find('세요'))).toEqual(['안녕하[세요] 여러분'])
    })

    test('[SE3] every word must be there, the last may be unfinished', async () => {
      expect(shown(await find('kommt der'))).toEqual(['[Der] Datenschutzbeauftragte [kommt]'])
      expect(shown(await find('cafe str'))).toEqual(['Wir treffen uns im [Café] an der [Str]aße'])
      expect(await find('cafe kommt')).toEqual([])
    })

    test('[SE4] parts of compounds come after whole words', async () => {
      expect(shown(await find('schutzbeauf'))).toEqual(['Der Daten[schutzbeauf]tragte kommt'])
      expect(shown(await find('artial'))).toEqual(['p[artial] results'])
      const parts = shown(await find('art'))
      expect(parts[0]).toBe('the [art] of the party')
      expect(parts).toContain('p[art]ial results')
    })

    test('[SE5] quotes mean these whole words', async () => {
      expect(shown(await find('"art"'))).toEqual(['the [art] of the party'])
      expect(shown(await find('"the party"'))).toHaveLength(2)
      expect(await find('"party the"')).toEqual([])
      expect(shown(await find('„the art“'))).toEqual(['[the art] of the party'])
    })

    test('[SE6] Arabic spellings', async () => {
      for (const typed of ['اهلا', 'أهلاً', 'مدرسة', 'المدرسه'])
        expect(await find(typed), typed).toHaveLength(1)
    })

    test('[SE8] signs mean themselves', async () => {
      expect(shown(await find('%'))).toEqual(['C++ costs 100[%] of my_budget 🎉'])
      expect(shown(await find('_'))).toEqual(['C++ costs 100% of my[_]budget 🎉'])
      expect(shown(await find('🎉'))).toEqual(['C++ costs 100% of my_budget [🎉]'])
      for (const sign of String.raw`- ^ $ . * + ? ( ) [ ] { } | / \ & < >`.split(' ')) {
        expect(
          (await find(sign)).some((hit) => hit.snippet.some((piece) => piece.mark && piece.text === sign)),
          sign,
        ).toBe(true)
      }
      expect(await find('100% +')).toHaveLength(1)
    })

    test('[SE10] the start of the first matching word', async () => {
      const [hit] = await find('strasse')
      expect(hit?.wordStart).toBe(10_000 + 7 * 300)
      expect((await find('schutz'))[0]?.wordStart).toBe(20_000 + 300)
    })
  })

  test('[SE7] any string is answered without error and never leaves the room asked for', async () => {
    const nasty = [
      '"',
      'a AND',
      'NEAR(',
      '-x',
      "x' OR",
      '{t room}:x',
      'a*',
      '^a',
      'a OR b',
      '(',
      'spaced:x',
      "'; DROP TABLE rooms; --",
      '\0',
      '\ud800',
      '""""',
      '"unclosed',
    ]
    for (const text of nasty) expect(Array.isArray(await find(text)), text).toBe(true)
    const syntax = fc.constantFrom(
      '"',
      "'",
      '(',
      ')',
      '*',
      '^',
      ':',
      '{',
      '}',
      '-',
      '+',
      ' AND ',
      ' OR ',
      ' NOT ',
      ' NEAR(',
      'spaced',
      '\\',
      '%',
      '_',
      '部',
      'é',
      '\0',
      '\n',
      'budget',
    )
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(fc.oneof(syntax, fc.string({ maxLength: 6 })), { maxLength: 12 })
        .map((parts) => parts.join('')),
    )
    await fc.assert(
      fc.asyncProperty(typed, async (text) => {
        for (const hit of await find(text, { roomId: 'quiet-otter' })) {
          if (hit.session.roomId !== 'quiet-otter') throw new Error('a line of another room')
        }
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 1500) },
    )
  }, 60_000)

  describe('filters and order', () => {
    test('[SE11] speaker by name or id, language, dates, star, session, room', async () => {
      expect(await find('der', { speaker: 'ana muller' })).toHaveLength(1)
      expect(await find('der', { speaker: 'par_2' })).toHaveLength(1)
      expect(await find('der', { speaker: 'nobody' })).toEqual([])
      expect(await find('der', { language: 'en' })).toEqual([])
      const sessionsOf = async (extra: Partial<SearchQuery>) =>
        [...new Set((await find('budget', extra)).map((hit) => hit.session.id))].sort()
      expect(await sessionsOf({})).toEqual(['ses_new', 'ses_old', 'ses_other'])
      expect(await sessionsOf({ from: 80 * DAY })).toEqual(['ses_new', 'ses_other'])
      expect(await sessionsOf({ to: 92 * DAY })).toEqual(['ses_new', 'ses_old'])
      expect(await sessionsOf({ sessionId: 'ses_old' })).toEqual(['ses_old'])
      expect(await sessionsOf({ roomId: 'loud-lion' })).toEqual(['ses_other'])
      expect(await sessionsOf({ starred: true })).toEqual([])
      expect(await sessionsOf({ starred: false })).toHaveLength(3)
    })

    test('[SE12] hits of one meeting stand together, newer meetings first, pages do not overlap', async () => {
      const all = await find('party')
      expect(all.map((hit) => hit.session.id)).toEqual(['ses_new', 'ses_old'])
      const ids = (await find('e')).map((hit) => hit.session.id)
      expect(ids.filter((id, i) => id !== ids[i - 1])).toHaveLength(new Set(ids).size)
      const pages = [await find('e', { limit: 2 }), await find('e', { limit: 2, offset: 2 })].flat()
      expect(pages.map((hit) => hit.utteranceId)).toEqual(
        (await find('e', { limit: 4 })).map((hit) => hit.utteranceId),
      )
      expect((await find('der', { perSession: 1 })).map((hit) => hit.session.id)).toEqual(['ses_old'])
    })
  })

  test('[SE16] of lines that have all the words, those fit best that say them more often in fewer words', () => {
    const tokens = tokenize('budget plan')
    const lines = [
      'the budget and then something long about many other things and at last a plan',
      'budget plan',
      'the plan, the budget, the plan: a budgetplan',
      'budget planning',
    ]
    const [long = 0, short = 0, often = 0, begun = 0] = relevance(lines, tokens, 'words')
    expect([long < often, often < 2 * short, long < short, begun > long]).toEqual([true, true, true, true])
    expect(short).toBeGreaterThan(4)
    expect(relevance(['a budgetplan'], tokens, 'parts')[0]).toBeGreaterThan(0)
    expect(relevance([], tokens, 'words')).toEqual([])
  })

  test('[SE12] of two equal meetings the newer one comes first, a much better one before both', () => {
    const hit = (row: number, sessionId: string, startedAt: number, score: number) => ({
      row,
      sessionId,
      startedAt,
      start: row,
      score,
    })
    const hits = [
      hit(1, 'older', 0, 2),
      hit(2, 'newer', 50 * DAY, 2),
      hit(3, 'best', 0, 9),
      hit(4, 'newer', 50 * DAY, 1),
    ]
    expect(rank(hits, 60 * DAY).map(({ row }) => row)).toEqual([3, 2, 4, 1])
    expect(rank(hits, 60 * DAY, 1).map(({ row }) => row)).toEqual([3, 2, 1])
  })
})

describe('planning', () => {
  test('[SE13] at most 16 tokens of 64 characters', () => {
    const tokens = tokenize(`${'x'.repeat(500)} ${'word '.repeat(40)}`)
    expect(tokens).toHaveLength(16)
    expect(tokens[0]?.text).toHaveLength(64)
  })

  test('[SE7] every token is quoted', () => {
    expect(planSearch('Foo AND ba"r').words).toBe('"foo" AND "and" AND "ba" AND "r"')
    expect(planSearch('部署 plan').words).toBe('"部 署" AND "plan" *')
    expect(planSearch('部署 plan').likeWithParts).toEqual(['%部署%'])
    expect(planSearch('  ')).toMatchObject({ tokens: [], words: null, parts: null })
  })
})

describe('marks', () => {
  const text = fc.array(
    fc.constantFrom('a', 'É', 'ß', '部', '署', 'ガ', ' ', 'ﬁ', 'x', '-', '🎉', 'e\u0301', 'की'),
    { maxLength: 40 },
  )

  test('[SE9] pieces put together are the text, or a stretch of it between ellipses', () => {
    fc.assert(
      fc.property(text, text, (original, typed) => {
        const line = original.join('')
        const pieces = snippetOf(line, findTokens(line, tokenize(typed.join(''))))
        if (pieces.map((piece) => piece.text).join('') !== line.normalize('NFC'))
          throw new Error('text changed')
      }),
    )
    const long = `${'before '.repeat(60)}needle ${'after '.repeat(60)}`.trim()
    const pieces = snippetOf(long, findTokens(long, tokenize('needle')))
    const whole = pieces.map((piece) => piece.text).join('')
    expect(whole).toStartWith('… ')
    expect(whole).toEndWith(' …')
    expect(long).toContain(whole.slice(2, -2))
    expect(whole.length).toBeLessThan(240)
    expect(pieces.filter((piece) => piece.mark).map((piece) => piece.text)).toEqual(['needle'])
  })

  test('[SE10] wordAt walks the words by their characters', () => {
    const spoken = words('one twö three')
    expect(
      ['one twö three'].flatMap((line) =>
        [0, 2, 3, 4, 6, 8, 12].map((i) => `${line[i]}${wordAt(spoken, i)?.start}`),
      ),
    ).toEqual(['o0', 'e0', ' 300', 't300', 'ö300', 't600', 'e600'])
    expect(wordAt([], 0)).toBeNull()
  })
})

describe('folding', () => {
  test('[SE14] what makes words different stays', () => {
    expect(foldText('が')).not.toBe(foldText('か'))
    expect(foldText('パ')).not.toBe(foldText('ハ'))
    expect(foldText('की')).not.toBe(foldText('का'))
    expect(foldText('น้ำ')).not.toBe(foldText('นำ'))
  })

  test('[SE1] what people leave out goes', () => {
    expect(foldText('Éàüß ŁÓDŹ ﬁn Ａ１ ёй')).toBe('eauss lodz fin a1 еи')
    expect(foldText('الْعَرَبِيَّة')).toBe('العربيه')
    expect(foldText('İstanbul ısı')).toBe('istanbul isi')
  })

  test('[SE9] every folded character knows where it came from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (line) => {
        const { text: folded, origin } = fold(line)
        if (folded !== foldText(line)) throw new Error('fold and foldText differ')
        if (origin.length !== folded.length + 1) throw new Error('a place is missing')
        if (origin.some((at, i) => i > 0 && at < (origin[i - 1] as number))) throw new Error('places go back')
      }),
    )
  })

  test('[SE2] each character of a script without spaces is a word of the index', () => {
    expect(wordsOf('部署plan方案')).toEqual(['部', '署', 'plan', '方', '案'])
    expect(spaceApart('plan b')).toBe('plan b')
  })
})

test('[SE15] while somebody searches, a line being said is stored and another question is answered', async () => {
  const store = await made(true)
  const order: string[] = []
  const searching = store.search({ text: 'the party', limit: 10 }).then(() => order.push('found'))
  await store.append('ses_new', said('utt_between', 'par_1', 'said meanwhile', 500_000))
  order.push('stored')
  await searching
  expect(order).toEqual(['stored', 'found'])
  await store.close()
})
