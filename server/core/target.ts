/** Where a request may go when its address does not come from the owner: never into a private network (SX48, SX49). */
import { AppError } from './error.ts'

/** A URL that passed the rules that need no look-up. */
export function checkTarget(text: string): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new AppError('invalid', 'That is not a URL. Use http:// or https:// and a host.')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new AppError('invalid', 'Only http:// and https:// addresses can be called.')
  if (url.username || url.password)
    throw new AppError('invalid', 'Put no user name or password into the address.')
  if (text.includes('\\') || /[\s\p{Cc}]/u.test(text))
    throw new AppError('invalid', 'The address holds characters that have no place in it.')
  return url
}

/** Names to addresses; every address is judged. Throws when the name is unknown. */
export type Lookup = (host: string) => Promise<string[]>

export interface TargetRules {
  /** The owner allows every private target. */
  allowPrivate: boolean
  lookup: Lookup
}

export interface Target {
  url: URL
  /** The address to connect to, decided once: a name that changes its mind between check and call gets nowhere. */
  address: string
}

/** The target with its address, or `forbidden` when any of its addresses is private, or `unavailable` when it has none. */
export async function resolveTarget(text: string, rules: TargetRules): Promise<Target> {
  const url = checkTarget(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const literal = isAddress(host)
  const addresses = literal ? [host] : await rules.lookup(host).catch(() => [])
  const [address] = addresses
  if (address === undefined) throw new AppError('unavailable', 'The host of that address is not known.')
  if (!rules.allowPrivate && addresses.some(isPrivateAddress)) {
    throw new AppError(
      'forbidden',
      'That address lies in a private network. The owner can allow it with --allow-private-targets.',
    )
  }
  return { url, address }
}

function isAddress(host: string): boolean {
  return parseV4(host) !== null || host.includes(':')
}

/** IPv4 blocks that are not the public internet (IANA special-purpose registry), as [base, prefix length]. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** True for every address that is not a public unicast one; what cannot be read counts as private. */
export function isPrivateAddress(address: string): boolean {
  const v4 = parseV4(address)
  if (v4 !== null) {
    return PRIVATE_V4.some(([base, bits]) => {
      const mask = bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0
      return (v4 & mask) >>> 0 === ((parseV4(base) as number) & mask) >>> 0
    })
  }
  const v6 = parseV6(address)
  if (!v6) return true
  const [a = 0, b = 0] = v6
  const embedded = embeddedV4(v6)
  if (embedded !== null) return isPrivateAddress(embedded)
  // Only 2000::/3 is global unicast; of it, documentation and benchmarking ranges are not.
  if ((a & 0xe000) !== 0x2000) return true
  return (a === 0x2001 && (b === 0xdb8 || b < 0x200)) || (a === 0x3fff && b < 0x1000)
}

/** The IPv4 address inside mapped (::ffff:), compatible (::), NAT64 (64:ff9b::) and 6to4 (2002:) addresses. */
function embeddedV4(v6: readonly number[]): string | null {
  const dotted = (high: number, low: number) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  const [a = 0, b = 0, c = 0] = v6
  const tail = dotted(v6[6] ?? 0, v6[7] ?? 0)
  const zeros = v6.slice(0, 5).every((part) => part === 0)
  if (zeros && (v6[5] === 0xffff || (v6[5] === 0 && (v6[6] ?? 0) !== 0))) return tail
  if (a === 0x64 && b === 0xff9b && v6.slice(2, 6).every((part) => part === 0)) return tail
  return a === 0x2002 ? dotted(b, c) : null
}

/** Dotted decimal only: `URL` has already turned decimal, octal and hexadecimal forms into it. */
function parseV4(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return null
  let value = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return null
    value = value * 256 + Number(part)
  }
  return value
}

function parseV6(text: string): number[] | null {
  const bare = text.replace(/%.*$/, '')
  const v4 = /:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)
  const value = v4 ? parseV4(v4[1] as string) : null
  if (v4 && value === null) return null
  const plain =
    v4 && value !== null
      ? bare.slice(0, -(v4[1] as string).length) +
        `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`
      : bare
  const halves = plain.split('::')
  if (halves.length > 2) return null
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const parts = [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail].map((part) =>
    /^[0-9a-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : -1,
  )
  return parts.every((part) => part >= 0) ? parts : null
}

/** Whether a server that was asked for `from` may send its visitor on to `to`: not from outside into a private network. */
export async function mayRedirect(from: URL, to: URL, lookup: Lookup): Promise<boolean> {
  if (to.protocol !== 'https:' && to.protocol !== from.protocol) return false
  if (to.host === from.host) return true
  const host = to.hostname.replace(/^\[|\]$/g, '')
  // A name unknown here may be known to the proxy that makes the call.
  const addresses = isAddress(host) ? [host] : await lookup(host).catch(() => [])
  return !addresses.some(isPrivateAddress)
}
