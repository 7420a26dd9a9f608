/** Links of a room over HTTP: list, add, withdraw (their secrets are told once); and what speakers agreed to. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Access } from '../access/access.ts'
import { AppError } from '../core/error.ts'
import { LINK_ROLES } from '../core/rights.ts'
import { linkTo } from '../core/room-link.ts'
import { originFor } from './origin.ts'
import { checked, describe } from './validate.ts'

export interface LinkRoutesDeps {
  access: Access
  exists(roomId: string): Promise<boolean>
  /** Of a proxy in front, or empty. */
  publicUrl: string
}

const newLinkSchema = v.object({
  role: v.picklist(LINK_ROLES),
  /** Withdraw the room's other links of this role. */
  replace: v.optional(v.boolean(), false),
})

export function linkRoutes({ access, exists, publicUrl }: LinkRoutesDeps): Hono {
  const app = new Hono()
  const room = async (id: string) => {
    if (!(await exists(id))) throw new AppError('not-found', 'There is no such room.')
    return id
  }
  app.get(
    '/api/rooms/:id/links',
    describe('Links of a room that are in use, without their secrets'),
    async (c) =>
      c.json({ links: access.links(await room(c.req.param('id'))).map(({ revokedAt: _, ...link }) => link) }),
  )
  app.post(
    '/api/rooms/:id/links',
    describe(
      'Another link; with `replace` the older ones of its role are withdrawn. Its secret is told this once',
      {
        status: 201,
      },
    ),
    checked('json', newLinkSchema),
    async (c) => {
      const { role, replace } = c.req.valid('json')
      const roomId = await room(c.req.param('id'))
      const { link, token } = access.addLink(roomId, role, { replace })
      const { revokedAt: _, ...shown } = link
      return c.json(
        { link: shown, token, url: linkTo(originFor(new URL(c.req.url), publicUrl), roomId, role, token) },
        201,
      )
    },
  )
  app.delete(
    '/api/rooms/:id/links/:linkId',
    describe('Withdraw a link: whoever came by it is sent away within a second', { status: 204 }),
    async (c) => {
      access.revokeLink(await room(c.req.param('id')), c.req.param('linkId'))
      return c.body(null, 204)
    },
  )
  app.get('/api/sessions/:id/consents', describe('Who agreed to what before speaking'), (c) =>
    c.json({ consents: access.consents(c.req.param('id')) }),
  )
  return app
}
