/** Where this machine can be reached: addresses for the banner, the share dialog and the certificate. */
import { hostname, networkInterfaces } from 'node:os'

/** What `--host` says when it means every address of the machine. */
const EVERYWHERE = ['0.0.0.0', '::', '']

/**
 * Addresses of networks other machines share, as they stand in a URL; virtual bridges come last. IPv6 alone is named only
 * where there is no IPv4: it is long, and a phone in the same room has both.
 */
export function lanAddresses(interfaces = networkInterfaces()): string[] {
  const found: { name: string; address: string; family: string }[] = []
  for (const [name, infos] of Object.entries(interfaces)) {
    for (const { internal, address, family } of infos ?? []) {
      if (!internal && !/^(169\.254\.|fe80:)/i.test(address)) found.push({ name, address, family })
    }
  }
  const isVirtual = (name: string) => /^(docker|br-|veth|virbr|vmnet|tun|tap)/.test(name)
  const sorted = found.sort((a, b) => Number(isVirtual(a.name)) - Number(isVirtual(b.name)))
  const old = sorted.filter(({ family }) => family === 'IPv4')
  return (old.length > 0 ? old : sorted).map(({ address }) => inUrl(address))
}

/** Where other machines reach a server that listens on `host`. */
export function sharedAddresses(host: string, interfaces = networkInterfaces()): string[] {
  if (isThisMachineOnly(host)) return []
  if (!EVERYWHERE.includes(host)) return [inUrl(host)]
  // 0.0.0.0 is every IPv4 address and no other.
  return lanAddresses(interfaces).filter((address) => host === '::' || !address.startsWith('['))
}

/** What this machine itself calls a server that listens on `host`. */
export function localName(host: string): string {
  return EVERYWHERE.includes(host) || host === '127.0.0.1' ? 'localhost' : inUrl(host)
}

export function isThisMachineOnly(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.')
}

/** Names for the certificate of a server that listens on `host`. */
export function certificateNames(host: string): string[] {
  const own = hostname()
  const names = ['localhost', own, `${own.split('.')[0]}.local`, '127.0.0.1', ...lanAddresses()]
  if (!EVERYWHERE.includes(host)) names.push(inUrl(host))
  return [...new Set(names.map((name) => name.replace(/^\[|\]$/g, '')))]
}

function inUrl(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}
