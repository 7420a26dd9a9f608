/** The ports the server listens on: HTTP, HTTPS, one protocol's own; all answer through the same gate and close together. */
import { isIP } from 'node:net'
import type { Server } from 'bun'
import { AppError, codeOf } from '../core/error.ts'
import type { Log } from '../log.ts'
import type { Config } from '../settings.ts'
import { localName } from './addresses.ts'
import type { Certificate } from './certificate.ts'
import type { Gate } from './gate.ts'
import { refuse } from './refuse.ts'
import type { SocketData, Sockets } from './websocket.ts'

export interface ListenerParts {
  config: Config
  certificate: Certificate | null
  gate: Gate
  websocket: Sockets['handlers']
  /** Told of every answer's HTTP status. */
  onAnswer(status: number): void
  log: Log
}

export interface Listeners {
  port: number
  /** Null without TLS. */
  securePort: number | null
  /** Addresses for this machine. */
  url: string
  secureUrl: string | null
  /** HTTPS goes on with another certificate; open connections stay as they are. */
  renew(certificate: Certificate): void
  /** Nothing new is taken; what is open has a moment for an orderly end. */
  close(): Promise<void>
}

/** How long connections have for an orderly end when the server stops, ms. */
const FAREWELL = 1_000
/** Ports tried after a taken one. */
const PORT_TRIES = 20
/** HTTPS is so far above HTTP, unless its port is given: 8123 and 8443. */
const SECURE_OFFSET = 320
const HIGHEST_PORT = 65_535

export function openListeners(parts: ListenerParts): Listeners {
  const { config, certificate } = parts
  const host = hostFor(config.host)
  const plain = listen({ flag: 'port', port: config.port, host }, (port) => serve(parts, { port, host }))
  const port = plain.port as number
  const securePort = config.tlsPort || (config.port === 0 ? 0 : secureBeside(port))
  let secure = certificate
    ? listen({ flag: 'tls-port', port: securePort, host }, (port) =>
        serve(parts, { port, host, tls: certificate }),
      )
    : null
  const socketPath = '/ws/whisper-live'
  const whisperlive =
    config.whisperlivePort > 0
      ? listen({ flag: 'whisperlive-port', port: config.whisperlivePort, host, tries: 1 }, (port) =>
          serve(parts, { port, host, socketPath }),
        )
      : null
  const servers = [plain, secure, whisperlive].filter((server) => server !== null)
  const name = localName(config.host)
  return {
    port,
    securePort: secure ? (secure.port as number) : null,
    url: `http://${name}:${port}`,
    secureUrl: secure && `https://${name}:${secure.port}`,
    renew(next) {
      if (!secure) return
      const port = secure.port as number
      // Takes no new connections, and keeps those it has; only its port is free at once.
      void secure.stop(false)
      secure = serve(parts, { port, host, tls: next })
      servers.push(secure)
    },
    async close() {
      const stopped = Promise.all(servers.map((server) => server.stop().catch(() => {})))
      // A client that never answers the farewell must not hold up the saving.
      await Promise.race([stopped, Bun.sleep(FAREWELL)])
      await Promise.all(servers.map((server) => server.stop(true).catch(() => {})))
    },
  }
}

interface Door {
  port: number
  host: string
  tls?: Certificate
  /** Where sockets to any path of this port lead. */
  socketPath?: string
}

function serve(
  { config, gate, websocket, onAnswer, log }: ListenerParts,
  { port, host, tls, socketPath }: Door,
): Server<SocketData> {
  return Bun.serve<SocketData>({
    port,
    hostname: host,
    ...(tls ? { tls } : {}),
    idleTimeout: 30,
    maxRequestBodySize: config.maxUploadBytes,
    async fetch(request, server) {
      const answer = await gate(request, server, socketPath)
      if (answer) onAnswer(answer.status)
      return answer
    },
    // Never a page with our source in it: a bug is logged, the caller gets a sentence.
    development: false,
    // Without development Bun lets a second server share the port in silence (seen in 1.4.5).
    reusePort: false,
    error(cause) {
      log.error('request failed', {}, cause)
      return refuse(500, 'Something went wrong inside Parley. The log has the details.')
    },
    websocket,
  })
}

/** `::` takes IPv4 as well; where the system has no IPv6 there is IPv4 alone. */
export function hostFor(host: string, canListen: (host: string) => boolean = listensOn): string {
  return host === '::' && !canListen(host) ? '0.0.0.0' : host
}

function listensOn(host: string): boolean {
  try {
    Bun.listen({ hostname: host, port: 0, socket: { data() {} } }).stop(true)
    return true
  } catch {
    return false
  }
}

interface Wanted {
  /** The setting the port comes from. */
  flag: string
  /** 0 lets the system choose. */
  port: number
  host: string
  tries?: number
}

/** The first free port from the wanted one on. */
function listen(wanted: Wanted, serve: (port: number) => Server<SocketData>): Server<SocketData> {
  const { port, tries = PORT_TRIES } = wanted
  for (let attempt = 0; ; attempt++) {
    try {
      return serve(port === 0 ? 0 : port + attempt)
    } catch (cause) {
      const code = codeOf(cause)
      if (code === 'EADDRINUSE' && attempt + 1 < tries && port + attempt < HIGHEST_PORT) continue
      throw new AppError('conflict', whyNot(wanted, code), { cause })
    }
  }
}

/** What keeps us from listening, and what helps. */
function whyNot({ flag, port, host }: Wanted, code: string): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Choose another with --${flag}, or end that program.`
  if (code === 'EACCES')
    return `This user may not listen on port ${port}. Choose one from 1024 on with --${flag}.`
  // Of a name that leads nowhere Bun has no code of its own: it gives that of whatever failed before.
  const isName = isIP(host.replace(/^\[|\]$/g, '')) === 0 && host !== 'localhost'
  if (code === 'EADDRNOTAVAIL' || code === 'EINVAL' || isName)
    return `'${host}' is no address of this machine. Choose one with --host: :: is every one, 127.0.0.1 this machine alone.`
  return `Cannot listen on ${host}:${port}${code && ` (${code})`}. Choose another with --${flag} or --host.`
}

function secureBeside(port: number): number {
  return port + SECURE_OFFSET > HIGHEST_PORT ? port - SECURE_OFFSET : port + SECURE_OFFSET
}
