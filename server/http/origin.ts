/** Who may talk to this server through a browser: pure checks of the Host and Origin headers (DNS rebinding, cross-site requests). */
import { isIP } from 'node:net'
import { countedAs, type IsOwnNetwork } from './visitor-address.ts'

/**
 * Names this server answers to: IP literals (a rebinding attack needs a name), localhost, `.local` names, the machine's own
 * name, and the host of `--public-url`. `host` is the Host header, with or without port. Anybody in the network may call
 * something of theirs `.local`: who can reach this machine alone (`alone`) has no use for other names of that kind.
 */
export function hostAllowed(
  host: string,
  own: { hostname: string; publicUrl: string; alone?: boolean },
): boolean {
  if (!host) return false
  const name = nameOf(host)
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return true
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const hostname = own.hostname.toLowerCase()
  const [short] = hostname.split('.')
  if ([hostname, short, `${short}.local`].includes(name)) return true
  if (name.endsWith('.local') && !own.alone) return true
  return own.publicUrl !== '' && name === nameOf(new URL(own.publicUrl).host)
}

/**
 * The Host header. Empty, it names nobody (RFC 9112 §3.2; Deepgram's Go SDK leaves it so), which no browser ever says: the
 * program means the machine it reached.
 */
export function hostOf(headers: Headers): string {
  const host = headers.get('host')
  return host === '' ? 'localhost' : (host ?? '')
}

/** A page may only call the server it came from. No Origin at all = not a browser page (command line, SDK, OBS). */
export function originAllowed(origin: string | null, host: string | null, publicUrl: string): boolean {
  if (origin === null) return true
  if (origin === 'null' || !URL.canParse(origin)) return false
  // A browser extension is installed by the person at the keyboard (WhisperLive's has this origin); it is no web page.
  if (isExtension(origin)) return true
  const from = new URL(origin).host
  return from === host || (publicUrl !== '' && from === new URL(publicUrl).host)
}

/** Extensions may speak the protocols they were made for; rooms and everything that changes something are not theirs. */
export function isExtension(origin: string | null): boolean {
  return origin !== null && /^(chrome|moz|safari-web)-extension:/.test(origin)
}

/** Where our pages are for whoever called `url`: the public address, else the one it knows, but for a port without pages. */
export function originFor(url: URL, publicUrl: string, ports?: { pageless: number; pages: number }): string {
  if (publicUrl !== '') return publicUrl
  if (ports && url.port !== '' && Number(url.port) === ports.pageless)
    return `http://${url.hostname}:${ports.pages}`
  return url.origin
}

/** Headers that only a proxy adds: the caller is then somebody else than the address says. */
const PROXY_HEADERS = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'x-real-ip',
  'via',
  'cf-connecting-ip',
]

/** This machine itself, and no proxy in between (nginx adds none of these headers by itself: see `ownMachine`). */
export function isLoopback(address: string | undefined, headers: Headers): boolean {
  if (PROXY_HEADERS.some((name) => headers.has(name))) return false
  return isLocal(address)
}

/**
 * May the caller do what only people at this machine may? Never when a public address is configured: then a proxy on
 * this machine forwards strangers, perhaps without saying so. Otherwise it must come from here and have called us by a
 * local name.
 */
export function ownMachine(address: string | undefined, headers: Headers, publicUrl: string): boolean {
  if (publicUrl !== '' || !isLoopback(address, headers)) return false
  const name = nameOf(hostOf(headers)).replace(/^\[|\]$/g, '')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  // A name in the local network may begin with 127 as well, and lead here once its page is open: `127.0.0.1.example.local`.
  return isIP(name) !== 0 && isLocal(name)
}

/** Whose requests are counted together: the peer, or whom the configured proxy on this machine names. */
export function visitorOf(
  address: string | undefined,
  headers: Headers,
  publicUrl: string,
  isOwnNetwork: IsOwnNetwork = () => false,
): string {
  const proxied = publicUrl !== '' && isLocal(address)
  const named = proxied ? addressIn(headers.get('x-forwarded-for')?.split(',').at(-1) ?? '') : null
  return countedAs(named ?? address ?? '', isOwnNetwork)
}

/** Some proxies write the port as well. Where one passes on what its visitor wrote, that may be anything: it is no address. */
function addressIn(text: string): string | null {
  const [, six, four] = /^(?:\[(.+)\](?::\d+)?|([^:]+):\d+)$/.exec(text.trim()) ?? []
  const named = six ?? four ?? text.trim()
  return isIP(named) === 0 ? null : named
}

/**
 * A page of another site, or of a neighbour on another port or name of the same one, asks in the background (not: somebody
 * follows a link to us). Old browsers send nothing.
 */
export function isForeignPage(headers: Headers): boolean {
  const elsewhere = ['cross-site', 'same-site'].includes(headers.get('sec-fetch-site') ?? '')
  return elsewhere && headers.get('sec-fetch-mode') !== 'navigate'
}

function isLocal(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./i.test(address ?? '')
}

function nameOf(host: string): string {
  const bracket = host.indexOf(']')
  const colon = host.lastIndexOf(':')
  return (colon > bracket ? host.slice(0, colon) : host).toLowerCase()
}
