/** A relay before a socket endpoint that keeps back what the server says and passes everything else: Autobahn expects nobody to speak first. */
import type { Socket } from 'bun'

interface Line {
  server: Socket<Line> | null
  /** From the client, until there is a server to give it to. */
  early: Uint8Array[]
  /** From the server and not yet a whole head or frame. */
  rest: Buffer
  greeted: boolean
}

/** Text, binary and their continuations; what is left are close, ping and pong. */
const CONTROL = 0x8

/** Cuts whole frames (unmasked: they come from a server) off the front; what is no control frame is left out. */
function controlFrames(bytes: Buffer): { pass: Buffer; rest: Buffer } {
  const kept: Buffer[] = []
  let at = 0
  while (bytes.length - at >= 2) {
    const short = (bytes[at + 1] as number) & 0x7f
    const head = short === 126 ? 4 : short === 127 ? 10 : 2
    if (bytes.length - at < head) break
    const length =
      short === 126
        ? bytes.readUInt16BE(at + 2)
        : short === 127
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short
    if (bytes.length - at < head + length) break
    if ((bytes[at] as number) & CONTROL) kept.push(bytes.subarray(at, at + head + length))
    at += head + length
  }
  return { pass: Buffer.concat(kept), rest: bytes.subarray(at) }
}

/** Listens on a port of its own for `target`. */
export function startQuietRelay(target: number): { port: number; stop(): void } {
  const listener = Bun.listen<Line>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(client) {
        client.data = { server: null, early: [], rest: Buffer.alloc(0), greeted: false }
        void Bun.connect<Line>({
          hostname: '127.0.0.1',
          port: target,
          data: client.data,
          socket: {
            open(server) {
              server.data.server = server
              for (const bytes of server.data.early) server.write(bytes)
            },
            data(server, bytes) {
              const line = server.data
              line.rest = Buffer.concat([line.rest, bytes])
              if (!line.greeted) {
                const end = line.rest.indexOf('\r\n\r\n')
                if (end < 0) return
                line.greeted = true
                client.write(line.rest.subarray(0, end + 4))
                line.rest = line.rest.subarray(end + 4)
              }
              const { pass, rest } = controlFrames(line.rest)
              line.rest = rest
              if (pass.length > 0) client.write(pass)
            },
            close: () => void client.end(),
            error: () => void client.end(),
          },
        }).catch(() => client.end())
      },
      data(client, bytes) {
        if (client.data.server) client.data.server.write(bytes)
        else client.data.early.push(Buffer.from(bytes))
      },
      close: (client) => void client.data.server?.end(),
    },
  })
  return { port: listener.port, stop: () => listener.stop(true) }
}
