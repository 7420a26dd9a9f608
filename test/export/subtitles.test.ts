/** Subtitles: layout and timing rules, and files that read back. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { widthOf } from '../../server/core/line-break.ts'
import { type Speech, SUBTITLE_RULES, spreadWords, subtitlesOf } from '../../server/core/subtitle.ts'
import { EXPORT_OPTIONS } from '../../server/export/index.ts'
import { oneLine } from '../../server/export/script.ts'
import { srt } from '../../server/export/srt.ts'
import { vtt } from '../../server/export/vtt.ts'
import { joined, said, words } from '../db/samples.ts'
import { EVENTS, readSrt, readVtt, transcriptOf } from './samples.ts'

const speech = (participantId: string, text: string, start = 0, step = 300): Speech => ({
  participantId,
  label: '',
  words: words(text).map((word, i) => ({
    ...word,
    start: start + i * step,
    end: start + i * step + step - 50,
  })),
})
const linesOf = (speeches: Speech[]) =>
  subtitlesOf(speeches).map((cue) => cue.parts.flatMap((part) => part.lines))

describe('golden', () => {
  test('[EX6] SRT of a meeting', () => {
    expect(srt(transcriptOf(EVENTS)).replaceAll('\r\n', '\n')).toBe(`1
00:00:00,000 --> 00:00:02,620
Ana: Good morning everybody, and
welcome to the weekly meeting.

2
00:00:02,700 --> 00:00:05,020
Today we will talk about
the deployment plan,

3
00:00:05,100 --> 00:00:08,350
the budget, and what is left
to do before the release.

4
00:00:09,200 --> 00:00:10,200
- Bo: Yes.
- Ana: OK.

5
00:00:20,000 --> 00:00:21,000
Bo: Fine by me.

6
00:00:32,000 --> 00:00:36,491
Ana: 我们今天讨论一
下部署方案的细节，

7
00:00:36,571 --> 00:00:40,206
然后再看看预算和时间安排。

8
00:00:40,286 --> 00:00:42,000
大家同意吗？
`)
  })

  test('[EX9] VTT of the same', () => {
    const cues = readVtt(vtt(transcriptOf(EVENTS)))
    expect(cues.map((cue) => cue.voices)).toEqual([
      ['Ana'],
      ['Ana'],
      ['Ana'],
      ['Bo', 'Ana'],
      ['Bo'],
      ['Ana'],
      ['Ana'],
      ['Ana'],
    ])
    expect(cues[3]?.lines).toEqual(['- Yes.', '- OK.'])
  })

  test('[EX15] translated subtitles', () => {
    const text = srt(transcriptOf(EVENTS), { ...EXPORT_OPTIONS, language: 'de', speakers: false })
    expect(readSrt(text).map((cue) => cue.lines.join(' '))).toContain('Von mir aus gern.')
    expect(text).toContain('Guten Morgen')
    expect(text).not.toContain('Good morning')
    expect(text).toContain('大家同意吗')
  })
})

describe('division', () => {
  test('[EX6] ends of sentences come before commas, commas before pauses', () => {
    expect(
      linesOf([speech('a', 'This is one sentence of words. And this is a second sentence of words here.')]),
    ).toEqual([['This is one sentence of words.'], ['And this is a second', 'sentence of words here.']])
    const pause = [
      ...words('these words belong together yes'),
      ...words(' and these come after a long silence', 6000),
    ]
    expect(linesOf([{ participantId: 'a', label: '', words: pause }])).toEqual([
      ['these words belong together yes'],
      ['and these come after a long silence'],
    ])
  })

  test('[EX7] Chinese: no line starts with a comma or ends with an opening bracket, and no space is added', () => {
    const text = '他说：「我们明天上午九点在三号会议室见面，讨论下个季度的部署方案」，然后就走了。'.repeat(3)
    const cues = subtitlesOf([
      { participantId: 'a', label: '', words: [{ text, start: 0, end: 60_000, probability: 1 }] },
    ])
    const lines = cues.flatMap((cue) => cue.parts.flatMap((part) => part.lines))
    for (const line of lines) {
      expect(line).not.toMatch(/^[，。」：]|「$/)
      expect(widthOf(line)).toBeLessThanOrEqual(36)
    }
    expect(lines.join('')).toBe(text)
  })

  for (const [script, text] of [
    ['Thai', 'วันนี้เราจะพูดคุยเกี่ยวกับแผนการปรับใช้และงบประมาณของปีหน้า ทุกคนเห็นด้วยไหม '],
    ['Lao', 'ມື້ນີ້ພວກເຮົາຈະສົນທະນາກ່ຽວກັບແຜນການແລະງົບປະມານຂອງປີໜ້າ '],
    ['Khmer', 'ថ្ងៃនេះយើងនឹងនិយាយអំពីផែនការនិងថវិកាសម្រាប់ឆ្នាំក្រោយ។ '],
    ['Burmese', 'ယနေ့ကျွန်ုပ်တို့အစီအစဉ်အကြောင်းပြောပါမည်။ '],
    ['Tibetan', 'དེ་རིང་ང་ཚོས་འཆར་གཞིའི་སྐོར་གྲོས་བསྡུར་བྱེད་ཀྱི་ཡིན། '],
  ] as const)
    test(`[EX31] ${script}: lines break between words, and no subtitle is a whole speech`, () => {
      const long = text.repeat(4).trim()
      const begins = new Set(
        [...new Intl.Segmenter('und', { granularity: 'word' }).segment(long)].map((s) => s.index),
      )
      // As one word, and in pieces that are parts of words, as a recogniser gives them.
      const pieces = long.match(/\s*\S\p{M}*/gu) ?? []
      const spoken = pieces.map((piece, i) => ({
        text: piece,
        start: i * 100,
        end: i * 100 + 100,
        probability: 1,
      }))
      for (const words of [[{ text: long, start: 0, end: 40_000, probability: 1 }], spoken]) {
        const cues = subtitlesOf([{ participantId: 'a', label: '', words }])
        const lines = cues.flatMap((cue) => cue.parts.flatMap((part) => part.lines))
        let at = 0
        for (const line of lines) {
          expect(widthOf(line)).toBeLessThanOrEqual(SUBTITLE_RULES.lineLength)
          at = long.indexOf(line, at)
          expect([line, at >= 0, begins.has(at)]).toEqual([line, true, true])
          at += line.length
        }
        for (const { start, end } of cues) expect(end - start).toBeLessThanOrEqual(SUBTITLE_RULES.maxDuration)
        expect(lines.join('').replaceAll(' ', '')).toBe(long.replaceAll(' ', ''))
      }
    })

  test('[EX7] between a wide character and a letter a line may break, between letters it may not', () => {
    const text = 'abc字def字ghi'.repeat(8)
    const spoken = [{ text, start: 0, end: 60_000, probability: 1 }]
    const lines = linesOf([{ participantId: 'a', label: '', words: spoken }]).flat()
    expect(lines.join('')).toBe(text)
    for (const line of lines) expect(line).toMatch(/^(abc|def|ghi|ghiabc|字)+$/)
    expect(lines.some((line) => /[a-z]$/.test(line))).toBe(true)
    expect(lines.some((line) => line.endsWith('字'))).toBe(true)
  })

  test('[EX7] wherever Chinese breaks, punctuation stays where it belongs', () => {
    const piece = fc.constantFrom('字', '字字', '，', '。', '「', '」', '（', '）', '！', 'ー', 'a', '7')
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 80 }), (pieces) => {
        const text = pieces.join('')
        const spoken = [{ text, start: 0, end: text.length * 250, probability: 1 }]
        const lines = linesOf([{ participantId: 'a', label: '', words: spoken }]).flat()
        if (lines.join('') !== text) throw new Error('text changed')
        for (const line of lines.slice(1))
          if (/^[，。」）！ー]/.test(line)) throw new Error(`starts badly: ${line}`)
        for (const line of lines.slice(0, -1))
          if (/[「（]$/.test(line)) throw new Error(`ends badly: ${line}`)
      }),
      { examples: [[['7', '字字', '。', '7', '字']]], numRuns: 300 },
    )
  })

  test('[EX6] two people in a row of short answers share a subtitle, with dashes', () => {
    const [first] = subtitlesOf([speech('a', 'Really?', 0), speech('b', 'Really.', 400)])
    expect(first).toMatchObject({
      start: 0,
      end: 1000,
      parts: [
        { participantId: 'a', lines: ['- Really?'] },
        { participantId: 'b', lines: ['- Really.'] },
      ],
    })
  })

  test('[EX4] a short word stands a second, a long subtitle is cut at seven', () => {
    expect(subtitlesOf([speech('a', 'Yes.', 500)])[0]).toMatchObject({ start: 500, end: 1500 })
    const slow = subtitlesOf([speech('a', 'very slow words that take time', 0, 3000)])
    expect(Math.max(...slow.map((cue) => cue.end - cue.start))).toBeLessThanOrEqual(7000)
  })

  test('[EX20] times that run backwards and words without time', () => {
    const odd = [
      { text: 'late', start: 5000, end: 4000, probability: 1 },
      { text: ' early', start: 100, end: 200, probability: 1 },
      { text: ' ', start: 0, end: 0, probability: 1 },
      { text: ' none', start: 0, end: 0, probability: 1 },
    ]
    const cues = subtitlesOf([{ participantId: 'a', label: '', words: odd }])
    expect(cues.flatMap((cue) => cue.parts.flatMap((part) => part.lines)).join(' ')).toBe('late early none')
    for (const cue of cues) expect(cue.end).toBeGreaterThan(cue.start)
    expect(subtitlesOf([{ participantId: 'a', label: 'x', words: [] }])).toEqual([])
  })

  test('[EX15] a translation is spread over its line’s time', () => {
    const spread = spreadWords('eins zwei drei', 1000, 2400)
    expect(spread[0]?.start).toBe(1000)
    expect(spread.at(-1)?.end).toBe(2400)
    expect(spread.map((word) => word.text).join('')).toBe('eins zwei drei')
  })
})

/** Meetings of several speakers with words of any script, any speed, crossing and not. */
const word = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-zA-Zäß]{1,12}[.,?!]?$/) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '部署方案',
      '会议。',
      '「はい」',
      'パーティー、',
      'مدرسة',
      'स्थिति',
      '🎉',
      '👩‍👩‍👧',
      '--',
      '1.',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '-->',
      '<b>',
      '&amp;',
      '{\\an8}',
      'WEBVTT',
      'NOTE',
      'a\nb',
      'x\r\n\r\n1',
      `http://a.example/${'very'.repeat(12)}`,
    ),
  },
)
interface Turn {
  participant: string
  start: number
  step: number
  texts: string[]
}

const turn: fc.Arbitrary<Turn> = fc.record({
  participant: fc.constantFrom('par_1', 'par_2', 'par_3'),
  start: fc.integer({ min: 0, max: 60_000 }),
  step: fc.integer({ min: 40, max: 900 }),
  texts: fc.array(word, { minLength: 1, maxLength: 40 }),
})
const meeting = fc.array(turn, { maxLength: 8 })
const names = fc.tuple(
  ...[1, 2, 3].map(() =>
    fc.oneof(
      fc.stringMatching(/^[A-Za-z ]{1,20}$/),
      fc.constantFrom('=cmd', '<b>x</b>', 'a --> b', '', '王小明', 'x\n\ny'),
    ),
  ),
)

const transcriptFrom = (turns: Turn[], called: string[]) =>
  transcriptOf([
    ...called.map((name, i) => joined(`par_${i + 1}`, name, i)),
    ...turns.map((one, i) => {
      const committed = one.texts.map((text, k) => ({
        text: k === 0 ? text : ` ${text}`,
        start: one.start + k * one.step,
        end: one.start + (k + 1) * one.step - 10,
        probability: 0.5,
      }))
      return said(`utt_${i}`, one.participant, 'x', one.start, {
        committed,
        end: committed.at(-1)?.end ?? one.start,
      })
    }),
  ])

/** Characters without blanks, sorted by nothing: the order matters. */
const bare = (text: string) =>
  oneLine(text)
    .replaceAll('-->', '→')
    .replace(/[\s\u2060]/g, '')

describe('properties', () => {
  test('[EX3] [EX4] [EX5] layout and times', () => {
    fc.assert(
      fc.property(meeting, (turns) => {
        const speeches = turns.map((one) => ({
          participantId: one.participant,
          label: '',
          words: one.texts.map((text, k) => ({
            text: ` ${text}`,
            start: one.start + k * one.step,
            end: one.start + (k + 1) * one.step - 10,
            probability: 1,
          })),
        }))
        const cues = subtitlesOf(speeches)
        for (const [i, cue] of cues.entries()) {
          const lines = cue.parts.flatMap((part) => part.lines)
          expect(lines.length).toBeLessThanOrEqual(SUBTITLE_RULES.maxLines)
          for (const line of lines) {
            if (/\s/.test(line.replace(/^- /, '')))
              expect(widthOf(line)).toBeLessThanOrEqual(SUBTITLE_RULES.lineLength)
          }
          expect(cue.end).toBeGreaterThan(cue.start)
          expect(cue.end - cue.start).toBeLessThanOrEqual(SUBTITLE_RULES.maxDuration)
          const next = cues[i + 1]
          if (!next) {
            expect(cue.end - cue.start).toBeGreaterThanOrEqual(SUBTITLE_RULES.minDuration)
            continue
          }
          expect(next.start).toBeGreaterThanOrEqual(cue.start)
          if (next.start - cue.start > SUBTITLE_RULES.minDuration + SUBTITLE_RULES.gap) {
            expect(cue.end - cue.start).toBeGreaterThanOrEqual(SUBTITLE_RULES.minDuration)
          }
          const crossing = speeches.some((one, a) => speeches.some((two, b) => a < b && overlaps(one, two)))
          if (!crossing) expect(cue.end).toBeLessThanOrEqual(next.start)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('[EX8] SRT reads back with every word', () => {
    fc.assert(
      fc.property(meeting, names, (turns, called) => {
        const transcript = transcriptFrom(turns, called)
        const cues = readSrt(srt(transcript, { ...EXPORT_OPTIONS, speakers: false }))
        const read = cues.flatMap((cue) => cue.lines.map((line) => line.replace(/^- /, ''))).join('')
        const said = transcript.utterances.flatMap((one) => one.committed.map((w) => w.text)).join('')
        // Crossing speech is interleaved, so the letters are compared without their order.
        expect([...bare(read)].sort().join('')).toBe([...bare(said).replace(/^- /, '')].sort().join(''))
        readSrt(srt(transcript))
      }),
      { numRuns: 200 },
    )
  })

  test('[EX27] what looks like a tag in SRT is shown as it stands', () => {
    const lines: [string, string][] = [
      ['if a < b and c > d', 'if a <\u2060 b and c > d'],
      ['the <b> tag </b>', 'the <\u2060b> tag <\u2060/b>'],
      ['{\\an8} on top', '{\u2060\\an8} on top'],
      ['a < 3, {x} and <3', 'a < 3, {x} and <3'],
    ]
    for (const [text, expected] of lines) {
      const turn = { participant: 'par_1', start: 0, step: 300, texts: [text] }
      const [cue] = readSrt(srt(transcriptFrom([turn], ['<i>'])))
      expect(cue?.lines.join(' ')).toBe(`<\u2060i>: ${expected}`)
    }
  })

  test('[EX8] [EX9] VTT reads back with every word and only known voices', () => {
    fc.assert(
      fc.property(meeting, names, (turns, called) => {
        const transcript = transcriptFrom(turns, called)
        const cues = readVtt(vtt(transcript))
        const known = new Set(called.map((name) => oneLine(name) || 'Speaker'))
        for (const cue of cues) for (const voice of cue.voices) expect(known.has(voice)).toBe(true)
        const read = cues.flatMap((cue) => cue.lines.map((line) => line.replace(/^- /, ''))).join('')
        const said = transcript.utterances.flatMap((one) => one.committed.map((w) => w.text)).join('')
        expect([...oneLine(read).replace(/\s/g, '')].sort().join('')).toBe(
          [...oneLine(said).replace(/\s/g, '')].sort().join(''),
        )
      }),
      { numRuns: 200 },
    )
  })
})

function overlaps(a: Speech, b: Speech): boolean {
  const [from, to] = [
    Math.max(a.words[0]?.start ?? 0, b.words[0]?.start ?? 0),
    Math.min(a.words.at(-1)?.end ?? 0, b.words.at(-1)?.end ?? 0),
  ]
  return from <= to + 100
}
