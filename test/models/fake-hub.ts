/** A model hub that answers as told, byte for byte over a raw socket: it can stall, cut, lie about lengths and loop. */
import type { Socket } from 'bun'

export interface Asked {
  method: string
  path: string
  headers: Record<string, string>
}

/** Gets the request and a way to write; returns when it is done with this request. */
export type Answer = (asked: Asked, say: Say) => void | Promise<void>

export interface Say {
  /** Status line and headers; `connection: close` is added. */
  head(status: number, headers?: Record<string, string | number>): void
  body(bytes: Uint8Array): void
  end(): void
  /** Resets the connection, as a broken line does. */
  cut(): void
}

export interface FakeHub {
  url: string
  /** Every request, in order. */
  asked: Asked[]
  close(): void
}

/** Uses one answer after the other; the last one for all further requests. */
export function fakeHub(...answers: Answer[]): FakeHub {
  const asked: Asked[] = []
  const server = Bun.listen<{ text: string }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.data = { text: '' }
      },
      data(socket, bytes) {
        socket.data.text += bytes.toString('latin1')
        if (!socket.data.text.includes('\r\n\r\n')) return
        const request = parse(socket.data.text)
        socket.data.text = ''
        asked.push(request)
        const answer = answers[Math.min(asked.length, answers.length) - 1] as Answer
        void answer(request, writer(socket))
      },
      drain(socket) {
        pending.get(socket)?.()
      },
      close(socket) {
        pending.delete(socket)
      },
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, asked, close: () => server.stop(true) }
}

const pending = new Map<Socket<{ text: string }>, () => void>()

/** Keeps what the kernel would not take yet, and ends only when everything is out. */
function writer(socket: Socket<{ text: string }>): Say {
  let queue = Buffer.alloc(0)
  let ending = false
  const flush = () => {
    if (queue.length > 0) {
      const taken = socket.write(queue)
      queue = queue.subarray(Math.max(0, taken)) // −1 = nothing taken
    }
    socket.flush()
    if (queue.length === 0 && ending) socket.end()
  }
  pending.set(socket, flush)
  const push = (bytes: Uint8Array) => {
    queue = Buffer.concat([queue, bytes])
    flush()
  }
  return {
    head(status, headers = {}) {
      const lines = Object.entries({ connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}`,
      )
      push(Buffer.from(`HTTP/1.1 ${status} Answer\r\n${lines.join('\r\n')}\r\n\r\n`))
    },
    body: push,
    end() {
      ending = true
      flush()
    },
    cut() {
      flush()
      setTimeout(() => socket.terminate(), 10) // after what was written has left
    },
  }
}

function parse(text: string): Asked {
  const [first = '', ...lines] = (text.split('\r\n\r\n')[0] ?? '').split('\r\n')
  const [method = '', path = ''] = first.split(' ')
  const headers: Record<string, string> = {}
  for (const line of lines)
    headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 1).trim()
  return { method, path, headers }
}

/** First byte asked for, 0 without a Range header. */
export function askedFrom({ headers }: Asked): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
}

/** A well-behaved server of one file, ranges and all. `limit` cuts the line after so many bytes of each answer. */
export function serveFile(
  bytes: Uint8Array,
  { etag = '"v1"', limit = Number.POSITIVE_INFINITY } = {},
): Answer {
  return (asked, say) => {
    const conditional = asked.headers['if-range']
    const from = conditional === undefined || conditional === etag ? askedFrom(asked) : 0
    const rest = bytes.subarray(from)
    if (from > 0) {
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`
      say.head(206, { 'content-length': rest.length, 'content-range': range, etag })
    } else say.head(200, { 'content-length': bytes.length, etag, 'accept-ranges': 'bytes' })
    say.body(rest.subarray(0, Math.min(limit, rest.length)))
    if (limit < rest.length) say.cut()
    else say.end()
  }
}

/** Only headers. */
export function status(code: number, headers: Record<string, string | number> = {}): Answer {
  return (_, say) => {
    say.head(code, { 'content-length': 0, ...headers })
    say.end()
  }
}
