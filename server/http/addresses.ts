/** Where this machine can be reached: addresses for the banner, the share dialog and the certificate. */
import { hostname, networkInterfaces } from 'node:os'

/** IPv4 addresses on networks other machines share; virtual bridges come last. */
export function lanAddresses(): string[] {
  const found: { name: string; address: string }[] = []
  for (const [name, infos] of Object.entries(networkInterfaces())) {
    for (const info of infos ?? []) {
      if (info.family === 'IPv4' && !info.internal && !info.address.startsWith('169.254.')) {
        found.push({ name, address: info.address })
      }
    }
  }
  const isVirtual = (name: string) => /^(docker|br-|veth|virbr|vmnet|tun|tap)/.test(name)
  return found
    .sort((a, b) => Number(isVirtual(a.name)) - Number(isVirtual(b.name)))
    .map(({ address }) => address)
}

/** Names for the certificate. */
export function certificateNames(): string[] {
  const own = hostname()
  return [...new Set(['localhost', own, `${own.split('.')[0]}.local`, '127.0.0.1', ...lanAddresses()])]
}
