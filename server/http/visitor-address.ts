/** As whom an address counts: alone, or with its network. */
import { networkInterfaces } from 'node:os'

/** Interfaces come and go (a cable, a VPN); looking at them takes some tenths of a millisecond. */
const KNOWN_FOR = 60_000

export type IsOwnNetwork = (network: string) => boolean

/** Whether this machine is itself in a network, as `networkOf` writes it. */
export function ownNetworks(
  interfaces: () => ReturnType<typeof networkInterfaces> = networkInterfaces,
  now: () => number = () => performance.now(),
): IsOwnNetwork {
  let known = new Set<string>()
  let until = Number.NEGATIVE_INFINITY
  return (network) => {
    if (now() >= until) {
      until = now() + KNOWN_FOR
      const all = Object.values(interfaces()).flatMap((infos) => infos ?? [])
      known = new Set(all.filter(({ family }) => family === 'IPv6').map(({ address }) => networkOf(address)))
    }
    return known.has(network)
  }
}

/**
 * An IPv4 address as it is. Of an IPv6 address its network, since whoever has one has 2^64 (RFC 6177); but the people of one
 * house or lecture hall, who are in this machine's own network, are not one visitor: they count as over IPv4.
 */
export function countedAs(address: string, isOwnNetwork: IsOwnNetwork): string {
  const network = networkOf(address)
  return network.startsWith('fe80:') || isOwnNetwork(network)
    ? address.replace(/%.*/, '').toLowerCase()
    : network
}

/** `2001:db8:1:2::/64`; an IPv4 address as it is, also one in an IPv6 socket. */
function networkOf(address: string): string {
  const four = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (four !== undefined || !address.includes(':')) return four ?? address
  const [before = '', after] = address.replace(/%.*/, '').split('::')
  const groups = before.split(':').filter(Boolean)
  const end = after?.split(':').filter(Boolean) ?? []
  while (after !== undefined && groups.length + end.length < 8) groups.push('0')
  const network = [...groups, ...end].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
