/** Versions of a meeting's text over HTTP: transcribe again, watch, compare, choose, remove. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive, TextVersion } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import type { Retranscriber } from '../files/retranscriber.ts'
import { findSession } from '../room/find-session.ts'
import type { Versions } from '../room/versions.ts'
import { keepOpen } from './keep-open.ts'
import { checked, describe } from './validate.ts'

export interface VersionRoutesDeps {
  store: Pick<Archive, 'session'>
  versions: Versions
  retranscriber: Retranscriber
  /** Names of the models that can be used now, the one in use first. */
  models(): Promise<string[]>
}

const startSchema = v.object({
  model: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(80))), null),
  language: v.optional(v.nullable(v.pipe(v.string(), v.regex(/^[a-z]{2,3}$/, 'an ISO 639 code'))), null),
})

export function versionRoutes({ store, versions, retranscriber, models }: VersionRoutesDeps): Hono {
  const app = new Hono()
  const session = async (id: string) => (await findSession(store, id)).id
  const known = async (id: string, versionId: string) => versions.one(await session(id), versionId)

  app.get('/api/sessions/:id/versions', describe('Versions of the text, oldest first'), async (c) => {
    const all = await versions.all(await session(c.req.param('id')))
    return c.json({ versions: all.map(shape), models: await models() })
  })
  app.post(
    '/api/sessions/:id/versions',
    describe('Transcribe the recording again, as a new version beside the old', { status: 202 }),
    checked('json', startSchema),
    async (c) => {
      const { model, language } = c.req.valid('json')
      const usable = await models()
      if (model !== null && !usable.includes(model))
        throw new AppError('unsupported', `There is no model '${model}' here. Usable: ${usable.join(', ')}.`)
      const version = await retranscriber.start(await session(c.req.param('id')), {
        model: model === usable[0] ? null : model,
        language,
      })
      return c.json({ version: shape(version) }, 202)
    },
  )
  app.get(
    '/api/sessions/:id/versions/:versionId/differences',
    describe('Where a version says other words than what is shown'),
    async (c) => {
      const version = await known(c.req.param('id'), c.req.param('versionId'))
      return c.json({ differences: await versions.differences(version) })
    },
  )
  app.post(
    '/api/sessions/:id/versions/:versionId/choose',
    describe('Show this version: search, exports and summaries follow; edits by people stay'),
    async (c) => {
      keepOpen(c)
      return c.json(await versions.choose(await known(c.req.param('id'), c.req.param('versionId'))))
    },
  )
  app.delete(
    '/api/sessions/:id/versions/:versionId',
    describe('Call a running pass off, or remove a version that is not shown', { status: 204 }),
    async (c) => {
      const version = await known(c.req.param('id'), c.req.param('versionId'))
      if (!(await retranscriber.cancel(version.id))) await versions.remove(version)
      return c.body(null, 204)
    },
  )
  return app

  function shape({ lines, shown: _, ...version }: TextVersion) {
    return { ...version, lines: lines.length, progress: retranscriber.progress(version.id) }
  }
}
