/** Texts of one repeated sign: a pattern that tries every place of a run anew takes hours for them, and nobody is answered meanwhile. */
import { describe, expect, test } from 'bun:test'
import { atomsOf } from '../../server/core/line-break.ts'
import { spreadWords } from '../../server/core/subtitle.ts'
import { withoutEnding } from '../../server/core/word.ts'
import { plain } from '../../server/integration/citations.ts'
import { CONNECTION_LIMITS } from '../../server/protocol/host.ts'
import { PROTOCOLS, protocolAt } from '../../server/protocol/index.ts'
import { openApp } from '../helpers/app.ts'
import { openForeign } from '../helpers/foreign.ts'

const SIGNS = ['=', '/', ' ', '\n', '[', '<', '"', '.', '-', 'é']
/** The square of it is hours of work: whatever needs that is given up by the test's own limit. */
const LONG = 4 * 1024 ** 2

describe('[SX72] a message of the largest size, of one sign and another at its end, is read at once', () => {
  for (const { name, paths, frameBytes = CONNECTION_LIMITS.frameBytes } of PROTOCOLS)
    test(name, async () => {
      for (const sign of SIGNS) {
        const text = `${sign.repeat(Math.floor((frameBytes - 200) / Buffer.byteLength(sign) / 2))}A`
        const client = await openForeign(`${paths[0]}?intent=transcription`)
        await client.send(text)
        await client.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: text }))
        expect(client.closed()?.code).not.toBe(1011)
      }
    })
})

test('[SX72] an address of slashes is no protocol’s', () => {
  expect(protocolAt(`${'/'.repeat(LONG)}a`)).toBeUndefined()
  expect(protocolAt('/asr//')?.name).toBe('whisperlivekit')
})

test('[SX72] what a model answers, or somebody typed, is plain text however it repeats itself', () => {
  for (const sign of [...SIGNS, '](', '![', '[](a(', '<a '])
    expect(plain(`${sign.repeat(LONG)}a`).length).toBeLessThan(10_000)
  expect(withoutEnding(`${'.'.repeat(LONG)}a`)).toHaveLength(LONG + 1)
  expect(withoutEnding('Well done!?')).toBe('Well done')
  const blanks = ' '.repeat(LONG)
  expect(spreadWords(`one two${blanks}`, 0, 100).map(({ text }) => text)).toEqual(['one', ' two'])
  const word = { text: `one two${blanks}`, start: 0, end: 100, probability: 1 }
  expect(atomsOf([word]).map(({ text }) => text)).toEqual(['one', 'two'])
})

describe('[SX79] JSON nested deeper than a stack is told to be wrong, and costs nobody the connection', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const field = (text: string) =>
    `{"type":"session.update","session":{"audio":{"input":{"transcription":${text}}}}}`
  for (const { name, paths } of PROTOCOLS)
    test(name, async () => {
      const client = await openForeign(`${paths[0]}?intent=transcription`)
      for (const text of [deep(50_000), `{"type":${deep(50_000)}}`, field(`{"x":${deep(50_000)}}`)])
        await client.send(text)
      expect(client.closed()?.code).not.toBe(1011)
    })

  test('OpenAI Realtime answers with an error and goes on', async () => {
    const client = await openForeign('/v1/realtime?intent=transcription')
    await client.send(field(`{"x":${deep(50_000)}}`))
    await client.send(field('{"language":"de"}'))
    const types = client.sent.map((each) => JSON.parse(String(each)).type)
    expect(types.slice(-2)).toEqual(['error', 'session.updated'])
    expect(client.closed()).toBeNull()
  })
})

test('[SX79] no route falls over it', async () => {
  const server = await openApp({ backend: 'fake' })
  const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`
  const bodies = [
    deep,
    `{"kind":"text","settings":${deep}}`,
    `{"title":${deep}}`,
    `{"session":{"audio":{"input":{"transcription":{"x":${deep}}}}}}`,
    `{"input_audio_transcription":{"x":${deep}}}`,
  ]
  const { paths } = (await (await fetch(`${server.app.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  let asked = 0
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods).filter((each) => /^(post|put|patch)$/.test(each)))
      for (const body of bodies) {
        const url = `${server.app.url}${path.replace(/\{[^}]+\}/g, 'x')}`
        const headers = { 'content-type': 'application/json' }
        const { status } = await fetch(url, { method: method.toUpperCase(), headers, body })
        expect([path, method, status < 500 || status === 503]).toEqual([path, method, true])
        asked++
      }
  expect(asked).toBeGreaterThan(100)
  await server.close()
})
