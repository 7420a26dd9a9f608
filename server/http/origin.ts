/** Who may talk to this server through a browser: pure checks of the Host and Origin headers (DNS rebinding, cross-site requests). */
import { isIP } from 'node:net'

/**
 * Names this server answers to: IP literals (a rebinding attack needs a name), localhost, `.local` names, the machine's own
 * name, and the host of `--public-url`. `host` is the Host header, with or without port.
 */
export function hostAllowed(host: string | null, own: { hostname: string; publicUrl: string }): boolean {
  if (!host) return false
  const name = nameOf(host)
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return true
  if (name === 'localhost' || name.endsWith('.localhost') || name.endsWith('.local')) return true
  if (name === own.hostname.toLowerCase() || name === own.hostname.toLowerCase().split('.')[0]) return true
  return own.publicUrl !== '' && name === nameOf(new URL(own.publicUrl).host)
}

/** A page may only call the server it came from. No Origin at all = not a browser page (command line, SDK, OBS). */
export function originAllowed(origin: string | null, host: string | null, publicUrl: string): boolean {
  if (origin === null) return true
  if (origin === 'null' || !URL.canParse(origin)) return false
  // A browser extension is installed by the person at the keyboard (WhisperLive's has this origin); it is no web page.
  if (/^(chrome|moz|safari-web)-extension:$/.test(new URL(origin).protocol)) return true
  const from = new URL(origin).host
  return from === host || (publicUrl !== '' && from === new URL(publicUrl).host)
}

/** This machine itself, and no proxy in between. */
export function isLoopback(address: string | undefined, headers: Headers): boolean {
  if (headers.has('x-forwarded-for') || headers.has('forwarded') || headers.has('x-real-ip')) return false
  return (
    address === '127.0.0.1' ||
    address === '::1' ||
    address === '::ffff:127.0.0.1' ||
    !!address?.startsWith('127.')
  )
}

function nameOf(host: string): string {
  const bracket = host.indexOf(']')
  const colon = host.lastIndexOf(':')
  return (colon > bracket ? host.slice(0, colon) : host).toLowerCase()
}
