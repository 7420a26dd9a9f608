/** What pages of other sites may use: the addresses meant for programs, with a key that they show themselves (SX52). */
import { shownSecrets } from './secrets.ts'

const FOR_PROGRAMS = /^\/(?:v1\/.+|inference)$/
/** A header's name, as it may be asked for; `*` would not cover Authorization. */
const NAMES = /^[\w-]+(?:\s*,\s*[\w-]+)*$/
const USUAL = 'authorization, content-type'
const TOLD = 'X-Parley-Model, X-Parley-Session, X-Parley-Watch, Retry-After'

/** Whether pages of other sites may ask here at all. */
export function isForPrograms(path: string): boolean {
  return FOR_PROGRAMS.test(path)
}

/** What a page shows by itself. The browser adds the cookie, whoever's page it is. */
export function pageSecrets(url: URL, headers: Headers): string[] {
  const own = new Headers(headers)
  own.delete('cookie')
  return shownSecrets(url, own)
}

/** Before a page's request the browser asks whether it may be made: the key comes only with the request itself. */
export function preflight({ method, headers }: Request): Response | null {
  if (method !== 'OPTIONS' || !headers.has('access-control-request-method')) return null
  const wanted = headers.get('access-control-request-headers') ?? ''
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': NAMES.test(wanted) ? wanted : USUAL,
      'access-control-max-age': '7200',
    },
  })
}

/** Lets the page read the answer, a refusal included. */
export function readable(answer: Response): Response {
  answer.headers.set('access-control-allow-origin', '*')
  answer.headers.set('access-control-expose-headers', TOLD)
  answer.headers.set('cross-origin-resource-policy', 'cross-origin')
  return answer
}
