/** GET /v1/models, as OpenAI's clients ask: the model in use, and the names other servers' clients send. */
import { Hono } from 'hono'
import type { EngineStatus } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import { describe } from './validate.ts'

export function modelRoutes({ engine }: { engine: { status(): EngineStatus } }): Hono {
  const app = new Hono()
  const tags = ['openai']
  const list = () => [...new Set([engine.status().model, 'whisper-1'])].filter(Boolean).map(modelObject)
  app.get('/v1/models', describe('Models', { tags }), (c) => c.json({ object: 'list', data: list() }))
  app.get('/v1/models/:id', describe('One model', { tags }), (c) => {
    const model = list().find((each) => each.id === c.req.param('id'))
    if (!model)
      throw new AppError('not-found', `The model '${c.req.param('id')}' does not exist.`, { param: 'model' })
    return c.json(model)
  })
  return app
}

/** `whisper-1` always means the model in use: existing clients send it without asking. */
function modelObject(id: string) {
  return { id, object: 'model', created: 0, owned_by: 'parley' }
}
