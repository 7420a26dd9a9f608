/** API keys over HTTP: list, add, remove. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Access } from '../access/access.ts'
import { SCOPES } from '../core/rights.ts'
import { checked, describe } from './validate.ts'

const newKeySchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(1, 'at least one character'), v.maxLength(80, 'at most 80')),
  scopes: v.pipe(v.array(v.picklist(SCOPES)), v.minLength(1, 'at least one'), v.maxLength(SCOPES.length)),
})

export function keyRoutes({ access }: { access: Access }): Hono {
  const app = new Hono()
  app.get('/api/keys', describe('API keys in use, without their secrets'), (c) =>
    c.json({ keys: access.keys().map(({ revokedAt: _, ...key }) => key), scopes: SCOPES }),
  )
  app.post(
    '/api/keys',
    describe('Make an API key; its secret is told this once', { status: 201 }),
    checked('json', newKeySchema),
    (c) => {
      const { name, scopes } = c.req.valid('json')
      const { key, secret } = access.addKey(name, [...new Set(scopes)])
      const { revokedAt: _, ...shown } = key
      return c.json({ key: shown, secret }, 201)
    },
  )
  app.delete(
    '/api/keys/:keyId',
    describe('Remove an API key: connections that rest on it are closed within a second', { status: 204 }),
    (c) => {
      access.removeKey(c.req.param('keyId'))
      return c.body(null, 204)
    },
  )
  return app
}
