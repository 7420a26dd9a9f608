/** The one entrance: Host and Origin checks, then sockets, API, page, in that order. */
import type { Server } from 'bun'
import type { Config } from '../config.ts'
import { type Caller, sha256 } from './access.ts'
import { hostAllowed, isLoopback, originAllowed } from './origin.ts'
import type { Owner } from './owner.ts'
import type { Page } from './page.ts'
import { refuse } from './refuse.ts'
import type { createUpgrade } from './upgrade.ts'
import type { SocketData } from './websocket.ts'

export interface GateParts {
  config: Config
  hostname: string
  page: Page
  /** Answers WebSocket upgrades; undefined = upgraded. */
  upgrade: ReturnType<typeof createUpgrade>
  http: { fetch(request: Request, env: { caller: Caller; keepOpen(): void }): Response | Promise<Response> }
  owner: Owner
}

const API = /^\/(api|v1|inference|load|health|healthz|readyz|metrics|openapi\.json|docs)(\/|$)/
const COOKIE = 'parley_owner'

export function createGate(parts: GateParts) {
  const { config, page, http, owner } = parts
  const own = { hostname: parts.hostname, publicUrl: config.publicUrl }

  return async (request: Request, server: Server<SocketData>): Promise<Response | undefined> => {
    const url = new URL(request.url)
    const { headers } = request
    const host = headers.get('host')
    if (!hostAllowed(host, own))
      return refuse(421, 'This server does not answer to that name. Use --public-url to allow it.')
    const upgrade = headers.get('upgrade')?.toLowerCase() === 'websocket'
    const changes = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'OPTIONS'
    if ((upgrade || changes) && !originAllowed(headers.get('origin'), host, config.publicUrl)) {
      return refuse(403, 'Requests from other sites are refused.')
    }
    const caller = callerOf(request, server.requestIP(request)?.address)
    if (upgrade) return parts.upgrade(request, server, url, caller)
    const given = url.searchParams.get('owner')
    if (given && request.method === 'GET' && sha256(given) === owner.hash) return welcomeOwner(url)
    if (API.test(url.pathname))
      return http.fetch(request, { caller, keepOpen: () => server.timeout(request, 0) })
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET here.')
    return page.respond(request, url.pathname) ?? refuse(404, 'There is nothing here.')
  }
}

/** Everything the request shows about who is calling. */
function callerOf(request: Request, address: string | undefined): Caller {
  const { headers } = request
  const cookie = new Bun.CookieMap(headers.get('cookie') ?? '').get(COOKIE) ?? ''
  const bearer = /^(?:Bearer|Token) (.+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  const token = new URL(request.url).searchParams.get('token') ?? ''
  return { loopback: isLoopback(address, headers), secrets: [cookie, bearer, token].filter(Boolean) }
}

/** Turns the owner's link into a cookie, and takes the key out of the address bar. */
function welcomeOwner(url: URL): Response {
  const key = url.searchParams.get('owner') ?? ''
  url.searchParams.delete('owner')
  const cookie = new Bun.Cookie(COOKIE, key, {
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
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
