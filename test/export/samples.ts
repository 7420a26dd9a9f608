/** A meeting with everything exports must cope with, and readers for SRT, VTT and CSV. */

import { applyEvents } from '../../server/core/apply-event.ts'
import { emptyTranscript, type StoredEvent, type Transcript } from '../../server/core/transcript.ts'
import { joined, said, session } from '../db/samples.ts'
import { readTime } from '../helpers/timecode.ts'

export function transcriptOf(events: StoredEvent[]): Transcript {
  return applyEvents(
    emptyTranscript,
    events.map((event, i) => ({ epoch: 'e', seq: i + 1, event })),
  )
}

/** As engines without word times give it: one word for the whole line. */
const ZH = '我们今天讨论一下部署方案的细节，然后再看看预算和时间安排。大家同意吗？'

export const EVENTS: StoredEvent[] = [
  {
    type: 'session-started',
    session: session('ses_a', { title: 'Weekly sync', startedAt: Date.UTC(2026, 2, 4, 14, 5) }),
  },
  joined('par_1', 'Ana'),
  joined('par_2', 'Bo', 1),
  said(
    'utt_1',
    'par_1',
    'Good morning everybody, and welcome to the weekly meeting. Today we will talk about the deployment plan, the budget, and what is left to do before the release.',
    0,
  ),
  said('utt_2', 'par_2', 'Yes.', 9200),
  said('utt_3', 'par_1', 'OK.', 9600),
  said('utt_4', 'par_2', 'Fine by me.', 20_000),
  {
    type: 'gap',
    gap: { id: 'gap_1', participantId: 'par_2', start: 24_000, end: 31_000, reason: 'network' },
  },
  said('utt_5', 'par_1', ZH, 32_000, {
    language: 'zh',
    end: 42_000,
    committed: [{ text: ZH, start: 32_000, end: 42_000, probability: 1 }],
  }),
  {
    type: 'utterance-translated',
    translation: { utteranceId: 'utt_4', language: 'de', rev: 1, text: 'Von mir aus gern.' },
  },
  {
    type: 'utterance-translated',
    translation: { utteranceId: 'utt_1', language: 'de', rev: 0, text: 'Guten Morgen alle zusammen.' },
  },
]

export interface ReadCue {
  start: number
  end: number
  lines: string[]
}

/** As strict as a player: a number, a time line, text lines, an empty line. */
export function readSrt(text: string): ReadCue[] {
  if (text === '') return []
  return text
    .replace(/\r\n$/, '')
    .split('\r\n\r\n')
    .map((block, index) => {
      const [number, times = '', ...lines] = block.replace(/\r\n$/, '').split('\r\n')
      const match = /^(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})$/.exec(times)
      if (
        number !== String(index + 1) ||
        !match ||
        lines.length === 0 ||
        lines.some((line) => line.trim() === '')
      ) {
        throw new Error(`bad subtitle ${index + 1}: ${JSON.stringify(block)}`)
      }
      return { start: readTime(match[1] ?? ''), end: readTime(match[2] ?? ''), lines }
    })
}

export function readVtt(text: string): (ReadCue & { voices: string[] })[] {
  const [head, ...blocks] = text.trimEnd().split('\n\n')
  if (head !== 'WEBVTT') throw new Error('no WEBVTT')
  return blocks
    .filter((block) => block !== '')
    .map((block) => {
      const [, times = '', ...lines] = block.split('\n')
      const match = /^(\d\d+:\d\d:\d\d\.\d{3}) --> (\d\d+:\d\d:\d\d\.\d{3})$/.exec(times)
      if (!match || lines.length === 0 || lines.some((line) => line.includes('-->')))
        throw new Error(`bad cue: ${block}`)
      const voices: string[] = []
      const texts = lines.map((line) =>
        plain(
          line.replace(/<v ([^>]*)>/g, (_, name: string) => {
            voices.push(plain(name))
            return ''
          }),
        ),
      )
      return {
        start: readTime(match[1] ?? ''),
        end: readTime(match[2] ?? ''),
        lines: texts,
        voices,
      }
    })
}

function plain(text: string): string {
  if (/[<>]/.test(text)) throw new Error(`not escaped: ${text}`)
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** RFC 4180. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/gy
  const body = text.replace(/^\ufeff/, '')
  while (cell.lastIndex < body.length) {
    const match = cell.exec(body)
    if (!match) throw new Error('not CSV')
    const [, raw = '', separator] = match
    rows.at(-1)?.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw)
    if (separator === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}
