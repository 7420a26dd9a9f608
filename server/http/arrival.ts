/** Who comes to the entrance, from where and for what: read from a request once; and whether it may pass. */
import type { Caller } from '../access/access.ts'
import { isForPrograms, pageSecrets } from './cors.ts'
import { hostOf, isExtension, originAllowed, ownMachine, visitorOf } from './origin.ts'
import { shownSecrets } from './secrets.ts'
import type { IsOwnNetwork } from './visitor-address.ts'

export interface Arrival {
  request: Request
  /** On a port of one protocol, a socket's path is that protocol's, whatever its client uses. */
  url: URL
  /** A WebSocket is wanted. */
  socket: boolean
  /** By its method it may change something. */
  changes: boolean
  /** A browser extension asks. */
  extension: boolean
  /** A page of another site asks. */
  fromElsewhere: boolean
  /** A page or extension that asks over HTTP for what programs may: it shows a key. */
  shared: boolean
  /** A page of another site, or one that counts as such: it has no part in what its reader may do here. */
  otherSite: boolean
  caller: Caller
  /** Whose requests are counted together. */
  visitor: string
}

export interface ArrivalPlace {
  /** Of the peer. */
  address: string | undefined
  publicUrl: string
  isOwnNetwork?: IsOwnNetwork
  socketPath?: string
}

/** Null when what was asked for is no address. */
export function arrivalOf(
  request: Request,
  { address, publicUrl, isOwnNetwork, socketPath }: ArrivalPlace,
): Arrival | null {
  const { headers, method } = request
  const host = hostOf(headers)
  const socket = headers.get('upgrade')?.toLowerCase() === 'websocket'
  // Without a name in the Host header Bun gives no more than the path. Sockets get along with that, routes do not.
  const url = URL.parse(request.url, socket ? `http://${host}` : undefined)
  if (!url) return null
  if (socket && socketPath) url.pathname = socketPath
  const origin = headers.get('origin')
  const extension = isExtension(origin)
  const fromElsewhere = !originAllowed(origin, host, publicUrl)
  // Over HTTP extensions are pages like others: they show a key.
  const shared = !socket && (fromElsewhere || extension) && isForPrograms(url.pathname)
  // Whoever looks at a page of another site lends it neither this machine nor a cookie: it has what it shows itself.
  const foreignPage = shared || (socket && fromElsewhere)
  return {
    request,
    url,
    socket,
    changes: method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS',
    extension,
    fromElsewhere,
    shared,
    otherSite: fromElsewhere || shared,
    caller: foreignPage
      ? { loopback: false, secrets: pageSecrets(url, headers), foreignPage }
      : { loopback: ownMachine(address, headers, publicUrl), secrets: shownSecrets(url, headers) },
    visitor: visitorOf(address, headers, publicUrl, isOwnNetwork),
  }
}

export const OTHER_SITE = 'Requests from other sites are refused.'

/** Why a request may not pass because of the page it comes from; null = it may. */
export function whyNot({ url, changes, extension, fromElsewhere, shared }: Arrival): string | null {
  if (shared) return null
  if (changes && fromElsewhere) return OTHER_SITE
  if (extension && (changes || url.pathname.startsWith('/ws/room/')))
    return 'Browser extensions can transcribe here, nothing else.'
  return null
}
