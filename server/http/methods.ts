/** An address that is there, asked for in a way it does not take: 405 and what it takes; OPTIONS asks for just that. */
import type { Context, Hono } from 'hono'
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
