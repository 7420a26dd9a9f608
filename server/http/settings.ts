/** What the owner sets while Parley runs: language model, translation, summaries by themselves, templates; and how this machine is. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive, SummaryTemplate } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import type { Keep } from '../core/transcript.ts'
import { checked, describe } from './validate.ts'

/** An endpoint as the page may know it: never its key. */
export interface ShownEndpoint {
  url: string
  model: string
  hasKey: boolean
  /** Given at start (flag, environment, file): the page cannot change it. */
  fixed: boolean
}

export interface AutoSummary {
  on: boolean
  template: string
  /** ISO 639-1; null = that of the meeting. */
  language: string | null
}

export interface ShownKeep extends Keep {
  /** Given at start: the page cannot change it. */
  fixed: boolean
}

export interface TestResult {
  ok: boolean
  /** ms until the answer was whole. */
  took: number
  /** The answer, or what went wrong. */
  detail: string
}

export interface StorageUse {
  /** Bytes. */
  audio: number
  models: number
  database: number
  backups: number
  free: number
  total: number
}

export interface CheckedThing {
  what: string
  state: 'ok' | 'warning' | 'problem'
  found: string
  remedy?: string
}

export type EndpointName = 'llm' | 'translation'

export interface SettingsPort {
  endpoint(name: EndpointName): ShownEndpoint | null
  /** `key` undefined = keep the one that is there; null takes the endpoint away. */
  setEndpoint(name: EndpointName, value: { url: string; model: string; key?: string } | null): Promise<void>
  test(name: EndpointName, value: { url: string; model: string; key?: string } | null): Promise<TestResult>
  /** What new rooms keep; rooms that are there keep theirs. */
  keep(): ShownKeep
  setKeep(value: Keep): Promise<void>
  autoSummary(): AutoSummary
  setAutoSummary(value: AutoSummary): Promise<void>
  storage(): Promise<StorageUse>
  diagnose(): Promise<CheckedThing[]>
}

const endpointSchema = v.object({
  url: v.pipe(
    v.string(),
    v.trim(),
    v.maxLength(500),
    v.regex(/^https?:\/\//i, 'an address that begins with http'),
  ),
  model: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(200)), ''),
  key: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(500))),
})
const nameSchema = v.object({ name: v.picklist(['llm', 'translation'], 'llm or translation') })
const autoSchema = v.object({
  on: v.boolean(),
  template: v.optional(v.pipe(v.string(), v.maxLength(80)), 'minutes'),
  language: v.optional(v.nullable(v.pipe(v.string(), v.regex(/^[a-z]{2,3}$/))), null),
})
const keepSchema = v.object({
  what: v.picklist(['nothing', 'text', 'text+audio'], 'nothing, text or text+audio'),
  days: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(36_500))),
})
const templateSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(1, 'a name'), v.maxLength(80)),
  focus: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(1500)), ''),
  sections: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80))),
      v.maxLength(8, 'at most 8 headings'),
    ),
    [],
  ),
})

export interface SettingsRoutesDeps {
  settings: SettingsPort
  store: Pick<Archive, 'templates' | 'saveTemplate' | 'deleteTemplate'>
}

export function settingsRoutes({ settings, store }: SettingsRoutesDeps): Hono {
  const app = new Hono()
  const all = () => ({
    llm: settings.endpoint('llm'),
    translation: settings.endpoint('translation'),
    autoSummary: settings.autoSummary(),
    keep: settings.keep(),
  })
  app.get('/api/settings', describe('What the owner has set; keys are never told'), (c) => c.json(all()))
  app.put(
    '/api/settings/endpoints/:name',
    describe('Set the language model or the translation endpoint'),
    checked('param', nameSchema),
    checked('json', endpointSchema),
    async (c) => {
      await settings.setEndpoint(c.req.valid('param').name, c.req.valid('json'))
      return c.json(all())
    },
  )
  app.delete(
    '/api/settings/endpoints/:name',
    describe('Take an endpoint away: nothing is sent to it any more'),
    checked('param', nameSchema),
    async (c) => {
      await settings.setEndpoint(c.req.valid('param').name, null)
      return c.json(all())
    },
  )
  app.post(
    '/api/settings/endpoints/:name/test',
    describe('Ask an endpoint something short, and tell what it answered'),
    checked('param', nameSchema),
    checked('json', v.nullable(endpointSchema)),
    async (c) => c.json(await settings.test(c.req.valid('param').name, c.req.valid('json'))),
  )
  app.put(
    '/api/settings/auto-summary',
    describe('Whether meetings are summarised by themselves when they end'),
    checked('json', autoSchema),
    async (c) => {
      await settings.setAutoSummary(c.req.valid('json'))
      return c.json(all())
    },
  )
  app.put(
    '/api/settings/keep',
    describe('What new rooms keep, and for how long'),
    checked('json', keepSchema),
    async (c) => {
      await settings.setKeep(c.req.valid('json'))
      return c.json(all())
    },
  )
  app.get('/api/storage', describe('What takes how much room on the disk'), async (c) =>
    c.json(await settings.storage()),
  )
  app.get('/api/diagnostics', describe('What `parley doctor` says of this machine'), async (c) =>
    c.json({ findings: await settings.diagnose() }),
  )

  app.post(
    '/api/templates',
    describe('Add a template for summaries', { status: 201 }),
    checked('json', templateSchema),
    async (c) => {
      if ((await store.templates()).length >= 50) throw new AppError('too-many', 'There can be 50 templates.')
      const template: SummaryTemplate = { ...c.req.valid('json'), id: newId('tpl'), createdAt: Date.now() }
      await store.saveTemplate(template)
      return c.json({ template }, 201)
    },
  )
  app.put(
    '/api/templates/:templateId',
    describe('Change a template of one’s own'),
    checked('json', templateSchema),
    async (c) => {
      const known = (await store.templates()).find(({ id }) => id === c.req.param('templateId'))
      if (!known) throw new AppError('not-found', 'There is no such template.')
      const template = { ...known, ...c.req.valid('json') }
      await store.saveTemplate(template)
      return c.json({ template })
    },
  )
  app.delete(
    '/api/templates/:templateId',
    describe('Remove a template of one’s own', { status: 204 }),
    async (c) => {
      await store.deleteTemplate(c.req.param('templateId'))
      return c.body(null, 204)
    },
  )
  return app
}
