/** WhisperLive and WhisperLiveKit as running servers, and one speaker's connection to each. */
import { createServer } from 'node:net'
import type { Subprocess } from 'bun'
import type { PeerInstallation } from './install.ts'
import { type LiveText, type TextReader, whisperLiveKitReader, whisperLiveReader } from './texts.ts'

export interface PeerLine {
  write(pcm: Float32Array): void
  /** No more audio; resolves when the system says it is done, or at once where it has no such signal. */
  end(): Promise<void>
  close(): void
}

export interface Peer {
  name: string
  process: Subprocess
  /** Whether it tells when everything has been recognised. */
  saysEnd: boolean
  connect(onText: (text: LiveText) => void): Promise<PeerLine>
  stop(): Promise<void>
}

export type PeerName = 'WhisperLive' | 'WhisperLiveKit'
export const PEERS: readonly PeerName[] = ['WhisperLive', 'WhisperLiveKit']

/** Loading a model and warming up, on a slow machine. */
const START_WITHIN = 180_000
/** After its end signal, a system far behind may still be working. */
const END_WITHIN = 90_000

/** `warmup`: a spoken WAV file for the system that wants one. */
export async function startPeer(name: PeerName, at: PeerInstallation, warmup: string): Promise<Peer> {
  const port = await freePort()
  const command =
    name === 'WhisperLive'
      ? [
          `${at.bin}/python`,
          '-c',
          'import sys\nfrom whisper_live.server import TranscriptionServer\n' +
            "TranscriptionServer().run('127.0.0.1', port=int(sys.argv[1]), backend='faster_whisper', " +
            'faster_whisper_custom_model_path=sys.argv[2], single_model=True)',
          String(port),
          at.model,
        ]
      : `${at.bin}/whisperlivekit-server --host 127.0.0.1 --port ${port} --backend faster-whisper --backend-policy localagreement --model_dir ${at.model} --lan en --pcm-input --warmup-file ${warmup}`.split(
          ' ',
        )
  const log = Bun.file(`${at.model}/../${name}.log`)
  const child = Bun.spawn(command, { stdout: log, stderr: Bun.file(`${at.model}/../${name}.errors.log`) })
  const url = `ws://127.0.0.1:${port}${name === 'WhisperLive' ? '' : '/asr'}`
  const stop = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  const until = Date.now() + START_WITHIN
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop()
      throw new Error(`${name} did not start; see ${log.name}`)
    }
    await Bun.sleep(500)
  }
  const connect = (onText: (text: LiveText) => void) =>
    name === 'WhisperLive'
      ? open(url, whisperLiveReader(), onText, {
          hello: JSON.stringify({
            uid: crypto.randomUUID(),
            language: 'en',
            task: 'transcribe',
            model: at.model,
            use_vad: true,
          }),
          pack: (pcm) => pcm.slice(),
          end: 'END_OF_AUDIO',
          saysEnd: false,
        })
      : open(url, whisperLiveKitReader(), onText, {
          pack: (pcm) =>
            Int16Array.from(pcm, (value) => Math.round(Math.max(-1, Math.min(1, value)) * 32_767)),
          end: new Uint8Array(0),
          saysEnd: true,
        })
  return { name, process: child, saysEnd: name === 'WhisperLiveKit', connect, stop }
}

interface Dialect {
  hello?: string
  pack(pcm: Float32Array): Float32Array<ArrayBuffer> | Int16Array<ArrayBuffer>
  end: string | Uint8Array<ArrayBuffer>
  /** Whether the server tells when everything has been recognised. */
  saysEnd: boolean
}

async function open(
  url: string,
  read: TextReader,
  onText: (text: LiveText) => void,
  dialect: Dialect,
): Promise<PeerLine> {
  const socket = new WebSocket(url)
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  socket.onopen = () => dialect.hello && socket.send(dialect.hello)
  socket.onmessage = ({ data }) => {
    if (typeof data !== 'string') return
    const text = read(data)
    if (text === 'ready') ready.resolve()
    else if (text === 'end') ended.resolve()
    else if (text) {
      ready.resolve()
      onText(text)
    }
  }
  socket.onclose = () => {
    ready.reject(new Error(`${url} closed the connection before it was ready.`))
    ended.resolve()
  }
  const late = setTimeout(() => ready.reject(new Error(`${url} did not get ready.`)), START_WITHIN)
  await ready.promise
  clearTimeout(late)
  return {
    write: (pcm) => socket.send(dialect.pack(pcm)),
    async end() {
      socket.send(dialect.end)
      if (dialect.saysEnd) await Promise.race([ended.promise, Bun.sleep(END_WITHIN)])
    },
    close: () => socket.close(),
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } })
    socket.end()
    return true
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
