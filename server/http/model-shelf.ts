/** Speech models over HTTP, for the owner: what is here and how fast, fetch with progress, measure, remove. */
import { Hono } from 'hono'
import type { BorrowedEngine } from '../files/retranscriber.ts'
import { describe } from './validate.ts'

export interface ShelfModel {
  name: string
  bytes: number
  languages: 'multilingual' | 'en' | 'any' | 'unknown'
  note: string
  state: 'bundled' | 'installed' | 'own' | 'available'
  inUse: boolean
  /** × real time on this machine; null = not measured. */
  speed: number | null
  measuring: boolean
  fetching?: { received: number; total: number; detail: string; failed: boolean }
}

export interface ModelShelf {
  list(): Promise<ShelfModel[]>
  /** Begins in the background; `list` tells how far it is. */
  fetch(name: string): void
  stopFetching(name: string): void
  /** Bytes that were freed. */
  remove(name: string): Promise<number>
  /** Loads the model beside the running one and times it; resolves with × real time. */
  measure(name: string): Promise<number>
  /** Names that can recognise now, the one in use first. */
  usable(): Promise<string[]>
  borrow(model: string | null): Promise<BorrowedEngine>
}

export function modelShelfRoutes({ models }: { models: ModelShelf }): Hono<{
  Bindings: { keepOpen?: () => void }
}> {
  const app = new Hono<{ Bindings: { keepOpen?: () => void } }>()
  app.get('/api/models', describe('Speech models: installed, to be fetched, measured speed'), async (c) =>
    c.json({ models: await models.list() }),
  )
  app.post('/api/models/:name/fetch', describe('Download a model', { status: 202 }), async (c) => {
    models.fetch(c.req.param('name'))
    return c.json({ models: await models.list() }, 202)
  })
  app.delete('/api/models/:name/fetch', describe('Stop a download', { status: 204 }), (c) => {
    models.stopFetching(c.req.param('name'))
    return c.body(null, 204)
  })
  app.post('/api/models/:name/measure', describe('Measure a model on this machine'), async (c) => {
    c.env.keepOpen?.()
    return c.json({ speed: await models.measure(c.req.param('name')) })
  })
  app.delete('/api/models/:name', describe('Remove an installed model'), async (c) =>
    c.json({ freed: await models.remove(c.req.param('name')) }),
  )
  return app
}
