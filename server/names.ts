/**
 * Calling neighbours by name. The runtime looks names up in its thread pool, which has a thread per core and does the
 * disk's work too: while two names hang (a name server that does not answer: 10 s each), no sound becomes durable and
 * nothing is acknowledged. So a name server is asked beside the pool first, and a name goes there only when it answers.
 */

import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { codeOf } from './core/error.ts'
import type { Lookup } from './core/target.ts'

/** A name server is asked twice, ms each; usual answers take less than a tenth of a second. */
const QUERY = { timeout: 2_000, tries: 2 }
const LONGEST = 5_000

/** Names that other things than a name server know: the machine itself, and its neighbours by multicast. */
const LOCAL = /(^|\.)(localhost|local)$/i

/** Addresses of a name; rejects when nobody answers. */
export const systemLookup: Lookup = async (host) => {
  await demandAnswer(host)
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

/** As `fetch`; rejects with code EAI_AGAIN when the host's name server does not answer. A proxy knows names by itself. */
export async function fetchByName(
  address: string,
  init: RequestInit & { proxy?: string },
): Promise<Response> {
  if (!init.proxy && !usesProxy()) await demandAnswer(new URL(address).hostname, init.signal ?? undefined)
  return fetch(address, init)
}

function usesProxy({ env } = process): boolean {
  return ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some((name) => env[name])
}

async function demandAnswer(host: string, signal?: AbortSignal): Promise<void> {
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0 || LOCAL.test(host)) return
  const late = Promise.withResolvers<false>()
  const timer = setTimeout(() => late.resolve(false), LONGEST)
  const aborted = () => late.reject(signal?.reason)
  signal?.addEventListener('abort', aborted)
  try {
    signal?.throwIfAborted()
    if (await Promise.race([Promise.any([inHosts(host), serverAnswers(host)]), late.promise])) return
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  }
  throw Object.assign(new Error('The name server does not answer.'), { code: 'EAI_AGAIN' })
}

/** True when the hosts file (or a name server) has it; pending for as long as it takes otherwise. */
function inHosts(host: string): Promise<true> {
  return Bun.dns.lookup(host, { backend: 'c-ares' }).then(
    () => true,
    () => new Promise<true>(() => {}),
  )
}

/** False when the present name servers (a laptop may have moved) say nothing; that a name is unknown is an answer. */
async function serverAnswers(host: string): Promise<boolean> {
  try {
    await new Resolver(QUERY).resolve4(host)
    return true
  } catch (thrown) {
    return codeOf(thrown) !== 'ETIMEOUT'
  }
}
