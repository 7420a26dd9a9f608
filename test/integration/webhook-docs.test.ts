/** What people read of webhooks is what webhooks are sent. */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StoredEvent, Utterance } from '../../server/core/transcript.ts'
import { TOLD } from '../../server/core/webhook-types.ts'
import type { DeliveryStore } from '../../server/integration/delivery.ts'
import { webhookReceiver } from '../../server/integration/webhooks.ts'
import { openApp } from '../helpers/app.ts'
import { ok, openStub } from './stub.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/webhooks.md'), 'utf8')
const types = Object.values(TOLD)

const utterance: Utterance = {
  id: 'utt_1',
  participantId: 'par_1',
  rev: 1,
  state: 'final',
  start: 0,
  end: 900,
  language: 'en',
  committed: [{ text: 'Hello', start: 0, end: 400, probability: 1 }],
  pending: [],
}

/** Every path in a value, without the numbers of lists: `utterance.words.text`. */
function pathsOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => pathsOf(each, at))
  if (typeof value !== 'object' || value === null) return [at]
  return Object.entries(value).flatMap(([key, each]) => pathsOf(each, at === '' ? key : `${at}.${key}`))
}

test('[IN49] the example on the page has the fields, the id and the headers of what is sent', async () => {
  const stub = openStub(ok)
  const hook = { id: 'h', roomId: 'r', url: stub.url, secret: 's', active: true, error: null, createdAt: 0 }
  const receiver = webhookReceiver(hook, {
    store: {} as DeliveryStore,
    context: async () => ({ roomId: 'r', title: 'T', speaker: 'Ada' }),
    allowPrivate: true,
  })
  const event: StoredEvent = { type: 'utterance-finished', utterance }
  await receiver.deliver('ses_1', [{ epoch: 'e1', seq: 7, event }], new AbortController().signal)
  const seen = stub.seen[0]
  const sent = JSON.parse(seen?.body ?? '')
  const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
  expect(pathsOf(example)).toEqual(pathsOf(sent))
  expect(sent.id).toBe('ses_1:e1:7')
  expect(example.id).toBe(`${example.session}:${example.id.split(':')[1]}:${example.seq}`)
  expect(page).toContain('`session:epoch:seq`')
  for (const name of ['Idempotency-Key', 'X-Parley-Event', 'X-Parley-Signature']) {
    expect(page).toContain(`\`${name}\``)
    expect(seen?.headers.get(name)).toBeTruthy()
  }
  expect(seen?.headers.get('idempotency-key')).toBe(sent.id)
  stub.close()
})

test('[IN49] page and OpenAPI file name every type, and the form of the id', async () => {
  const named = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, type = '']) => type)
  expect(named.sort()).toEqual([...types].sort())
  const server = await openApp()
  const { webhooks } = (await (await fetch(`${server.app.url}/openapi.json`)).json()) as {
    webhooks: { room: { post: { requestBody: { content: Record<string, { schema: never }> } } } }
  }
  const { schema } = webhooks.room.post.requestBody.content['application/json'] ?? {}
  const { properties } = schema as unknown as {
    properties: { id: { description: string }; type: { enum: string[] } }
  }
  expect(properties.type.enum).toEqual(types)
  expect(properties.id.description).toStartWith('session:epoch:seq')
  await server.close()
})
