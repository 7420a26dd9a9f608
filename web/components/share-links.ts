/** Links to share: on addresses that others can reach, with no more rights than they need. */
import type { ServerInfo } from '../net/api-types.ts'

export type LinkKind = 'view' | 'speak' | 'screen' | 'overlay'

/** Addresses under which others can reach this server, best first. */
export function reachableBases(info: ServerInfo | null, kind: LinkKind, here: string): string[] {
  const isLocal = /^(localhost|127\.|\[::1\])/.test(new URL(here).host)
  const lan =
    kind === 'speak' ? (info?.urls.secure ?? []) : [...(info?.urls.lan ?? []), ...(info?.urls.secure ?? [])]
  const all = isLocal ? [...lan, here] : [here, ...lan]
  return [...new Set(all.map((url) => new URL(url).origin))]
}

export function linkFor(kind: LinkKind, base: string, roomId: string, token: string): string {
  const secret = token && `#${token}`
  if (kind === 'view') return `${base}/c/${roomId}${secret}`
  if (kind === 'screen') return `${base}/c/${roomId}?kiosk=1${secret}`
  if (kind === 'overlay') return `${base}/c/${roomId}?overlay=1${secret}`
  return `${base}/r/${roomId}${secret}`
}
