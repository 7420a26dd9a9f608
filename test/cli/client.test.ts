/** `parley client` and `parley listen` against the codecs over real sockets, with a recogniser moved by a script. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Server } from 'bun'
import { createFakeEngine, say } from '../../server/asr/backends/fake.ts'
import { DIALECTS, dialectOf } from '../../server/cli/dialects.ts'
import { pieces, talk } from '../../server/cli/talk.ts'
import { converse, targetOf } from '../../server/cli/talk-options.ts'
import { TalkPrinter } from '../../server/cli/talk-printer.ts'
import { Budget } from '../../server/core/budget.ts'
import { systemClock } from '../../server/core/clock.ts'
import { toFloat32 } from '../../server/core/pcm.ts'
import { silentLog } from '../../server/log.ts'
import { findRecorder, recordCommand, recordWith } from '../../server/media/recorder.ts'
import { Capacity } from '../../server/protocol/capacity.ts'
import { openConnection } from '../../server/protocol/connection.ts'
import type { ForeignConnection, ForeignSocket, ProtocolHost } from '../../server/protocol/host.ts'
import { foreignId } from '../../server/protocol/ids.ts'
import { protocolAt } from '../../server/protocol/index.ts'
import { selfCommand } from '../../server/setup/self.ts'
import { tone } from '../helpers/foreign.ts'

/** Every stream hears these two lines in its first 1.5 s. */
const engine = createFakeEngine({ utterances: [say('hello there', 100, 200), say('good bye', 800, 200)] })

const host: ProtocolHost = {
  createRoomFor: async () => ({ roomId: 'room-1', watch: 'http://localhost/r/room-1' }),
  async takeSeat({ speech }) {
    const options = {
      language: null,
      languages: [],
      task: 'transcribe' as const,
      vocabulary: '',
      drafts: true,
      refine: false,
    }
    const stream = engine.open({
      ...options,
      ...speech,
      refine: false,
      start: 0,
      room: 'room-1',
      speaker: 'par_1',
    })
    return {
      participantId: 'par_1',
      roomId: 'room-1',
      start: 0,
      feed: (pcm) => stream.feed(pcm),
      flush: () => stream.flush(),
      clear: () => stream.flush(),
      finish: () => stream.finish(),
      configure: (change) => stream.configure(change),
      backlog: () => 0,
      on: (listener) => stream.on(listener),
      leave: async () => stream.close(),
    }
  },
  undecoded: new Budget(0, 1e9),
  openMedia() {
    const waiting: Uint8Array[] = []
    let wake = () => {}
    let ended = false
    return {
      write(bytes: Uint8Array) {
        waiting.push(bytes)
        wake()
      },
      end() {
        ended = true
        wake()
      },
      close() {},
      pcm: {
        async *[Symbol.asyncIterator]() {
          for (;;) {
            const next = waiting.shift()
            if (next) yield toFloat32(next)
            else if (ended) return
            else await new Promise<void>((resolve) => (wake = resolve))
          }
        },
      },
    }
  },
  status: () => engine.status(),
  finalWait: 0,
  capacity: new Capacity({ whisperlive: { max: 1, seconds: 600 } }),
  settings: {
    language: null,
    maxConnectionTime: 600,
    forwardEvery: 0,
    asrStream: { language: 'en-US', sampleRate: 16_000, interim: true, punctuation: true },
  },
  clock: systemClock,
  wallClock: Date.now,
  newId: foreignId,
  log: silentLog,
}

interface Data {
  url: URL
  connection: ForeignConnection | null
}

let server: Server<Data>
beforeAll(() => {
  server = Bun.serve<Data>({
    port: 0,
    fetch(request, self) {
      const url = new URL(request.url)
      const known = protocolAt(url.pathname) ?? url.pathname === '/mute'
      if (known && self.upgrade(request, { data: { url, connection: null } })) return
      return new Response('', { status: 404 })
    },
    websocket: {
      data: {} as Data,
      open(socket) {
        const protocol = protocolAt(socket.data.url.pathname)
        const request = { url: socket.data.url, headers: new Headers(), subprotocols: [] }
        if (protocol)
          socket.data.connection = openConnection(protocol, request, socket as ForeignSocket, host)
      },
      message: (socket, data) => socket.data.connection?.message(data),
      close: (socket, code) => socket.data.connection?.closed(code),
    },
  })
})
afterAll(() => server.stop(true))

const address = (path = '') => `ws://127.0.0.1:${server.port}${path}`

class Sink {
  text = ''
  isTTY = false
  columns = 20
  write(text: string): void {
    this.text += text
  }
}

async function* spoken(ms = 2000): AsyncGenerator<Uint8Array> {
  const sound = tone(ms)
  for (let at = 0; at < sound.length; at += 5000) yield sound.subarray(at, at + 5000)
}

const FLAGS = { chunkSize: 4096, patience: 5 }

for (const protocol of Object.keys(DIALECTS)) {
  test(`[CL1, CL3] ${protocol}`, async () => {
    const stdout = new Sink()
    const stderr = new Sink()
    const flags = { ...FLAGS, uri: address(), protocol, language: 'en' }
    const finals = await converse(flags, { sound: spoken(), realTime: false }, { stdout, stderr })
    expect(finals).toEqual(['hello there', 'good bye'])
    expect(stdout.text).toBe('hello there\ngood bye\n')
    const watched = protocol !== 'whisper-stream' // its messages are transcripts and nothing else
    expect(stderr.text).toBe(watched ? 'Read along: http://localhost/r/room-1\n' : '')
  })
}

test('[CL2] pieces of exactly the size asked for', async () => {
  const sizes: number[] = []
  for await (const piece of pieces(spoken(), 4096)) sizes.push(piece.length)
  expect(sizes).toEqual([...Array(15).fill(4096), 64_000 - 15 * 4096])
})

test('[CL3] a terminal shows growing words on its last line and clears them', () => {
  const stdout = new Sink()
  stdout.isTTY = true
  const printer = new TalkPrinter({ stdout, stderr: new Sink(), json: false, partials: false })
  printer.heard({ type: 'partial', text: 'a line that is far too long for it' })
  printer.heard({ type: 'final', text: 'done' })
  const [dim, plain, clear] = ['\u001b[2m', '\u001b[0m', '\r\u001b[K']
  expect(stdout.text).toBe(`${dim}…r too long for it${plain}${clear}done\n`)
  const pipe = new Sink()
  const quiet = new TalkPrinter({ stdout: pipe, stderr: new Sink(), json: false, partials: false })
  quiet.heard({ type: 'partial', text: 'not yet' })
  expect(pipe.text).toBe('')
})

test('[SX66] a server’s words do not drive the terminal', () => {
  const [stdout, stderr] = [new Sink(), new Sink()]
  const printer = new TalkPrinter({ stdout, stderr, json: false, partials: true })
  const text = 'a\u001b[2Jb\u009bc'
  printer.heard({ type: 'partial', text })
  printer.heard({ type: 'final', text })
  printer.heard({ type: 'error', text })
  printer.heard({ type: 'watch', url: text })
  printer.note(text)
  expect(stdout.text).toBe('~ a [2Jb c\na [2Jb c\n')
  expect(stderr.text).toBe('error: a [2Jb c\nRead along: a [2Jb c\na [2Jb c\n')
})

test('[CL4] every message as a JSON line', async () => {
  const stdout = new Sink()
  const flags = { ...FLAGS, uri: address('/ws/asr-stream'), json: true }
  await converse(flags, { sound: spoken(), realTime: false }, { stdout, stderr: new Sink() })
  const lines = stdout.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines[0]).toMatchObject({ ms: expect.any(Number), message: { type: 'metadata' } })
  expect(lines.at(-1)).toMatchObject({ message: { type: 'complete' } })
})

test('[CL5] refused, and not there', async () => {
  const full = converse(
    { ...FLAGS, uri: address(), protocol: 'whisperlive' },
    { sound: spoken(), realTime: false },
    { stdout: new Sink(), stderr: new Sink() },
  )
  // The one place is taken by this one, whichever comes first.
  const second = converse(
    { ...FLAGS, uri: address(), protocol: 'whisperlive' },
    { sound: spoken(), realTime: false },
    { stdout: new Sink(), stderr: new Sink() },
  )
  const results = await Promise.allSettled([full, second])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const refusal = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult
  expect(refusal.reason.message).toContain('full')
  const child = Bun.spawn(selfCommand('client', '--uri', 'ws://127.0.0.1:9', 'test/fixtures/en_jfk.wav'), {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  expect(await child.exited).toBe(1)
  expect(await new Response(child.stderr).text()).toMatch(/^parley: ws:\/\/127\.0\.0\.1:9: /)
})

test('[CL6] misspelt', () => {
  expect(() => targetOf({ protocol: 'realtim' })).toThrow("Did you mean 'realtime'?")
  expect(() => targetOf({ language: 'xx' })).toThrow("Unknown language 'xx'")
  expect(() => targetOf({ uri: 'ftp://host' })).toThrow('is no address')
})

test('[CL7] addresses', () => {
  expect(targetOf({}).uri.href).toBe('ws://127.0.0.1:8123/ws/asr-stream')
  expect(targetOf({ uri: 'host:9090', protocol: 'whisperlive' }).uri.href).toBe(
    'ws://host:9090/ws/whisper-live',
  )
  expect(targetOf({ uri: 'ws://host:8000/ws' })).toMatchObject({ name: 'simple' })
  expect(targetOf({ uri: 'http://host/v1/listen?model=x' }).uri.search).toContain('model=x&encoding=linear16')
  expect(targetOf({ uri: 'ws://host/other', protocol: 'simple' }).uri.href).toBe('ws://host/other')
  expect(targetOf({ room: 'quiet-otter-1', token: 't' }).uri.search).toBe('?room=quiet-otter-1&token=t')
  expect(dialectOf(new URL('ws://host/asr'))).toBe('whisperlivekit')
})

test('[CL8] a server that never says it is done', async () => {
  const dialect = DIALECTS['whisper-stream']?.({ language: null, translate: false })
  if (!dialect) throw new Error('no dialect')
  const mute = { uri: new URL(address('/mute')), dialect, chunkSize: 4096, realTime: false, patience: 1 }
  await talk({ ...mute, sound: spoken(100), onHeard: () => {} })
})

test('[LI1] recorders and their command lines', () => {
  const here =
    (...names: string[]) =>
    (name: string) =>
      names.includes(name) ? `/usr/bin/${name}` : null
  expect(findRecorder(undefined, here('sox', 'ffmpeg'))).toBe('ffmpeg')
  expect(findRecorder('sox', here('sox', 'ffmpeg'))).toBe('sox')
  expect(findRecorder('arecord', here('sox'))).toBeNull()
  expect(recordCommand('arecord', 'plughw:1,0').join(' ')).toBe(
    'arecord -q -t raw -f S16_LE -r 16000 -c 1 -D plughw:1,0',
  )
  expect(recordCommand('ffmpeg', 'hw:1', 'linux').join(' ')).toContain(
    '-f alsa -i hw:1 -ac 1 -ar 16000 -f s16le -',
  )
  expect(recordCommand('ffmpeg', 'alsa_input.usb', 'linux').join(' ')).toContain('-f pulse -i alsa_input.usb')
  expect(recordCommand('ffmpeg', undefined, 'darwin').join(' ')).toContain('-f avfoundation -i :default')
  expect(recordCommand('ffmpeg', 'Headset', 'win32').join(' ')).toContain('-f dshow -i audio=Headset')
  expect(recordCommand('sox', undefined, 'linux').join(' ')).toContain('sox -q -d -t raw -r 16000')
})

test('[LI2] the end of the recording is not the end of its words', async () => {
  const { sound, stop } = recordWith([
    process.execPath,
    '-e',
    'process.stdout.write(new Uint8Array(64000)); setInterval(() => {}, 1000)',
  ])
  const stdout = new Sink()
  async function* untilHeard(): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const piece of sound) {
      yield piece
      bytes += piece.length
      if (bytes >= 64_000) stop()
    }
  }
  const flags = { ...FLAGS, uri: address('/ws/asr-stream') }
  const finals = await converse(
    flags,
    { sound: untilHeard(), realTime: false },
    { stdout, stderr: new Sink() },
  )
  expect(finals).toEqual(['hello there', 'good bye'])
})

test('[LI3] a recorder that fails', async () => {
  const { sound } = recordWith([process.execPath, '-e', 'console.error("no such card"); process.exit(1)'])
  const failing = async () => {
    for await (const _ of sound);
  }
  await expect(failing()).rejects.toThrow('no such card')
})
