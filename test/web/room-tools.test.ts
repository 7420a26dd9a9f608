/** What a room page makes of host tools, voice commands and reading aloud: web/state. */
import { describe, expect, test } from 'bun:test'
import { signal } from '@preact/signals'
import type { Mark } from '../../server/core/mark.ts'
import { emptyTranscript, type RoomSettings, type Transcript } from '../../server/core/transcript.ts'
import type { CaptureEvents } from '../../web/audio/capture.ts'
import type { SocketLike } from '../../web/net/socket.ts'
import { type Line, turnsOf } from '../../web/state/captions.ts'
import { decisions } from '../../web/state/decisions.ts'
import { MicrophoneModel } from '../../web/state/microphone.ts'
import { NoticesModel } from '../../web/state/notices.ts'
import { MOST_LAG_MS, ReadAloudModel } from '../../web/state/read-aloud.ts'
import { RoomModel } from '../../web/state/room.ts'
import { stateLine } from '../../web/state/state-line.ts'
import { handClock } from './clock.ts'

const line = (id: string, change: Partial<Line> = {}): Line => ({
  id,
  participantId: 'p1',
  start: 0,
  end: 100,
  language: 'en',
  state: 'final',
  words: [{ key: 1, text: `words of ${id}` }],
  settled: 1,
  translation: '',
  ...change,
})
const mark = (change: Partial<Mark> = {}): Mark => ({
  id: 'm1',
  kind: 'section',
  start: 0,
  text: 'Budget',
  participantId: 'p1',
  utteranceId: 'b',
  ...change,
})

describe('off the record', () => {
  test('[RW1] what is said stays on the device: silence of the same length goes out', async () => {
    let events: CaptureEvents | null = null
    const microphone = new MicrophoneModel({
      capture: {
        open: async (_source, given) => {
          events = given
          return { label: 'x', deviceId: 'd', stop() {} }
        },
        devices: async () => [],
        onDevicesChanged: () => () => {},
      },
      now: () => 0,
    })
    const frames: Uint8Array[] = []
    microphone.listen({ frame: (pcm) => frames.push(pcm), gap: () => {} })
    await microphone.start()
    const speak = () => events!.frame({ pcm16: new Int16Array(960).fill(900), rms: 0.2, peak: 0.2 })
    speak()
    microphone.withheld.value = true
    speak()
    microphone.withheld.value = false
    speak()
    expect(frames.map((frame) => [frame.length, frame.some((byte) => byte !== 0)])).toEqual([
      [1_920, true],
      [1_920, false],
      [1_920, true],
    ])
  })

  test('[RW2] the state line says so before anything about one’s own microphone', () => {
    const facts = {
      link: 'open',
      refusedCode: 0,
      keptMs: 0,
      behindMs: 0,
      endedAt: null,
      started: true,
      offRecord: true,
      microphone: 'muted',
      silentFor: 60_000,
      lag: null,
    } as const
    expect(stateLine(facts).kind).toBe('off-the-record')
    expect(stateLine({ ...facts, link: 'reconnecting' }).kind).toBe('reconnecting')
  })
})

describe('notices', () => {
  test('[RW3] what happens from now on is told once; what was there is no news', () => {
    const transcript = signal<Transcript>({ ...emptyTranscript, epoch: 'e', marks: [mark()] })
    const caughtUp = signal(false)
    const { notices, dismiss } = new NoticesModel(transcript, caughtUp)
    caughtUp.value = true
    expect(notices.value).toEqual([])
    transcript.value = { ...transcript.value, marks: [mark(), mark({ id: 'm2', kind: 'action' })] }
    transcript.value = { ...transcript.value, offRecord: { since: 5, participantId: null } }
    const settings = { keep: { what: 'text', days: 30 } } as RoomSettings
    transcript.value = { ...transcript.value, settings }
    transcript.value = {
      ...transcript.value,
      settings: { ...settings, keep: { what: 'text+audio', days: 30 } },
    }
    expect(notices.value.map((notice) => notice.kind)).toEqual(['mark', 'off-the-record', 'keep'])
    dismiss(notices.value[0]!.id)
    expect(notices.value.map((notice) => notice.kind)).toEqual(['off-the-record', 'keep'])
    // A new meeting in the same room.
    transcript.value = { ...emptyTranscript, epoch: 'f', marks: [mark({ id: 'm3' })] }
    expect(notices.value).toHaveLength(2)
  })
})

describe('sections', () => {
  test('[RW4] a section begins a new turn of the same speaker; an action item does not', () => {
    const lines = [line('a'), line('b', { start: 200, end: 300 }), line('c', { start: 400, end: 500 })]
    expect(turnsOf(lines, [mark()]).map((turn) => turn.key)).toEqual(['a', 'b'])
    expect(turnsOf(lines, [mark({ kind: 'action' })]).map((turn) => turn.key)).toEqual(['a'])
  })
})

describe('turns', () => {
  test('[WB156] who speaks on without a pause is named again after a minute', () => {
    const lines = Array.from({ length: 30 }, (_, i) =>
      line(`line${i}`, { start: i * 5000, end: i * 5000 + 4800 }),
    )
    const turns = turnsOf(lines)
    expect(turns.map((turn) => turn.lines.length)).toEqual([12, 12, 6])
    // What is said next leaves the turns of before as they are.
    const more = turnsOf([...lines, line('more', { start: 150_000, end: 151_000 })])
    expect(more.slice(0, 2).every((turn, i) => turn === turns[i])).toBe(true)
  })
})

describe('reading aloud', () => {
  function desk(language = '') {
    const clock = handClock()
    const lines = signal<readonly Line[]>([line('old')])
    const said: [text: string, language: string, rate: number][] = []
    let finish = () => {}
    const model = new ReadAloudModel(lines, signal(language), {
      speak(text, spoken, rate) {
        said.push([text, spoken, rate])
        return new Promise((resolve) => {
          finish = resolve
        })
      },
      cancel: () => {},
      now: clock.now,
      later: clock.later,
    })
    const done = async () => {
      finish()
      for (let i = 0; i < 4; i++) await Promise.resolve()
    }
    return { clock, lines, said, model, done }
  }

  test('[RW5] finished lines only, in order, once; not what was there before', async () => {
    const { lines, said, done } = desk()
    lines.value = [line('old'), line('a', { state: 'pending' })]
    expect(said).toEqual([])
    lines.value = [line('old'), line('a'), line('b')]
    expect(said).toEqual([['words of a', 'en', 1]])
    lines.value = [line('old'), line('a', { state: 'refined' }), line('b')]
    await done()
    expect(said.map(([text]) => text)).toEqual(['words of a', 'words of b'])
  })

  test('[RW6] never further behind than twelve seconds, and quicker when several wait', async () => {
    const { clock, lines, said, done } = desk()
    lines.value = [line('a')]
    lines.value = [line('a'), line('b')]
    clock.advance(MOST_LAG_MS + 1)
    lines.value = ['a', 'b', 'c', 'd', 'e'].map((id) => line(id))
    await done()
    expect(said.map(([text, , rate]) => [text, rate])).toEqual([
      ['words of a', 1],
      ['words of c', 1.25],
    ])
  })

  test('[RW7] in the language that is read; a translation is waited for, for a while', async () => {
    const { clock, lines, said } = desk('de')
    lines.value = [line('a')]
    expect(said).toEqual([])
    lines.value = [line('a', { translation: 'Worte von a' })]
    clock.advance(500)
    expect(said).toEqual([['Worte von a', 'de', 1]])
    const other = desk('de')
    other.lines.value = [line('a')]
    other.lines.value = [line('a'), line('b', { language: 'de' })]
    other.clock.advance(9_000)
    expect(other.said.map(([text]) => text)).toEqual(['words of b'])
  })
})

describe('translation', () => {
  test('[RW10] a screen that reads in another language asks for it, now and after a reconnect; only where it can be had', () => {
    const clock = handClock()
    const sent: { type: string; language?: string }[] = []
    let socket: SocketLike | null = null
    const readIn = signal('')
    const room = new RoomModel({
      roomId: 'r',
      url: () => 'ws://x',
      readIn,
      socket: {
        open() {
          socket = {
            binaryType: '',
            bufferedAmount: 0,
            send: (data) => sent.push(JSON.parse(String(data))),
            close() {},
            onopen: null,
            onmessage: null,
            onclose: null,
          }
          return socket
        },
        now: clock.now,
        random: () => 0,
        setTimer: clock.later,
        clearTimer: clock.cancel,
      },
    })
    const welcome = (translation: boolean) => {
      socket?.onopen?.()
      socket?.onmessage?.({
        data: JSON.stringify({
          type: 'welcome',
          version: 1,
          participant: null,
          room: { id: 'r', settings: {} },
          session: null,
          epoch: '',
          seq: 0,
          now: 0,
          limits: {},
          abilities: { translation, summary: false },
        }),
      })
    }
    const asked = () => sent.filter(({ type }) => type === 'translate').map(({ language }) => language)
    room.enter({ role: 'viewer', name: '', participantKey: '', token: '' })
    welcome(false)
    readIn.value = 'de'
    expect(asked()).toEqual([])
    room.enter({ role: 'viewer', name: '', participantKey: '', token: '' })
    welcome(true)
    expect(asked()).toEqual(['de'])
    readIn.value = 'fr'
    expect(asked()).toEqual(['de', 'fr'])
    readIn.value = ''
    expect(asked()).toEqual(['de', 'fr'])
  })
})

test('[WB158] what is decided while the line is cut is sent when it is back, once, and not in another meeting', () => {
  const caughtUp = signal(true)
  const transcript = signal<Transcript>({ ...emptyTranscript, epoch: 'one' })
  const sent: string[] = []
  let open = false
  const decide = decisions({
    caughtUp,
    transcript,
    send(message) {
      if (open) sent.push(message.type === 'title' ? message.title : message.type)
      return open
    },
  })
  const comeBack = (epoch: string) => {
    open = true
    caughtUp.value = false
    transcript.value = { ...emptyTranscript, epoch }
    caughtUp.value = true
  }
  decide({ type: 'title', title: 'Weekly' })
  decide({ type: 'rename', name: 'Ada', participantId: 'p' })
  expect(sent).toEqual([])
  comeBack('one')
  expect(sent).toEqual(['Weekly', 'rename'])
  decide({ type: 'title', title: 'At once' })
  expect(sent.at(-1)).toBe('At once')

  open = false
  decide({ type: 'title', title: 'Of before' })
  comeBack('two')
  comeBack('two')
  expect(sent).toEqual(['Weekly', 'rename', 'At once'])
})
