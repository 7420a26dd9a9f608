/** Microphone, settings, search, deletion, review, player, words, addresses: web/state and friends. */
import { describe, expect, test } from 'bun:test'
import { signal } from '@preact/signals'
import type { SearchHit, SessionSummary } from '../../db/store.ts'
import type { Utterance, Word } from '../../server/core/transcript.ts'
import { type Capture, CaptureError, type CaptureEvents, type CapturePorts } from '../../web/audio/capture.ts'
import { linkFor, reachableBases } from '../../web/components/share-links.ts'
import { shortcutName } from '../../web/components/shortcuts.ts'
import { initials } from '../../web/components/speaker.tsx'
import { ar } from '../../web/i18n/ar.ts'
import { de } from '../../web/i18n/de.ts'
import { en } from '../../web/i18n/en.ts'
import { es } from '../../web/i18n/es.ts'
import { fr } from '../../web/i18n/fr.ts'
import { ja } from '../../web/i18n/ja.ts'
import { ApiError } from '../../web/net/api.ts'
import { routeOf } from '../../web/router.ts'
import { captionOptions, clearAfterMs } from '../../web/state/caption-options.ts'
import { DeletionModel } from '../../web/state/deletion.ts'
import { roomToken } from '../../web/state/identity.ts'
import { MicrophoneModel } from '../../web/state/microphone.ts'
import { noteOwner } from '../../web/state/owner.ts'
import { type AudioPort, PlayerModel } from '../../web/state/player.ts'
import { ReviewModel } from '../../web/state/review.ts'
import { sameName } from '../../web/state/review-actions.ts'
import { roomIdFrom } from '../../web/state/room-id.ts'
import {
  filtersFrom,
  filtersToQuery,
  groupHits,
  noFilters,
  paramsOf,
  SearchModel,
} from '../../web/state/search.ts'
import { defaultSettings, readSettings, SettingsModel, stepSize } from '../../web/state/settings.ts'
import { participantKey, readResume, writeResume } from '../../web/state/speaker-identity.ts'
import { UploadsModel } from '../../web/state/uploads.ts'
import { findAll, wordAtOffset, wordAtTime, wordRanges } from '../../web/state/words.ts'
import { handClock } from './clock.ts'

function memoryStorage(): Pick<Storage, 'getItem' | 'setItem'> {
  const map = new Map<string, string>()
  return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value) }
}

describe('microphone', () => {
  function desk(open?: CapturePorts['open']) {
    const clock = handClock()
    const opened: { events: CaptureEvents; stopped: boolean }[] = []
    const ports: CapturePorts = {
      open:
        open ??
        (async (_source, events): Promise<Capture> => {
          const entry = { events, stopped: false }
          opened.push(entry)
          return {
            label: 'Desk microphone',
            deviceId: 'd1',
            stop: () => {
              entry.stopped = true
            },
          }
        }),
      devices: async () => [{ id: 'd1', label: 'Desk microphone' }],
      onDevicesChanged: () => () => {},
    }
    const microphone = new MicrophoneModel({ capture: ports, now: clock.now })
    const frames: Uint8Array[] = []
    const gaps: number[] = []
    microphone.listen({ frame: (pcm) => frames.push(pcm), gap: (ms) => gaps.push(ms) })
    const speak = (loud: number, index = 0) =>
      opened[index]?.events.frame({ pcm16: new Int16Array(960).fill(1_000), rms: loud, peak: loud })
    return { clock, microphone, opened, frames, gaps, speak }
  }

  test('[WB36] muted: zeros of the same length go out, and speaking is noticed', async () => {
    const { microphone, frames, speak } = desk()
    await microphone.start()
    speak(0.2)
    expect(frames[0]?.some((byte) => byte !== 0)).toBe(true)
    microphone.setMuted(true)
    for (let i = 0; i < 15; i++) speak(0.2)
    expect(frames.length).toBe(16)
    expect(frames[15]?.length).toBe(1_920)
    expect(frames[15]?.every((byte) => byte === 0)).toBe(true)
    expect(microphone.speakingWhileMuted.value).toBe(true)
    microphone.setMuted(false)
    expect(microphone.speakingWhileMuted.value).toBe(false)
  })

  test('[WB37] a pause by the system becomes a hole of its length', async () => {
    const { clock, microphone, opened, gaps, speak } = desk()
    await microphone.start()
    speak(0.1)
    opened[0]?.events.interrupted(true)
    expect(microphone.state.value.kind).toBe('paused')
    clock.advance(30_000)
    opened[0]?.events.interrupted(false)
    speak(0.1)
    expect(gaps).toEqual([29_940])
    speak(0.1)
    expect(gaps.length).toBe(1)
  })

  test('[WB38] a lost device is a clear problem; a newer start wins', async () => {
    const { microphone, opened } = desk()
    await microphone.start()
    opened[0]?.events.ended()
    expect(microphone.state.value).toEqual({ kind: 'failed', problem: 'device-gone' })
    const first = microphone.start()
    const second = microphone.start()
    expect(await first).toBe(false)
    expect(await second).toBe(true)
    expect(opened[1]?.stopped).toBe(true)
    expect(microphone.state.value.kind).toBe('on')
  })

  test('[WB82] a recording begins when somebody listens, is held and gone on with, and its end is known', async () => {
    const told: boolean[] = []
    let at = 0
    let held = true
    const opened: { events: CaptureEvents }[] = []
    const { microphone } = desk(async (_source, events) => {
      opened.push({ events })
      return {
        label: 'talk.wav',
        deviceId: '',
        playback: {
          name: 'talk.wav',
          duration: 9_000,
          position: () => at,
          held: () => held,
          play(on: boolean) {
            told.push(on)
            held = !on
          },
        },
        stop() {},
      }
    })
    microphone.listen({ frame() {}, gap() {} })()
    microphone.source.value = { kind: 'file', file: new File([], 'talk.wav') }
    await microphone.start()
    expect([told, microphone.playing.value?.held]).toEqual([[], true])
    microphone.listen({ frame() {}, gap() {} })
    expect(told).toEqual([true])
    at = 2_400
    opened[0]?.events.frame({ pcm16: new Int16Array(960), rms: 0.1, peak: 0.1 })
    expect(microphone.playing.value).toMatchObject({ position: 2_000, held: false })
    microphone.togglePlayback()
    expect([told, microphone.playing.value?.held]).toEqual([[true, false], true])
    microphone.togglePlayback()
    opened[0]?.events.ended()
    expect([microphone.played.value, microphone.playing.value]).toEqual(['talk.wav', null])
    expect(microphone.state.value).toEqual({ kind: 'off' })
  })
  test('[WB38] a refusal is kept as its problem', async () => {
    const { microphone } = desk(async () => {
      throw new CaptureError('busy')
    })
    expect(await microphone.start()).toBe(false)
    expect(microphone.state.value).toEqual({ kind: 'failed', problem: 'busy' })
  })
})

describe('settings', () => {
  test('[WB39] wrong kinds fall back one by one', () => {
    const read = readSettings(
      '{"size":"big","name":"Ada","theme":"pink","ui":"xx","shortcuts":false}',
      'de-AT',
    )
    expect(read).toEqual({ ...defaultSettings, name: 'Ada', shortcuts: false, ui: 'de' })
    expect(readSettings('not json', 'ja-JP').ui).toBe('ja')
    expect(readSettings(null, 'pt').ui).toBe('en')
  })

  test('[WB39] forbidden storage hurts nothing; changes are kept where it is allowed', () => {
    const forbidden = {
      getItem: () => {
        throw new Error('no')
      },
      setItem: () => {
        throw new Error('no')
      },
    }
    const settings = new SettingsModel(forbidden, 'en')
    settings.larger()
    expect(settings.all.value.size).toBe(115)
    const storage = memoryStorage()
    new SettingsModel(storage, 'en').set({ name: 'Ada' })
    expect(new SettingsModel(storage, 'en').all.value.name).toBe('Ada')
    expect(stepSize(400, 1)).toBe(400)
    expect(stepSize(60, -1)).toBe(60)
  })
})

describe('captions by address', () => {
  const read = (query: string) => captionOptions(new URLSearchParams(query), defaultSettings)

  test('[WB40] values are taken, wrong ones fall back and are named', () => {
    const { options, ignored } = read(
      'size=150&fg=ff0&stable=steady&lines=3&delay=99&colour=red&align=middle&token=abc',
    )
    expect([options.size, options.fg, options.stable, options.lines]).toEqual([150, '#ff0', 'steady', 3])
    expect(options.delay).toBe(0)
    expect(ignored).toEqual(['delay', 'colour', 'align'])
  })

  test('[WB40] every reading setting of the page can stand in the link', () => {
    const { options, ignored } = read(
      'size=150&theme=contrast&stable=instant&width=50&lh=2&spacing=0.1&show=both&lang=de&delay=3&clear=9',
    )
    expect(options).toMatchObject({
      size: 150,
      theme: 'contrast',
      stable: 'instant',
      width: 50,
      lh: 2,
      spacing: 0.1,
      show: 'both',
      lang: 'de',
      delay: 3,
      clear: 9,
    })
    expect(ignored).toEqual([])
  })

  test('[WB40] an overlay is bare, boxed and cleared by itself', () => {
    const { options } = read('overlay=1')
    expect([options.overlay, options.controls, options.clear, options.lines, options.width]).toEqual([
      true,
      false,
      6,
      2,
      37,
    ])
    expect(read('').options.controls).toBe(true)
    expect(read('overlay=1&clear=0').options.clear).toBe(0)
  })

  test('[WB41] a caption stays long enough to be read', () => {
    expect(clearAfterMs(0, 0)).toBe(1_000)
    expect(clearAfterMs(1, 100)).toBe(7_000)
    expect(clearAfterMs(10, 10)).toBe(10_000)
  })
})

describe('addresses', () => {
  test('[WB42] paths and pages', () => {
    expect(routeOf('/')).toEqual({ page: 'home' })
    expect(routeOf('/r/quiet-otter-4207')).toEqual({ page: 'room', id: 'quiet-otter-4207' })
    expect(routeOf('/c/x')).toEqual({ page: 'captions', id: 'x' })
    expect(routeOf('/sessions/')).toEqual({ page: 'sessions' })
    expect(routeOf('/s/ses_1')).toEqual({ page: 'session', id: 'ses_1' })
    for (const path of ['/r', '/x/y', '/s/a/b', '/sessions/a'])
      expect(routeOf(path)).toEqual({ page: 'not-found' })
    expect(routeOf('/c/%E0%A4%A')).toEqual({ page: 'captions', id: '%E0%A4%A' })
  })

  test('[WB42] whatever a person pastes leads to the room', () => {
    for (const text of [
      'quiet-otter-4207',
      ' Quiet Otter 4207 ',
      'https://h:8124/r/quiet-otter-4207#secret',
      '/c/quiet-otter-4207?size=2',
    ])
      expect(roomIdFrom(text)).toBe('quiet-otter-4207')
    for (const text of ['', 'ab', '../etc', 'ä b']) expect(roomIdFrom(text)).toBeNull()
  })

  test('[WB49] the key is made once; the token of a link is kept', () => {
    const storage = memoryStorage()
    const key = participantKey(storage, 'r')
    expect(key.length).toBe(26)
    expect(participantKey(storage, 'r')).toBe(key)
    expect(participantKey(storage, 'r', 'tab')).not.toBe(key)
    const token = 'abcdefghjkmnpqrstvwxyz0123'
    expect(roomToken(storage, 'r', token, new URLSearchParams())).toBe(token)
    expect(roomToken(storage, 'r', '', new URLSearchParams())).toBe(token)
    expect(roomToken(storage, 'q', 'main', new URLSearchParams())).toBe('')
    writeResume(storage, 'r', { speaking: true, muted: true })
    expect(readResume(storage, 'r')).toEqual({ speaking: true, muted: true })
    writeResume(storage, 'r', null)
    expect(readResume(storage, 'r')).toBeNull()
  })

  test('[WB51] shared links can be reached by others and never carry a host’s token', () => {
    const info = {
      version: '',
      urls: { local: 'http://localhost:1', lan: ['http://10.0.0.2:1'], secure: ['https://10.0.0.2:2'] },
      keep: { what: 'text', days: 1 },
    } as const
    const mutable = info as unknown as Parameters<typeof reachableBases>[0]
    expect(reachableBases(mutable, 'view', 'http://localhost:1')[0]).toBe('http://10.0.0.2:1')
    expect(reachableBases(mutable, 'speak', 'http://localhost:1')[0]).toBe('https://10.0.0.2:2')
    expect(reachableBases(null, 'view', 'http://localhost:1')).toEqual(['http://localhost:1'])
    expect(linkFor('view', 'http://h', 'r', 'secret')).toBe('http://h/c/r#secret')
    expect(linkFor('speak', 'http://h', 'r', 'spk')).toBe('http://h/r/r#spk')
  })
})

describe('search', () => {
  const hit = (session: string, id: string): SearchHit => ({
    session: { id: session, roomId: 'r', title: session, startedAt: 0 },
    utteranceId: id,
    participant: { id: 'p', name: 'P', colour: 0 },
    start: 0,
    end: 1,
    language: 'en',
    snippet: [],
    wordStart: 0,
  })

  test('[WB43] asks once after typing stops; only the newest question is answered', async () => {
    const clock = handClock()
    const asked: { q: string; answer: (hits: SearchHit[]) => void; signal: AbortSignal }[] = []
    const search = new SearchModel({
      search: (params, signal) =>
        new Promise((resolve) =>
          asked.push({ q: params.q, answer: (hits) => resolve({ hits, total: hits.length }), signal }),
        ),
      later: clock.later,
      cancel: clock.cancel,
    })
    for (const q of ['b', 'bu', 'bud']) search.change({ q })
    clock.advance(149)
    expect(asked.length).toBe(0)
    clock.advance(1)
    expect(asked.map((each) => each.q)).toEqual(['bud'])
    search.change({ q: 'budget' })
    clock.advance(150)
    expect(asked[0]?.signal.aborted).toBe(true)
    asked[0]?.answer([hit('old', 'u0')])
    asked[1]?.answer([hit('a', 'u1'), hit('b', 'u2'), hit('a', 'u3')])
    await Bun.sleep(0)
    expect(search.answered.value).toBe('budget')
    expect(search.groups.value.map((group) => group.hits.length)).toEqual([2, 1])
    search.change({ q: '' })
    expect(search.state.value).toBe('idle')
    expect(search.hits.value).toEqual([])
  })

  test('[WB43] a failed question says so and keeps the list', async () => {
    const clock = handClock()
    let broken = false
    const search = new SearchModel({
      search: async () => {
        if (broken) throw new Error('away')
        return { hits: [hit('a', 'u1')], total: 1 }
      },
      later: clock.later,
      cancel: clock.cancel,
    })
    search.open({ ...noFilters, q: 'x' })
    clock.advance(0)
    await Bun.sleep(0)
    broken = true
    search.retry()
    clock.advance(0)
    await Bun.sleep(0)
    expect(search.state.value).toBe('failed')
    expect(search.hits.value.length).toBe(1)
  })

  test('[WB44] filters go to the address and come back; days are whole', () => {
    const filters = {
      q: 'budget 部署',
      speaker: 'Ada',
      language: 'de',
      from: '2026-11-01',
      to: '2026-11-02',
      starred: true,
    }
    expect(filtersFrom(new URLSearchParams(filtersToQuery(filters)))).toEqual(filters)
    expect(filtersToQuery(noFilters)).toBe('')
    expect(filtersFrom(new URLSearchParams('from=yesterday')).from).toBe('')
    const params = paramsOf(filters)
    expect((params.to ?? 0) - (params.from ?? 0)).toBe(2 * 86_400_000 - 1)
    expect(groupHits([])).toEqual([])
  })
})

test('[WB45] a deletion waits ten seconds, can be called back, and is carried out by the next one', async () => {
  const clock = handClock()
  const removed: string[] = []
  const deletion = new DeletionModel({
    remove: async (id) => removed.push(id),
    later: clock.later,
    cancel: clock.cancel,
  })
  deletion.begin([{ id: 'a', title: 'A' }])
  clock.advance(9_500)
  expect(deletion.doomed.value?.seconds).toBe(1)
  deletion.undo()
  clock.advance(20_000)
  expect(removed).toEqual([])
  expect(deletion.gone.value.has('a')).toBe(false)
  deletion.begin([{ id: 'b', title: 'B' }])
  deletion.begin([{ id: 'c', title: 'C' }])
  expect(removed).toEqual(['b'])
  clock.advance(10_000)
  expect(removed).toEqual(['b', 'c'])
  expect(deletion.gone.value.has('c')).toBe(true)
})

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

  test('[WB47] a correction is shown as stored, or said and rolled back', async () => {
    const summary = { id: 'ses_1', title: 'Old', hasAudio: false } as SessionSummary
    let broken = false
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
        edit: (_id, operation) =>
          fail({
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
          }),
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
    expect(await review.edit('a', 'Fixed')).toBe(true)
    expect(review.texts.value).toEqual(['Fixed'])
    expect(review.save.value).toBe('saved')
    broken = true
    expect(await review.edit('a', 'Lost?')).toBe(false)
    expect(review.save.value).toBe('failed')
    expect(review.problem.value).toBe('disk full')
    await review.setTitle('New')
    expect(review.session.value?.title).toBe('Old')
    await review.renameSpeaker('p', 'Bob')
    expect(review.participants.value.get('p')?.name).toBe('Ada')
  })
})

test('[WB55] files go one after the other; a failed one does not stop the next', async () => {
  const sent: string[] = []
  const uploads = new UploadsModel({
    send: async (file: { name: string }, events) => {
      sent.push(file.name)
      events.progress(0.5)
      if (file.name === 'bad.txt') throw new Error('This is no audio.')
      events.accepted('/r/x', 'ses_1')
    },
  })
  uploads.add([{ name: 'bad.txt' }, { name: 'good.wav' }])
  expect(uploads.uploads.value.map((each) => each.state.kind)).toEqual(['sending', 'waiting'])
  await Bun.sleep(0)
  expect(sent).toEqual(['bad.txt', 'good.wav'])
  expect(uploads.uploads.value.map((each) => each.state)).toEqual([
    { kind: 'failed', reason: 'This is no audio.' },
    { kind: 'done', sessionId: 'ses_1' },
  ])
  uploads.dismiss(1)
  expect(uploads.uploads.value.length).toBe(1)
})

test('[WB48] speeds in steps, skips, never before the beginning', () => {
  const listeners = new Map<string, () => void>()
  const audio: AudioPort & { paused: boolean } = {
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
  }
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

describe('languages', () => {
  /** Path → the text, or for texts with parameters their number and the text for 1 and 3. */
  function flat(value: unknown, path = ''): Map<string, string> {
    const found = new Map<string, string>()
    const walk = (each: unknown, at: string) => {
      if (typeof each === 'string') found.set(at, each)
      else if (typeof each === 'function')
        found.set(`${at}(${each.length})`, `${each(1, 3, 3)}${each(3, 3, 3)}`)
      else for (const [key, inner] of Object.entries(each as object)) walk(inner, `${at}.${key}`)
    }
    walk(value, path)
    return found
  }

  for (const [code, catalogue] of Object.entries({ de, fr, es, ar, ja }))
    test(`[WB50] ${code} has every text with the same parameters`, () => {
      // English has no `problems` by design (WB97).
      const texts = flat({ ...catalogue, problems: {} })
      expect([...texts.keys()].sort()).toEqual([...flat(en).keys()].sort())
      expect(
        [...texts]
          .filter(([, words]) => words.trim() === '' || words.includes('undefined'))
          .map(([key]) => key),
      ).toEqual([])
    })
})

test('[WB76] whoever is refused is a guest; a failure of another kind says nothing', () => {
  const known = signal<boolean | null>(null)
  noteOwner(new ApiError(0, 'offline', 'away'), known)
  noteOwner(new ApiError(500, 'internal', 'broken'), known)
  expect(known.value).toBeNull()
  noteOwner(new ApiError(401, 'not-allowed', 'no'), known)
  expect(known.value).toBe(false)
  noteOwner(null, known)
  noteOwner(new ApiError(404, 'not-found', 'gone'), known)
  expect(known.value).toBe(true)
})

test('[WB77] the same name, typed in another way', () => {
  expect(sameName(' ada  lovelace', 'Ada Lovelace')).toBe(true)
  expect(sameName('Ada', 'Ada L')).toBe(false)
  expect(sameName('', 'Ada')).toBe(false)
})

test('[WB52] shortcut names', () => {
  expect(shortcutName({ key: 'H', shiftKey: true })).toBe('Shift+H')
  expect(shortcutName({ key: 'H', shiftKey: false })).toBe('h')
  expect(shortcutName({ key: '?', shiftKey: true })).toBe('?')
  expect(shortcutName({ key: 'End', shiftKey: false })).toBe('End')
})

test('[WB53] initials', () => {
  expect(initials('Ada')).toBe('A')
  expect(initials('ada king lovelace')).toBe('AL')
  expect(initials('山田 太郎')).toBe('山')
  expect(initials('')).toBe('?')
})
