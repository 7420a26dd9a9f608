/** The one entrance: Host and Origin checks, then sockets, API, page, in that order. */
import type { Server } from 'bun'
import type { Config } from '../config.ts'
import { type Caller, sha256 } from './access.ts'
import { hostAllowed, isExtension, isForeignPage, originAllowed, ownMachine, visitorOf } from './origin.ts'
import type { Owner } from './owner.ts'
import type { Page } from './page.ts'
import { refuse } from './refuse.ts'
import type { createUpgrade } from './upgrade.ts'
import { Visitors } from './visitors.ts'
import type { SocketData } from './websocket.ts'

export interface GateParts {
  config: Config
  hostname: string
  page: Page
  /** Answers WebSocket upgrades; undefined = upgraded. */
  upgrade: ReturnType<typeof createUpgrade>
  http: { fetch(request: Request, env: { caller: Caller; keepOpen(): void }): Response | Promise<Response> }
  owner: Owner
  visitors?: Visitors
}

const API = /^\/(api|v1|inference|load|health|healthz|readyz|metrics|openapi\.json|docs)(\/|$)/
const COOKIE = 'parley_owner'

export function createGate(parts: GateParts) {
  const { config, page, http, owner } = parts
  const own = { hostname: parts.hostname, publicUrl: config.publicUrl }
  const visitors = parts.visitors ?? new Visitors()

  /** `socketPath`: a port of its own for one protocol; every socket there speaks it, whatever path its client uses. */
  return async (
    request: Request,
    server: Server<SocketData>,
    socketPath?: string,
  ): Promise<Response | undefined> => {
    const { headers } = request
    const host = headers.get('host')
    if (!hostAllowed(host, own))
      return refuse(421, 'This server does not answer to that name. Use --public-url to allow it.')
    if (!URL.canParse(request.url)) return refuse(400, 'That is no address.')
    const url = new URL(request.url)
    const upgrade = headers.get('upgrade')?.toLowerCase() === 'websocket'
    if (upgrade && socketPath) url.pathname = socketPath
    const changes = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'OPTIONS'
    if ((upgrade || changes) && !originAllowed(headers.get('origin'), host, config.publicUrl)) {
      return refuse(403, 'Requests from other sites are refused.')
    }
    if (isExtension(headers.get('origin')) && (changes || url.pathname.startsWith('/ws/room/')))
      return refuse(403, 'Browser extensions can transcribe here, nothing else.')
    const address = server.requestIP(request)?.address
    const caller = callerOf(request, ownMachine(address, headers, config.publicUrl))
    const visitor = visitorOf(address, headers, config.publicUrl)
    const wait = caller.loopback ? 0 : visitors.blocked(visitor)
    if (wait > 0) return refuse(429, 'Too many wrong links from your address. Wait a little.', wait)
    if (upgrade) return counted(await parts.upgrade(request, server, url, caller), visitor)
    const given = url.searchParams.get('owner')
    if (given && request.method === 'GET' && sha256(given) === owner.hash) return welcomeOwner(url)
    if (given) visitors.missed(visitor)
    if (API.test(url.pathname)) {
      if (isForeignPage(headers)) return refuse(403, 'Requests from other sites are refused.')
      const roomWait =
        request.method === 'POST' && url.pathname === '/api/rooms' && !caller.loopback
          ? visitors.roomWait(visitor)
          : 0
      if (roomWait > 0) return refuse(429, 'Too many new rooms from your address.', roomWait)
      const answer = await http.fetch(request, { caller, keepOpen: () => server.timeout(request, 0) })
      return secured(counted(answer, visitor))
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET here.')
    return page.respond(request, url.pathname) ?? refuse(404, 'There is nothing here.')
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

/** Everything the request shows about who is calling. */
function callerOf(request: Request, loopback: boolean): Caller {
  const { headers } = request
  const cookie = new Bun.CookieMap(headers.get('cookie') ?? '').get(COOKIE) ?? ''
  const bearer = /^(?:Bearer|Token) (.+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  const token = new URL(request.url).searchParams.get('token') ?? ''
  return { loopback, secrets: [cookie, bearer, token].filter(Boolean) }
}

/** Turns the owner's link into a cookie, and takes the key out of the address bar. */
function welcomeOwner(url: URL): Response {
  const key = url.searchParams.get('owner') ?? ''
  url.searchParams.delete('owner')
  const cookie = new Bun.Cookie(COOKIE, key, {
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: url.protocol === 'https:',
    maxAge: 31_536_000,
  })
  return new Response(null, {
    status: 303,
    headers: {
      location: url.pathname + url.search,
      'set-cookie': cookie.serialize(),
      'cache-control': 'no-store',
    },
  })
}
