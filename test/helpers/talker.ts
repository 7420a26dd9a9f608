/** Clients of every protocol over real sockets, built from the client's side that `parley client` uses. */
import { DIALECTS, type Dialect } from '../../server/cli/dialects.ts'
import { toPcm16 } from '../../server/core/pcm.ts'
import { tone } from './foreign.ts'

export interface Kind {
  name: string
  /** The protocol whose rules it follows (its name in the server's list). */
  protocol: string
  headers?: Record<string, string>
  dialect(): Dialect
}

const made = (name: string): Dialect => {
  const make = DIALECTS[name]
  if (!make) throw new Error(`no dialect ${name}`)
  return make({ language: 'en', translate: false })
}

const kind = (name: string, protocol = name, change: Partial<Dialect> = {}): Kind => ({
  name,
  protocol,
  dialect: () => ({ ...made(protocol), ...change }),
})

/** Every wire format, and every path or shape that has a code path of its own. */
export const KINDS: Kind[] = [
  kind('asr-stream'),
  kind('realtime'),
  {
    name: 'realtime-beta',
    protocol: 'realtime',
    headers: { 'OpenAI-Beta': 'realtime=v1' },
    dialect: () => ({
      ...made('realtime'),
      hello: ['{"type":"transcription_session.update","session":{"input_audio_format":"pcm16"}}'],
      end: ['{"type":"input_audio_buffer.commit"}', '{"type":"transcription_session.update","session":{}}'],
    }),
  },
  kind('simple'),
  kind('whisperlive'),
  kind('whisperlive at /', 'whisperlive', { path: '/' }),
  kind('whisper-stream'),
  kind('whisper-stream at /', 'whisper-stream', { path: '/?format=f32' }),
  kind('whisperlivekit'),
  { name: 'whisperlivekit-diff', protocol: 'whisperlivekit', dialect: diffDialect },
  kind('deepgram'),
]

/** Full states out of diffs, read by the reader of full states. */
function diffDialect(): Dialect {
  const full = made('whisperlivekit')
  let lines: unknown[] = []
  return {
    ...full,
    path: '/asr?language=en&mode=diff',
    read(message) {
      const parsed = JSON.parse(String(message)) as { type?: string; lines?: unknown[] } & {
        lines_pruned?: number
        n_lines?: number
        new_lines?: unknown[]
      }
      if (parsed.type === 'snapshot') lines = parsed.lines ?? []
      else if (parsed.type === 'diff') {
        const fresh = parsed.new_lines ?? []
        lines = lines.slice(parsed.lines_pruned ?? 0)
        lines = [...lines.slice(0, (parsed.n_lines ?? 0) - fresh.length), ...fresh]
      } else return full.read(message)
      const { type: _, ...state } = parsed
      return full.read(JSON.stringify({ ...state, lines }))
    },
  }
}

/** One conversation with a running server, moved by hand. */
export class Talker {
  readonly finals: string[] = []
  readonly errors: string[] = []
  readonly messages: string[] = []
  /** How often words that may still change were told. */
  partials = 0
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #dialect: Dialect
  readonly #socket: WebSocket
  readonly #opened = Promise.withResolvers<void>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #done = Promise.withResolvers<void>()

  /** `base`: ws://host:port; `query` is added to the address. */
  constructor(
    base: string,
    { dialect, headers = {} }: Kind,
    options: { query?: Record<string, string>; hello?: boolean } = {},
  ) {
    this.#dialect = dialect()
    const url = new URL(this.#dialect.path, base)
    for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value)
    // Bun's WebSocket takes headers where the browser's takes subprotocols.
    const socket = new WebSocket(url, { headers } as unknown as string[])
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    const { hello = true } = options
    socket.onopen = () => {
      this.#opened.resolve()
      for (const message of hello ? this.#dialect.hello : []) socket.send(message)
      if (!this.#dialect.waits) this.#ready.resolve()
    }
    socket.onmessage = ({ data }) => this.#read(String(data))
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>()
    this.closed = promise
    socket.onclose = ({ code, reason }) => {
      this.#opened.resolve()
      this.#ready.resolve()
      this.#done.resolve()
      resolve({ code, reason })
    }
  }

  get text(): string {
    return this.finals.join(' ')
  }
  get open(): Promise<void> {
    return this.#opened.promise
  }
  /** Sound is welcome, or the connection is over. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  send(message: string | Uint8Array): void {
    this.#socket.send(message as string | Uint8Array<ArrayBuffer>)
  }

  hello(): void {
    for (const message of this.#dialect.hello) this.send(message)
  }

  /** `ms` of sound in pieces of 100 ms, once the server is ready for it. */
  async say(ms: number, sound: (ms: number) => Uint8Array = (each) => tone(each, 's16le', this.rate)) {
    await this.#ready.promise
    for (let at = 0; at < ms; at += 100) this.send(this.#dialect.pack(sound(Math.min(100, ms - at))))
  }

  /** PCM16 as it is, once the server is ready for it. */
  async pass(pcm16: Uint8Array): Promise<void> {
    await this.#ready.promise
    this.send(this.#dialect.pack(pcm16))
  }

  /** The end as this client says it; resolves when the server has said everything. */
  async end(): Promise<void> {
    await this.#ready.promise
    for (const message of this.#dialect.end) this.send(message)
    await this.#done.promise
    this.#socket.close()
  }

  /** The line is cut: no closing handshake. */
  cut(): void {
    ;(this.#socket as unknown as { terminate(): void }).terminate()
  }

  get rate(): number {
    return this.#dialect.rate
  }

  #read(message: string): void {
    this.messages.push(message)
    for (const heard of this.#dialect.read(message)) {
      if (heard.type === 'ready') this.#ready.resolve()
      else if (heard.type === 'done') this.#done.resolve()
      else if (heard.type === 'final') this.finals.push(heard.text)
      else if (heard.type === 'partial') this.partials++
      else if (heard.type === 'error') this.errors.push(heard.text)
    }
  }
}

/** Digital silence at the rate a client sends. */
export function silence(rate: number): (ms: number) => Uint8Array {
  return (ms) => toPcm16(new Float32Array(Math.round((ms / 1000) * rate)))
}
