/** Which methods an address takes: told with 405 for any other, and to OPTIONS. */
import type { Context, Hono, Next } from 'hono'
import { AppError } from '../core/error.ts'
import type { HttpEnv } from './app.ts'
import { bodyFor } from './errors.ts'

/** What can be done at `path`; nothing = there is no such address. */
export function methodsAt(app: Hono<HttpEnv>, path: string): string[] {
  const all = new Set(app.routes.map(({ method }) => method).filter((method) => method !== 'ALL'))
  return [...all].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  )
}

/** Lets no other site's page in: that would take further headers. */
export function respondMethod(c: Context, methods: readonly string[]): Response {
  c.header('Allow', [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', '))
  if (c.req.method === 'OPTIONS') return c.body(null, 204)
  const message = `This address takes ${methods.join(' and ')}, not ${c.req.method}. See /docs.`
  return c.json(bodyFor(c.req.path)(new AppError('invalid', message)) as object, 405)
}

/** HEAD tells the length GET would have; Hono leaves the body out, and with it the length. Streams have none to tell. */
export async function tellLength(c: Context, next: Next): Promise<void> {
  await next()
  if (c.req.method !== 'HEAD' || c.res.headers.has('content-length')) return
  if (!/^(application\/json|text\/(?!event-stream))/.test(c.res.headers.get('content-type') ?? '')) return
  c.header('Content-Length', String((await c.res.clone().arrayBuffer()).byteLength))
}
