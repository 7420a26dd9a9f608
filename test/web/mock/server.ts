/** A stand-in for the server: serves the built web app with a strict CSP and speaks the wire protocol with a scripted conversation. */
import type { ServerMessage } from '../../../server/core/wire.ts'
import { type ApiOptions, mockApi } from './api.ts'
import { buildWeb, type Files } from './bundle.ts'
import { type Received, Recordings } from './recordings.ts'
import { ScriptedRoom } from './room.ts'
import { answer, type MockClient } from './socket.ts'

const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self' blob:; connect-src 'self' ws: wss:; media-src 'self' blob:; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

export interface MockOptions extends ApiOptions {
  port?: number
  /** Time between two words of the script, ms; 0 = everything is said already. */
  wordMs?: number
  files?: Files
  /** So many lines are there from the start (with `wordMs: 0`). */
  lines?: number
}

export async function startMock(options: MockOptions = {}) {
  const files = options.files ?? (await buildWeb())
  const page = [...files].find(([path]) => path.endsWith('.html'))?.[1]
  const sockets = new Set<Bun.ServerWebSocket<MockClient>>()
  const received = new Map<string, Received>()
  let deaf = false
  const room = new ScriptedRoom((envelope) => {
    const message = JSON.stringify({ type: 'event', envelope } satisfies ServerMessage)
    for (const socket of sockets) if (socket.data.greeted) socket.send(message)
  })
  const api = mockApi(room, options)
  if (options.wordMs === 0) room.sayAll(options.lines)
  const timer = options.wordMs === 0 ? null : setInterval(() => room.sayWord(), options.wordMs ?? 250)

  const server = Bun.serve<MockClient>({
    port: options.port ?? 0,
    fetch(request, self) {
      const { pathname } = new URL(request.url)
      if (pathname.startsWith('/api/')) return api.fetch(request)
      if (pathname.startsWith('/ws/room/')) {
        if (deaf) return new Response('deaf', { status: 503 })
        const data = { greeted: false, recordings: new Recordings(received) }
        return self.upgrade(request, { data }) ? undefined : new Response('no', { status: 400 })
      }
      const found = pathname.endsWith('.html') ? undefined : files.get(pathname)
      const { body, type } = found ?? { body: page?.body, type: 'text/html; charset=utf-8' }
      return new Response(body, { headers: { 'content-security-policy': CSP, 'content-type': type } })
    },
    websocket: {
      open: (socket) => void sockets.add(socket),
      close: (socket) => void sockets.delete(socket),
      message(socket, data) {
        const given = typeof data === 'string' ? data : new Uint8Array(data)
        for (const message of answer(room, socket.data, given)) socket.send(JSON.stringify(message))
      },
    },
  })
  const cut = () => {
    for (const socket of sockets) socket.terminate()
  }
  return {
    url: server.url.href.replace(/\/$/, ''),
    tell: room.tell.bind(room),
    /** Bytes received, by the streams' own names. */
    received,
    /** Says so many words, one every `ms`. */
    speak(words: number, ms: number) {
      let left = words
      const each = setInterval(() => {
        if (left-- <= 0) return clearInterval(each)
        room.sayWord()
      }, ms)
    },
    /** While deaf, no socket opens: the line is cut for good. */
    set deaf(value: boolean) {
      deaf = value
      if (deaf) cut()
    },
    /** Cuts every connection, as a network does. */
    cut,
    async close() {
      if (timer) clearInterval(timer)
      await server.stop(true)
    },
  }
}

if (import.meta.main) {
  const mock = await startMock({
    port: Number(process.env.PORT ?? 8300),
    wordMs: Number(process.env.WORD_MS ?? 250),
  })
  console.log(mock.url)
}
