import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test'
import { openDeliveries } from '../../db/deliveries.ts'
import { openMemoryStore, openStore } from '../../db/sqlite.ts'
import { AppError } from '../../server/core/error.ts'
import type { Scope } from '../../server/core/rights.ts'
import type { ShelfModel } from '../../server/http/model-shelf.ts'
import { openOwnerSettings } from '../../server/owner-settings.ts'
import { scratch } from '../db/samples.ts'
import { type HttpKit, openHttpKit, STRANGER } from './kit.ts'

let kit: HttpKit
const asked: string[] = []
const model: ShelfModel = {
  name: 'tiny',
  bytes: 1,
  languages: 'en',
  note: '',
  state: 'installed',
  inUse: false,
  speed: 3,
  measuring: false,
}

beforeAll(async () => {
  const first = await openHttpKit()
  const settings = await openOwnerSettings(
    { ...first.config, dataDir: first.directory },
    await openMemoryStore(() => 1_000_000),
  )
  await first.close()
  kit = await openHttpKit({
    settings,
    models: {
      list: async () => [model],
      fetch: (name) => void asked.push(`fetch ${name}`),
      stopFetching: (name) => void asked.push(`stop ${name}`),
      remove: async () => 7,
      measure: async () => 2.5,
      usable: async () => ['scripted', 'tiny'],
      borrow: () => Promise.reject(new Error('no')),
    },
  })
})
afterAll(() => kit.close())

test('[HT30] models: listed, fetched, measured, removed by the owner only', async () => {
  expect((await kit.json<{ models: ShelfModel[] }>('GET', '/api/models')).models[0]?.speed).toBe(3)
  await kit.json('POST', '/api/models/tiny/fetch', undefined, 202)
  expect((await kit.call('DELETE', '/api/models/tiny/fetch')).status).toBe(204)
  expect(await kit.json('POST', '/api/models/tiny/measure')).toEqual({ speed: 2.5 })
  expect(await kit.json('DELETE', '/api/models/tiny')).toEqual({ freed: 7 })
  expect(asked).toEqual(['fetch tiny', 'stop tiny'])
  expect((await kit.call('GET', '/api/models', undefined, { caller: STRANGER })).status).toBe(401)
})

test('[HT30] templates: built in ones stay, own ones come and go', async () => {
  const template = { name: 'Risks', focus: 'Name risks.', sections: ['Risks'] }
  const made = await kit.json<{ template: { id: string } }>('POST', '/api/templates', template, 201)
  await kit.json('PUT', `/api/templates/${made.template.id}`, { ...template, name: 'Dangers' })
  expect((await kit.store.templates()).map(({ name }) => name)).toEqual(['Dangers'])
  expect((await kit.call('POST', '/api/templates', { name: ' ' })).status).toBe(400)
  expect((await kit.call('DELETE', `/api/templates/${made.template.id}`)).status).toBe(204)
  expect(await kit.store.templates()).toEqual([])
})

test('[HT30] a meeting is kept for ever, or so many days from its end', async () => {
  const { recordMeeting } = await import('./kit.ts')
  const { session } = await recordMeeting(kit, 1)
  const kept = (body: object) =>
    kit.json<{ session: { expiresAt: number | null } }>('PATCH', `/api/sessions/${session.id}`, body)
  expect((await kept({ keepDays: null })).session.expiresAt).toBeNull()
  expect((await kept({ keepDays: 3 })).session.expiresAt).toBeGreaterThan(Date.now())
  expect((await kit.call('PATCH', `/api/sessions/${session.id}`, { keepDays: 0 })).status).toBe(400)
})

test('[SX77] a host, who deletes no meetings, does not let one run out either, nor keeps it for ever', async () => {
  const { room, tokens } = await kit.rooms.create()
  await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const path = `/api/sessions/${room.session?.id}`
  const change = async (secret: string, body: object) =>
    (await kit.call('PATCH', path, body, { caller: { loopback: false, secrets: [secret] } })).status
  const key = (scope: Scope) => kit.access.addKey(scope, [scope]).secret
  for (const keepDays of [1, null]) {
    expect(await change(tokens.host, { keepDays, title: 'Gone soon' })).toBe(403)
    expect(await change(key('rooms:write'), { keepDays })).toBe(403)
    expect(await change(key('sessions:write'), { keepDays })).toBe(200)
  }
  // All of it was refused.
  expect((await kit.store.session(room.session?.id ?? ''))?.title).not.toBe('Gone soon')
  expect(await change(tokens.host, { title: 'Weekly' })).toBe(200)
})

test('[HT30] an address that is none is refused; nonsense is no endpoint', async () => {
  expect((await kit.call('PUT', '/api/settings/endpoints/llm', { url: 'file:///x' })).status).toBe(400)
  expect((await kit.call('PUT', '/api/settings/endpoints/other', { url: 'http://x' })).status).toBe(400)
})

test('[IN34] new rooms keep what the owner sets; rooms that are there keep theirs; nobody else may set it', async () => {
  const put = { what: 'text', days: 7 }
  expect(await kit.json('PUT', '/api/settings/keep', put)).toMatchObject({ keep: { ...put, fixed: false } })
  expect(await kit.json('GET', '/api/info')).toMatchObject({ keep: put })
  expect((await kit.call('PUT', '/api/settings/keep', { what: 'all', days: 7 })).status).toBe(400)
  expect((await kit.call('PUT', '/api/settings/keep', put, { caller: STRANGER })).status).toBe(401)
})

test('[HT41] a setting that could not be stored is not in force', async () => {
  const first = await openHttpKit()
  const store = await openMemoryStore(() => 1_000_000)
  const settings = await openOwnerSettings({ ...first.config, dataDir: first.directory }, store)
  const before = [settings.keep(), settings.autoSummary(), settings.endpoint('llm')]
  spyOn(store, 'setSetting').mockRejectedValue(new AppError('storage', 'full'))
  const changes = [
    () => settings.setKeep({ what: 'nothing', days: 1 }),
    () => settings.setAutoSummary({ on: true, template: 'minutes', language: null }),
    () => settings.setEndpoint('llm', { url: 'http://localhost:1/v1', model: 'm' }),
  ]
  for (const change of changes) await expect(change()).rejects.toThrow('full')
  expect([settings.keep(), settings.autoSummary(), settings.endpoint('llm')]).toEqual(before)
  await first.close()
})

test('[HT41] what the database refuses of a webhook is told in our words too', async () => {
  const { directory, remove } = scratch()
  await (await openStore({ directory })).close()
  const hooks = openDeliveries(directory)
  const hook = { id: 'w', roomId: 'nobody', url: 'x', secret: 's', active: true, error: null, createdAt: 1 }
  expect(() => hooks.saveHook(hook)).toThrow(AppError)
  hooks.close()
  remove()
})
