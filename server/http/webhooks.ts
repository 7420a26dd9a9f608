/** Webhooks of a room: where its lines go as they are stored, each request signed. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { newId, randomText } from '../core/id.ts'
import type { DeliveryStore, Hook } from '../integration/delivery.ts'
import { checked, describe } from './validate.ts'

export type HookStore = Pick<DeliveryStore, 'hooks' | 'hook' | 'saveHook' | 'deleteHook'>

export interface WebhookRoutesDeps {
  hooks: HookStore
  store: Pick<Archive, 'room'>
  /** Rejects with AppError when a room may not call this address. */
  checkTarget(url: string): Promise<void>
}

const MAX_HOOKS = 10

const hookSchema = v.object({ url: v.pipe(v.string(), v.maxLength(2000)) })

export function webhookRoutes({ hooks, store, checkTarget }: WebhookRoutesDeps): Hono {
  const app = new Hono()
  app.get('/api/rooms/:id/webhooks', describe('Webhooks of a room'), (c) =>
    c.json({ webhooks: hooks.hooks(c.req.param('id')).map(withoutSecret) }),
  )
  app.post(
    '/api/rooms/:id/webhooks',
    describe('Add a webhook; its secret is told this once', { status: 201 }),
    checked('json', hookSchema),
    async (c) => {
      const roomId = c.req.param('id')
      if (!(await store.room(roomId))) throw new AppError('not-found', 'There is no such room.')
      if (hooks.hooks(roomId).length >= MAX_HOOKS)
        throw new AppError('too-many', `A room can have ${MAX_HOOKS} webhooks.`)
      const { url } = c.req.valid('json')
      await checkTarget(url)
      const hook: Hook = {
        id: newId('hook'),
        roomId,
        url,
        secret: randomText(40),
        active: true,
        error: null,
        createdAt: Date.now(),
      }
      hooks.saveHook(hook)
      return c.json({ webhook: { ...withoutSecret(hook), secret: hook.secret } }, 201)
    },
  )
  app.delete('/api/rooms/:id/webhooks/:hookId', describe('Remove a webhook', { status: 204 }), (c) => {
    const hook = hooks.hook(c.req.param('hookId'))
    if (hook?.roomId !== c.req.param('id')) throw new AppError('not-found', 'There is no such webhook.')
    hooks.deleteHook(hook.id)
    return c.body(null, 204)
  })
  return app
}

function withoutSecret({ secret: _secret, ...hook }: Hook): Omit<Hook, 'secret'> {
  return hook
}
