/** A past meeting: words and their times, corrections, the player. */
import { describe, expect, test } from 'bun:test'
import type { SessionSummary } from '../../db/store.ts'
import type { Utterance, Word } from '../../server/core/transcript.ts'
import { type AudioPort, PlayerModel } from '../../web/state/player.ts'
import { ReviewModel } from '../../web/state/review.ts'
import { findAll, wordAtOffset, wordAtTime, wordRanges } from '../../web/state/words.ts'

describe('words', () => {
  const words: Word[] = ['We', ' ship', ' on', ' Thursday.'].map((text, i) => ({
    text,
    start: i * 500,
    end: i * 500 + 400,
    probability: 1,
  }))
  const spoken = (id: string, start: number, participantId = 'p'): Utterance => ({
    id,
    participantId,
    rev: 1,
    state: 'final',
    start,
    end: start + 1_900,
    language: 'en',
    committed: words.map((word) => ({ ...word, start: word.start + start, end: word.end + start })),
    pending: [],
  })

  test('[WB46] ranges are those of the text, with and without a leading space', () => {
    const text = 'We ship on Thursday.'
    expect(wordRanges(words).map(([from, to]) => text.slice(from, to))).toEqual([
      'We',
      'ship',
      'on',
      'Thursday.',
    ])
    const led = [{ ...words[0]!, text: ' We' }, ...words.slice(1)]
    expect(wordRanges(led).map(([from, to]) => text.slice(from, to))).toEqual([
      'We',
      'ship',
      'on',
      'Thursday.',
    ])
    const cjk = ['日本', 'から'].map((each) => ({ ...words[0]!, text: each }))
    expect(wordRanges(cjk)).toEqual([
      [0, 2],
      [2, 4],
    ])
    expect(wordAtOffset(words, 5)).toBe(1)
    expect(wordAtOffset(words, 0)).toBe(0)
    expect(wordAtOffset(words, 999)).toBe(3)
  })

  test('[WB46] the word that sounds now; the latest of two voices; nothing in silence', () => {
    const all = [spoken('a', 0), spoken('b', 600, 'q'), spoken('c', 10_000)]
    expect(wordAtTime(all, 550)).toEqual({ utterance: 0, word: 1 })
    expect(wordAtTime(all, 700)).toEqual({ utterance: 1, word: 0 })
    expect(wordAtTime(all, 6_000)).toBeNull()
    expect(wordAtTime([], 0)).toBeNull()
  })

  test('[WB46] find gives every place, case ignored', () => {
    expect(findAll(['Go, go!', 'no', 'GO'], 'go')).toEqual([
      { utterance: 0, from: 0, to: 2 },
      { utterance: 0, from: 4, to: 6 },
      { utterance: 2, from: 0, to: 2 },
    ])
    expect(findAll(['x'], '  ')).toEqual([])
  })

  test('[WB143] found whatever its case and accents, as by the library’s search', () => {
    const found = (text: string, wanted: string) =>
      findAll([text], wanted).map(({ from, to }) => text.slice(from, to))
    expect(found('İstanbul’da ve Istanbul', 'istanbul')).toEqual(['İstanbul', 'Istanbul'])
    expect(found('Ein Café, die Straße und CAFE', 'cafe')).toEqual(['Café', 'CAFE'])
    expect(found('Die Straße strasse', 'Strasse')).toEqual(['Straße', 'strasse'])
    expect(found('groß', 's')).toEqual(['ß'])
    expect(found('我们讨论部署方案，部署', '部署')).toEqual(['部署', '部署'])
    expect(found('قالَ مُحمَّد', 'محمد')).toEqual(['مُحمَّد'])
  })

  test('[WB47] a correction is shown as stored, or said and rolled back', async () => {
    const summary = { id: 'ses_1', title: 'Old', hasAudio: false } as SessionSummary
    let broken = false
    const edits: string[] = []
    const fail = async <T>(value: T): Promise<T> => {
      if (broken) throw new Error('disk full')
      return value
    }
    const review = new ReviewModel(
      {
        session: async () => ({
          session: summary,
          transcript: {
            participants: [{ id: 'p', name: 'Ada', role: 'speaker', colour: 0, muted: false }],
            utterances: [spoken('a', 0)],
            gaps: [],
            translations: [],
          },
          tracks: [],
          history: { undo: null, redo: null },
          marks: [],
        }),
        updateSession: (_id, change) => fail({ session: { ...summary, ...change } }),
        edit: (_id, operation) => {
          edits.push(operation.kind)
          return fail({
            kind: operation.kind,
            utterances:
              operation.kind === 'text'
                ? [
                    {
                      ...spoken('a', 0),
                      rev: 2,
                      state: 'edited',
                      committed: [{ ...words[0]!, text: operation.text }],
                    } as Utterance,
                  ]
                : [],
            participants: [],
            undo: operation.kind,
            redo: null,
          })
        },
        undo: () =>
          fail({ kind: 'text', utterances: [spoken('a', 0)], participants: [], undo: null, redo: 'text' }),
        redo: () => Promise.reject(new Error('nothing')),
        revisions: () => Promise.reject(new Error('none')),
        addMark: (_id, mark) => fail({ mark: { ...mark, id: 'mark_1', sessionId: 'ses_1', createdAt: 1 } }),
        changeMark: () => Promise.reject(new Error('none')),
        deleteMark: () => fail(null),
      },
      'ses_1',
    )
    await review.load()
    expect(await review.edit('a', 'Fixed', 1)).toEqual({ is: 'stored', rev: 2 })
    expect(review.texts.value).toEqual(['Fixed'])
    expect(review.save.value).toBe('saved')
    broken = true
    expect(await review.edit('a', 'Lost?', 2)).toEqual({ is: 'failed' })
    expect(review.save.value).toBe('failed')
    expect(review.problem.value).toBe('disk full')
    await review.setTitle('New')
    expect(review.session.value?.title).toBe('Old')
    await review.renameSpeaker('p', 'Bob')
    expect(review.participants.value.get('p')?.name).toBe('Ada')
    // The same name, or nobody's, is no edit.
    await review.renameSpeaker('p', 'Ada')
    await review.renameSpeaker('nobody', 'Bob')
    expect(edits).toEqual(['text', 'text', 'rename'])
  })
})

function handAudio() {
  const listeners = new Map<string, () => void>()
  const audio: AudioPort & { paused: boolean; loads: number } = {
    loads: 0,
    currentTime: 3,
    playbackRate: 1,
    paused: true,
    duration: 60,
    play: async () => {
      audio.paused = false
      listeners.get('play')?.()
    },
    pause: () => {
      audio.paused = true
      listeners.get('pause')?.()
    },
    addEventListener: (type, listener) => void listeners.set(type, listener),
    removeEventListener: (type) => void listeners.delete(type),
    // As browsers do: back to the beginning, at the usual speed.
    load: () => {
      audio.loads++
      Object.assign(audio, { currentTime: 0, playbackRate: 1, paused: true })
    },
  }
  return { audio, listeners }
}

test('[WB141] a line that breaks while a meeting is heard does not end the hearing', () => {
  const { audio, listeners } = handAudio()
  const player = new PlayerModel({ audio, frame: () => () => {} })
  listeners.get('loadedmetadata')?.()
  player.setSpeed(1.5)
  player.playFrom(7_000)
  listeners.get('error')?.()
  expect([player.failed.value, player.playing.value]).toEqual([false, false])
  player.toggle()
  expect([audio.loads, audio.currentTime, audio.playbackRate, player.playing.value]).toEqual([
    1,
    7,
    1.5,
    true,
  ])
  player.toggle()
  player.toggle()
  expect(audio.loads).toBe(1)
  const none = handAudio()
  const silent = new PlayerModel({ audio: none.audio, frame: () => () => {} })
  none.listeners.get('error')?.()
  expect(silent.failed.value).toBe(true)
})

test('[WB48] speeds in steps, skips, never before the beginning', () => {
  const { audio, listeners } = handAudio()
  const player = new PlayerModel({ audio, frame: () => () => {} })
  player.skip(-5_000)
  expect(audio.currentTime).toBe(0)
  player.faster(1)
  expect([player.speed.value, audio.playbackRate]).toEqual([1.1, 1.1])
  for (let i = 0; i < 20; i++) player.faster(1)
  expect(player.speed.value).toBe(3)
  player.toggle()
  expect(player.playing.value).toBe(true)
  player.toggle()
  expect(player.playing.value).toBe(false)
  player.close()
  expect(listeners.size).toBe(0)
})
