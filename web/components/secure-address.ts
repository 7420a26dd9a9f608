/** From plain HTTP to the HTTPS address on which browsers allow the microphone. */
import type { ServerInfo } from '../net/api.ts'

/** The same page on the secure address, or null when the server has none. */
export function secureAddress(info: ServerInfo | null): string | null {
  const base =
    info?.urls.secure.find((url) => new URL(url).hostname === location.hostname) ?? info?.urls.secure[0]
  return base ? new URL(location.pathname + location.search + location.hash, base).href : null
}
