/** A TCP proxy that misbehaves on command: delay, thin line, cut, cut inside a frame, silence, reset, half-open. */
import type { Socket as BunSocket } from 'bun'

export interface ChaosProxy {
  port: number
  url: string
  /** Where new connections go; change it after the server restarted on another port. */
  target: number
  /** One-way delay added to every piece, ms. */
  delay: number
  /** Bytes per second in each direction, 0 = unlimited. */
  bandwidth: number
  /** `open`; `refuse` = accept and close at once; `black` = accept and pass nothing, either way. */
  mode: 'open' | 'refuse' | 'black'
  readonly connections: number
  /** Ends every connection in order (FIN). */
  cut(): void
  /** Ends every connection hard (RST). */
  reset(): void
  /** Cuts each connection after exactly `bytes` more bytes from the client: in the middle of a frame. */
  cutAfter(bytes: number): void
  /** From now on the existing connections pass nothing, and nobody is told: a cable pulled out. */
  freeze(): void
  close(): Promise<void>
}

type Side = BunSocket<Half>
interface Half {
  pair: Pair
  to: 'client' | 'server'
}

interface Pair {
  client: Side
  server: Side | null
  frozen: boolean
  /** Bytes from the client until the cut, Infinity = none planned. */
  budget: number
  /** Per direction: what waits, and when the next piece may go. */
  queue: Record<'client' | 'server', { data: Uint8Array; at: number }[]>
  freeAt: Record<'client' | 'server', number>
  timer: Record<'client' | 'server', ReturnType<typeof setTimeout> | null>
}

export async function startChaosProxy(target: number): Promise<ChaosProxy> {
  const pairs = new Set<Pair>()
  const end = (pair: Pair, hard: boolean) => {
    pairs.delete(pair)
    for (const side of ['client', 'server'] as const) {
      const timer = pair.timer[side]
      if (timer) clearTimeout(timer)
      const socket = pair[side]
      if (hard) socket?.terminate()
      else socket?.end()
    }
  }

  const flush = (pair: Pair, to: 'client' | 'server') => {
    pair.timer[to] = null
    if (pair.frozen || proxy.mode === 'black') return
    const socket = pair[to]
    if (!socket) return
    const queue = pair.queue[to]
    for (let first = queue[0]; first; first = queue[0]) {
      const wait = first.at - performance.now()
      if (wait > 0) {
        pair.timer[to] = setTimeout(() => flush(pair, to), wait)
        return
      }
      const sent = socket.write(first.data)
      if (sent < 0) return end(pair, true)
      if (sent < first.data.length) {
        first.data = first.data.subarray(sent)
        return // `drain` goes on
      }
      queue.shift()
    }
  }

  const pass = (pair: Pair, to: 'client' | 'server', bytes: Uint8Array) => {
    if (pair.frozen || proxy.mode === 'black') return
    let data = Uint8Array.from(bytes)
    let cut = false
    if (to === 'server') {
      if (data.length >= pair.budget) {
        data = data.subarray(0, pair.budget)
        cut = true
      }
      pair.budget -= data.length
    }
    const now = performance.now()
    const start = Math.max(now, pair.freeAt[to])
    pair.freeAt[to] = proxy.bandwidth > 0 ? start + (data.length / proxy.bandwidth) * 1000 : start
    pair.queue[to].push({ data, at: pair.freeAt[to] + proxy.delay })
    if (!pair.timer[to]) flush(pair, to)
    if (cut) setTimeout(() => end(pair, true), proxy.delay + 5)
  }

  const handlers = {
    data(socket: Side, bytes: Uint8Array) {
      pass(socket.data.pair, socket.data.to === 'client' ? 'server' : 'client', bytes)
    },
    drain(socket: Side) {
      flush(socket.data.pair, socket.data.to)
    },
    close(socket: Side) {
      const { pair } = socket.data
      // A frozen line does not carry the farewell of the other side either.
      if (!pair.frozen) setTimeout(() => end(pair, false), proxy.delay)
    },
    error() {},
  }

  const listener = Bun.listen<Half>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      ...handlers,
      open(socket) {
        const pair: Pair = {
          client: socket,
          server: null,
          frozen: false,
          budget: Number.POSITIVE_INFINITY,
          queue: { client: [], server: [] },
          freeAt: { client: 0, server: 0 },
          timer: { client: null, server: null },
        }
        socket.data = { pair, to: 'client' }
        if (proxy.mode === 'refuse') return void socket.end()
        pairs.add(pair)
        Bun.connect<Half>({
          hostname: '127.0.0.1',
          port: proxy.target,
          data: { pair, to: 'server' },
          socket: {
            ...handlers,
            open(server) {
              pair.server = server
              flush(pair, 'server')
            },
            connectError: () => end(pair, false),
          },
        }).catch(() => end(pair, false))
      },
    },
  })

  const proxy: ChaosProxy = {
    port: listener.port,
    url: `http://127.0.0.1:${listener.port}`,
    target,
    delay: 0,
    bandwidth: 0,
    mode: 'open',
    get connections() {
      return pairs.size
    },
    cut() {
      for (const pair of [...pairs]) end(pair, false)
    },
    reset() {
      for (const pair of [...pairs]) end(pair, true)
    },
    cutAfter(bytes) {
      for (const pair of pairs) pair.budget = bytes
    },
    freeze() {
      for (const pair of pairs) pair.frozen = true
    },
    async close() {
      for (const pair of [...pairs]) end(pair, true)
      listener.stop(true)
    },
  }
  return proxy
}
