/** Transcribing again over HTTP: real store, real recordings, scripted recognisers. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { textOf, type Utterance } from '../../server/core/transcript.ts'
import { Retranscriber } from '../../server/files/retranscriber.ts'
import type { ShownVersion } from '../../web/net/api.ts'
import { until } from '../helpers/until.ts'
import { type HttpKit, openHttpKit, recordMeeting } from './kit.ts'

let kit: HttpKit
let hold: Promise<void> | null = null
let fail = false
const asked: (string | null)[] = []

beforeAll(async () => {
  kit = await openHttpKit({
    retranscriber: (store, dataDir) =>
      new Retranscriber({
        store,
        dataDir,
        log: { debug() {}, info() {}, warn() {}, error() {} },
        async borrow(model) {
          asked.push(model)
          await hold
          if (fail) throw new Error('no memory')
          const engine = createFakeEngine({
            utterances: [
              {
                language: 'en',
                words: ['quite', 'another', 'text'].map((text, i) => ({
                  text,
                  start: 500 + i * 500,
                  end: 900 + i * 500,
                })),
              },
            ],
          })
          return { engine, model: model ?? 'scripted', close: async () => {} }
        },
      }),
  })
})
afterAll(() => kit.close())

const meeting = async () => `/api/sessions/${(await recordMeeting(kit, 6)).session.id}`
const versions = async (base: string) =>
  (await kit.json<{ versions: ShownVersion[]; models: string[] }>('GET', `${base}/versions`)).versions
const lines = async (base: string) => {
  const detail = await kit.json<{ transcript: { utterances: Utterance[] } }>('GET', base)
  return detail.transcript.utterances.map((line) => textOf(line.committed))
}
const settled = (base: string) =>
  until(async () => {
    const last = (await versions(base)).at(-1)
    return last?.state === 'running' ? null : last
  })

test('[RV10] transcribed again: a version beside the old; chosen, search and exports follow; undone', async () => {
  const base = await meeting()
  const before = await lines(base)
  expect(before.length).toBeGreaterThan(0)
  expect(await versions(base)).toEqual([])
  await kit.json('POST', `${base}/versions`, { language: 'en' }, 202)
  const made = await settled(base)
  expect(made).toMatchObject({ state: 'ready', model: 'scripted', language: 'en', chosen: false, lines: 1 })
  expect(await lines(base)).toEqual(before)
  const { differences } = await kit.json<{ differences: { after: string }[] }>(
    'GET',
    `${base}/versions/${made.id}/differences`,
  )
  expect(differences.some(({ after }) => after.includes('another'))).toBe(true)

  await kit.json('POST', `${base}/versions/${made.id}/choose`)
  expect(await lines(base)).toEqual(['quite another text'])
  expect((await versions(base)).map(({ state, chosen }) => [state, chosen])).toEqual([
    ['live', false],
    ['ready', true],
  ])
  const found = await kit.json<{ hits: unknown[] }>('GET', '/api/search?q=quite+another')
  expect(found.hits).toHaveLength(1)
  expect(await (await kit.call('GET', `${base}/export.txt`)).text()).toContain('quite another text')
  expect((await kit.call('DELETE', `${base}/versions/${made.id}`)).status).toBe(409)

  await kit.json('POST', `${base}/undo`)
  expect(await lines(base)).toEqual(before)
  expect((await versions(base)).map(({ chosen }) => chosen)).toEqual([true, false])
  expect((await kit.json<{ hits: unknown[] }>('GET', '/api/search?q=quite+another')).hits).toEqual([])
  await kit.json('POST', `${base}/redo`)
  expect(await lines(base)).toEqual(['quite another text'])
  const [live] = await versions(base)
  await kit.json('POST', `${base}/versions/${live?.id}/choose`)
  expect(await lines(base)).toEqual(before)
  expect((await kit.call('DELETE', `${base}/versions/${made.id}`)).status).toBe(204)
})

test('[RV14] one at a time, called off, failed with its reason; a meeting without sound is refused', async () => {
  const base = await meeting()
  const gate = Promise.withResolvers<void>()
  hold = gate.promise
  const { version } = await kit.json<{ version: ShownVersion }>('POST', `${base}/versions`, {}, 202)
  expect(version).toMatchObject({ state: 'running', progress: 0 })
  expect((await kit.call('POST', `${base}/versions`, {})).status).toBe(503)
  const stopping = kit.call('DELETE', `${base}/versions/${version.id}`)
  gate.resolve()
  expect((await stopping).status).toBe(204)
  expect((await settled(base)).state).toBe('cancelled')
  hold = null
  fail = true
  await kit.json('POST', `${base}/versions`, {}, 202)
  expect(await settled(base)).toMatchObject({ state: 'failed' })
  fail = false
  expect((await kit.call('POST', `${base}/versions`, { model: 'nothing-like-it' })).status).toBe(415)
  const silent = await recordMeeting(kit, 0)
  expect((await kit.call('POST', `/api/sessions/${silent.session.id}/versions`, {})).status).toBe(409)
  expect(asked.every((model) => model === null)).toBe(true)
})

test('[RV14] a pass that a stop cut short is told as failed', async () => {
  const base = await meeting()
  const gate = Promise.withResolvers<void>()
  hold = gate.promise
  await kit.json('POST', `${base}/versions`, {}, 202)
  await kit.store.failRunningVersions('Parley was stopped meanwhile.')
  expect((await versions(base)).at(-1)).toMatchObject({
    state: 'failed',
    detail: 'Parley was stopped meanwhile.',
  })
  gate.resolve()
  hold = null
})
