/** The one entrance: Host and Origin checks, then sockets, API, page, in that order. */
import type { Server } from 'bun'
import type { Caller } from '../access/access.ts'
import { protocolAt } from '../protocol/index.ts'
import type { Config } from '../settings.ts'
import { isThisMachineOnly } from './addresses.ts'
import { type Arrival, arrivalOf, OTHER_SITE, whyNot } from './arrival.ts'
import { preflight, readable } from './cors.ts'
import { isJson } from './json-body.ts'
import { hostAllowed, hostOf, isForeignPage } from './origin.ts'
import type { Page } from './page.ts'
import { refuse } from './refuse.ts'
import type { createUpgrade } from './upgrade.ts'
import { ownNetworks } from './visitor-address.ts'
import { Visitors } from './visitors.ts'
import type { SocketData } from './websocket.ts'

export interface GateParts {
  config: Config
  hostname: string
  page: Page
  /** Answers WebSocket upgrades; undefined = upgraded. */
  upgrade: ReturnType<typeof createUpgrade>
  http: {
    fetch(
      request: Request,
      env: { caller: Caller; visitor: string; keepOpen(): void; admitted(): void },
    ): Response | Promise<Response>
  }
  visitors?: Visitors
}

/**
 * Answers a request; undefined = it became a socket. `socketPath`: the port belongs to one protocol, and every socket there
 * speaks it, whatever path its client uses.
 */
export type Gate = (
  request: Request,
  server: Server<SocketData>,
  socketPath?: string,
) => Promise<Response | undefined>

/** A JSON body that has not come by then is not waited for, s; Bun counts in steps of four. */
const JSON_WITHIN = 16

const API = /^\/(api|v1|inference|load|health|healthz|readyz|metrics|openapi\.json|docs)(\/|$)/

/** What a proxy that does not pass on `Upgrade` makes of a WebSocket. */
const NO_UPGRADE =
  'This address is for WebSockets. If that was one, a proxy in between must pass on the Upgrade header (HTTP/1.1).'

function isForSockets(path: string): boolean {
  return path.startsWith('/ws/room/') || (path !== '/' && protocolAt(path) !== undefined)
}

export function createGate(parts: GateParts): Gate {
  const { config, page, http } = parts
  const alone = isThisMachineOnly(config.host)
  const own = { hostname: parts.hostname, publicUrl: config.publicUrl, alone }
  const visitors = parts.visitors ?? new Visitors()
  const isOwnNetwork = ownNetworks()

  return async (request, server, socketPath) => {
    if (!hostAllowed(hostOf(request.headers), own))
      return refuse(421, 'This server does not answer to that name. Use --public-url to allow it.')
    const address = server.requestIP(request)?.address
    const arrival = arrivalOf(request, { address, publicUrl: config.publicUrl, isOwnNetwork, socketPath })
    if (!arrival) return refuse(400, 'That is no address.')
    const wrong = whyNot(arrival)
    if (wrong) return refuse(403, wrong)
    const wait = arrival.caller.loopback || arrival.otherSite ? 0 : visitors.blocked(arrival.visitor)
    if (wait > 0) return refuse(429, 'Too many wrong links from your address. Wait a little.', wait)
    if (arrival.socket) return openSocket(arrival, server)
    if (request.method === 'GET' && isForSockets(arrival.url.pathname)) return refuse(426, NO_UPGRADE)
    if (API.test(arrival.url.pathname)) return callApi(arrival, server)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET here.')
    return page.respond(request, arrival.url.pathname) ?? refuse(404, 'There is nothing here.')
  }

  async function openSocket(arrival: Arrival, server: Server<SocketData>): Promise<Response | undefined> {
    const { request, url, caller, visitor, fromElsewhere } = arrival
    const whose = {
      address: visitor,
      missed: () => visitors.missed(visitor),
      roomWait: () => visitors.roomWait(visitor),
    }
    const answer = await parts.upgrade({ request, server, url, caller, visitor: whose, fromElsewhere })
    // A page must not be able to lock out the people who look at it.
    return fromElsewhere ? answer : counted(answer, visitor)
  }

  async function callApi(arrival: Arrival, server: Server<SocketData>): Promise<Response> {
    const { request, url, caller, visitor, shared } = arrival
    // Files may come over a thin line and have the listener's patience; these bodies are one packet or a few.
    if (arrival.changes && isJson(request.headers.get('content-type'))) server.timeout(request, JSON_WITHIN)
    const asked = shared ? preflight(request) : null
    if (asked) return asked
    if (!shared && isForeignPage(request.headers)) return refuse(403, OTHER_SITE)
    const newRoom = request.method === 'POST' && url.pathname === '/api/rooms'
    const roomWait = newRoom ? visitors.roomWait(visitor) : 0
    if (roomWait > 0) return refuse(429, 'Too many new rooms from your address.', roomWait)
    const keepOpen = () => server.timeout(request, 0)
    let known = false
    const admitted = () => {
      known = true
    }
    const answer = await http.fetch(request, { caller, visitor, keepOpen, admitted })
    if (shared) return readable(secured(answer))
    // Whoever was let in is no guesser when what they ask for is not there.
    return secured(known ? answer : counted(answer, visitor))
  }

  /** A link or key that led nowhere counts against the address it came from. */
  function counted<T extends Response | undefined>(answer: T, visitor: string): T {
    if (answer && (answer.status === 401 || answer.status === 403 || answer.status === 404))
      visitors.missed(visitor)
    return answer
  }
}

const API_HEADERS: [string, string][] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"],
  ['cache-control', 'no-store'],
]

/** What no answer of the API may lack; its own headers win. */
function secured(answer: Response): Response {
  for (const [name, value] of API_HEADERS) if (!answer.headers.has(name)) answer.headers.set(name, value)
  return answer
}
