/** A chat endpoint: answers, streams, failures, limits. */
import { afterAll, describe, expect, test } from 'bun:test'
import { chat } from '../../server/integration/chat.ts'
import { failure, openModel } from './model-kit.ts'
import { completion, hang, status } from './stub.ts'

const { stub, settings } = openModel()
afterAll(() => stub.close())

describe('chat', () => {
  const question = [{ role: 'user', content: 'Hello' }] as const
  const once = (onText?: (soFar: string) => void) => chat(settings, question, { maxTokens: 5, onText })

  test('[IN9] an answer, with the key', async () => {
    stub.script(completion('Hi.'))
    expect(await once()).toBe('Hi.')
    expect(stub.seen.at(-1)).toMatchObject({ path: '/v1/chat/completions' })
    expect(stub.seen.at(-1)?.headers.get('authorization')).toBe('Bearer k')
  })

  for (const [name, script, expected] of [
    ['busy, then free', [status(429, { 'retry-after': '0' }), completion('ok')], null],
    ['failing twice, then fine', [status(500), status(502), completion('ok')], null],
    ['failing', [status(500)], 'unavailable'],
    ['hanging', [hang], 'unavailable'],
    ['refusing', [status(401)], 'invalid'],
    ['a web page', [() => new Response('<html>')], 'invalid'],
    ['an empty object', [() => Response.json({})], 'invalid'],
    [
      'a gigabyte',
      [
        () =>
          new Response(
            new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
          ),
      ],
      'invalid',
    ],
  ] as const) {
    test(`[IN9] an endpoint that is ${name}`, async () => {
      stub.script(...script)
      expect(await failure(once())).toBe(expected)
    })
  }

  const sse =
    (...data: string[]) =>
    () =>
      new Response(data.map((each) => `data: ${each}\n\n`).join(''), {
        headers: { 'content-type': 'text/event-stream' },
      })
  const delta = (content: string) => JSON.stringify({ choices: [{ delta: { content } }] })
  const ends = (finish_reason: string) => JSON.stringify({ choices: [{ delta: {}, finish_reason }] })

  test('[IN9] streams, and servers that do not', async () => {
    for (const behaviour of [
      sse(delta('Hel'), delta('lo'), '[DONE]'),
      sse(delta('Hello'), ends('stop')),
      completion('Hello'),
      () => new Response(JSON.stringify({ choices: [{ message: { content: 'Hello' } }] }, null, 2)),
    ]) {
      stub.script(behaviour)
      const heard: string[] = []
      expect(await once((soFar) => heard.push(soFar))).toBe('Hello')
      expect(heard.at(-1)).toBe('Hello')
    }
    stub.script(sse('{"error":{"message":"overloaded"}}'))
    expect(await failure(once(() => {}))).toBe('unavailable')
  })

  test('[IN30] an answer without its end is asked for again, from the beginning', async () => {
    stub.script(sse(delta('Half an ans')), sse(delta('Whole'), '[DONE]'))
    const heard: string[] = []
    expect(await once((soFar) => heard.push(soFar))).toBe('Whole')
    expect(heard).toEqual(['', 'Half an ans', '', 'Whole'])
    stub.script(sse(delta('Half an ans')))
    expect(await failure(once())).toBe('unavailable')
  })

  test('[IN30] an answer cut at its limit is no answer', async () => {
    stub.script(sse(delta('Half an ans'), ends('length')))
    expect(await failure(once())).toBe('too-large')
    expect(await chat(settings, question, { maxTokens: 5, mayBeCut: true })).toBe('Half an ans')
  })

  test('[IN9] a server that cannot hold its model to a shape is asked with less, from then on at once', async () => {
    const formats: (string | undefined)[] = []
    const only =
      (...known: (string | undefined)[]) =>
      (_request: Request, body: string) => {
        const { response_format } = JSON.parse(body) as { response_format?: { type: string } }
        formats.push(response_format?.type)
        return known.includes(response_format?.type)
          ? completion('{}')(_request, body)
          : Response.json({ error: { message: 'response_format is not supported' } }, { status: 400 })
      }
    const shaped = (path: string) =>
      chat({ ...settings, url: `${stub.url}/${path}` }, question, {
        maxTokens: 5,
        schema: { type: 'object' },
      })
    stub.script(only('json_object'))
    expect([await shaped('a'), await shaped('a')]).toEqual(['{}', '{}'])
    expect(formats.splice(0)).toEqual(['json_schema', 'json_object', 'json_object'])
    stub.script(only(undefined))
    expect(await shaped('b')).toBe('{}')
    expect(formats.splice(0)).toEqual(['json_schema', 'json_object', undefined])
    stub.script(status(400))
    expect(await failure(shaped('c'))).toBe('invalid')
  })

  test('[IN30] a slow endpoint is waited for as long as it writes', async () => {
    const encoder = new TextEncoder()
    const drip =
      (...pieces: string[]) =>
      () =>
        new Response(
          new ReadableStream({
            async pull(controller) {
              const piece = pieces.shift()
              if (piece === undefined) return new Promise(() => {})
              await Bun.sleep(400)
              controller.enqueue(encoder.encode(`data: ${piece}\n\n`))
            },
          }),
        )
    stub.script(drip(delta('a'), delta('b'), delta('c'), delta('d'), delta('e'), '[DONE]'))
    // Longer in all than the patience with one silence, which leaves a busy machine its time.
    const slow = await chat({ ...settings, timeout: 1500 }, question, { maxTokens: 5 })
    expect(slow).toBe('abcde')
    stub.script(drip(delta('a')))
    expect(await failure(once())).toBe('unavailable')
  })

  test('[IN31] what the endpoint says is wrong is passed on; too much is told apart', async () => {
    const says = (code: number, message: string) => () =>
      Response.json({ error: { code, message, type: 'x' } }, { status: code })
    stub.script(says(401, 'Invalid API Key'))
    await expect(once()).rejects.toThrow('The language model answered 401: Invalid API Key')
    stub.script(says(400, 'request (5321 tokens) exceeds the available context size (4096 tokens)'))
    expect(await failure(once())).toBe('too-large')
    expect(stub.seen.length).toBeGreaterThan(0)
  })

  test('[IN9] stopping stops', async () => {
    stub.script(hang)
    const stop = new AbortController()
    const asked = chat(settings, question, { maxTokens: 5, signal: stop.signal })
    stop.abort()
    await expect(asked).rejects.toThrow()
  })
})
