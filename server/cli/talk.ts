/** One conversation with a server as its client: connect, send sound at its pace, hand out what comes back. */

import { SAMPLE_RATE } from '../core/audio.ts'
import { AppError } from '../core/error.ts'
import { toFloat32, toPcm16 } from '../core/pcm.ts'
import { Resampler } from '../core/resampler.ts'
import { BYTES_PER_MS } from '../core/wire.ts'
import type { Dialect, Heard } from './dialects.ts'

export interface TalkOptions {
  uri: URL
  dialect: Dialect
  /** PCM16 mono 16 kHz in pieces of any size; or, with `raw`, the bytes of a file as they are. */
  sound: AsyncIterable<Uint8Array>
  raw?: boolean
  /** Bytes of sound per message. */
  chunkSize: number
  /** Sent no faster than it would be spoken; else as fast as a server may be expected to take it. */
  realTime: boolean
  token?: string
  /** Accept a certificate nobody vouches for (Parley's own). */
  insecure?: boolean
  /** Ms without a message after the end before the conversation is given up. */
  patience: number
  onMessage?: (message: string | Uint8Array) => void
  onHeard: (heard: Heard) => void
}

/** Faster than real time: so much sound may be on its way before the server had time to follow, ms. */
const AHEAD = 8 * 60_000
/** … and this many times real time after that. */
const FAST = 2
/** A server that says when it is done is left after so much silence, ms. */
const HUNG = 180_000
const BUFFERED = 4 * 1024 * 1024

/** Resolves when the server has said everything; rejects when it could not be reached or broke off. */
export async function talk(options: TalkOptions): Promise<void> {
  const { uri, dialect, onHeard } = options
  const socket = open(options)
  const ready = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  let ended = false
  /** Sound sent, ms. */
  let sent = 0
  let complaint = ''
  let { saysDone } = dialect
  let lastMessage = Date.now()
  // Nobody may be waiting for these yet when they fail.
  ready.promise.catch(() => {})
  over.promise.catch(() => {})
  const fail = (error: AppError) => {
    ready.reject(error)
    over.reject(error)
  }
  let opened = false
  socket.onopen = () => {
    opened = true
    for (const message of dialect.hello) transmit(socket, message)
    if (!dialect.waits) ready.resolve()
  }
  socket.onmessage = ({ data }) => {
    lastMessage = Date.now()
    const message = typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)
    options.onMessage?.(message)
    for (const heard of dialect.read(message)) {
      if (heard.type === 'ready') ready.resolve()
      else if (heard.type === 'done') over.resolve()
      else if (heard.type === 'watch')
        saysDone = true // Parley: it closes when it is done, in every protocol
      else if (heard.type === 'error') complaint = heard.text
      onHeard(heard)
    }
  }
  socket.onclose = ({ code, reason }) => {
    if (ended && (code === 1000 || code === 1005)) return over.resolve()
    const never = 'no WebSocket answers there. Is the server running (parley serve), and is this its address'
    const broken = code === 1006 ? 'the connection broke off' : `close code ${code}`
    const why = complaint || (opened ? reason || broken : never)
    fail(new AppError('unavailable', `${uri.origin}: ${why.replace(/\.$/, '')}${opened ? '.' : '?'}`))
  }
  const began = Date.now()
  const watchdog = setInterval(() => {
    // Servers that never say they are done are left when they have been quiet for a while, and had the time to hear it all.
    const quiet = Date.now() - Math.max(lastMessage, began + sent)
    if (!ended || quiet <= (saysDone ? Math.max(HUNG, options.patience) : options.patience)) return
    if (saysDone) fail(new AppError('unavailable', `${uri.origin}: the server does not come to an end.`))
    else over.resolve()
  }, 250)
  try {
    await ready.promise
    const count = (ms: number) => {
      sent = ms
    }
    await Promise.race([send(socket, options, count), over.promise])
    for (const message of dialect.end) transmit(socket, message)
    ended = true
    lastMessage = Date.now()
    await over.promise
  } finally {
    clearInterval(watchdog)
    socket.close(1000)
  }
}

function open({ uri, token, insecure }: TalkOptions): WebSocket {
  const address = new URL(uri)
  address.protocol = address.protocol.replace('http', 'ws')
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  // Bun's WebSocket takes options where the browser's takes subprotocols.
  const options = { headers, ...(insecure ? { tls: { rejectUnauthorized: false } } : {}) }
  const socket = new WebSocket(address, options as unknown as string[])
  socket.binaryType = 'arraybuffer'
  return socket
}

/** The type of `send` tells apart buffers that are shared between threads; ours never are. */
function transmit(socket: WebSocket, message: string | Uint8Array): void {
  socket.send(message as string | Uint8Array<ArrayBuffer>)
}

async function send(socket: WebSocket, options: TalkOptions, count: (ms: number) => void): Promise<void> {
  const { dialect, chunkSize, realTime, raw } = options
  const resampler = dialect.rate === SAMPLE_RATE || raw ? null : new Resampler(SAMPLE_RATE, dialect.rate)
  const began = performance.now()
  let sent = 0
  for await (const piece of pieces(options.sound, chunkSize)) {
    if (socket.readyState !== WebSocket.OPEN) return
    const sound = resampler ? toPcm16(resampler.push(toFloat32(piece))) : piece
    transmit(socket, raw ? sound : dialect.pack(sound))
    sent += piece.length / BYTES_PER_MS
    count(sent)
    const elapsed = performance.now() - began
    const ahead = raw ? 0 : realTime ? sent - elapsed : (sent - AHEAD) / FAST - elapsed
    if (ahead > 0) await Bun.sleep(ahead)
    while (socket.bufferedAmount > BUFFERED && socket.readyState === WebSocket.OPEN) await Bun.sleep(20)
  }
  if (resampler) transmit(socket, dialect.pack(toPcm16(resampler.flush())))
}

/** The same bytes in pieces of exactly `size`, but for the last. */
export async function* pieces(sound: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array(0)
  for await (const bytes of sound) {
    const all = new Uint8Array(rest.length + bytes.length)
    all.set(rest)
    all.set(bytes, rest.length)
    let at = 0
    for (; at + size <= all.length; at += size) yield all.slice(at, at + size)
    rest = all.slice(at)
  }
  if (rest.length > 0) yield rest
}
