import { expect, test } from 'bun:test'
import type { Server } from 'bun'
import { createGate, type GateParts } from '../../server/http/gate.ts'
import { pacedBody } from '../../server/http/paced-body.ts'
import type { SocketData } from '../../server/http/websocket.ts'

/** The patience of the listener with one request, in seconds, or null where it was left alone. */
async function patience(path: string, init: RequestInit): Promise<number | null> {
  let seconds: number | null = null
  const server = {
    requestIP: () => ({ address: '127.0.0.1' }),
    timeout: (_: Request, given: number) => {
      seconds = given
    },
  } as unknown as Server<SocketData>
  const gate = createGate({
    config: { publicUrl: '', host: '127.0.0.1' },
    hostname: 'localhost',
    page: {},
    upgrade: async () => undefined,
    http: { fetch: () => new Response() },
  } as unknown as GateParts)
  const headers = { host: 'localhost', ...(init.headers as Record<string, string>) }
  await gate(new Request(`http://localhost${path}`, { ...init, headers }), server)
  return seconds
}

test('[SX50] a JSON body is not waited for as long as a file', async () => {
  const json = { 'content-type': 'application/json; charset=utf-8' }
  expect(await patience('/api/rooms', { method: 'POST', headers: json, body: '{}' })).toBeLessThanOrEqual(16)
  const wav = { 'content-type': 'audio/wav' }
  expect(
    await patience('/v1/audio/transcriptions', { method: 'POST', headers: wav, body: 'RIFF' }),
  ).toBeNull()
  expect(await patience('/api/rooms', {})).toBeNull()
})

/** A body that gives `bytes` every `ms`, for ever or `times` times. */
function dripping(bytes: number, ms: number, times = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
  let given = 0
  return new ReadableStream({
    async pull(controller) {
      await Bun.sleep(ms)
      if (given++ < times) controller.enqueue(new Uint8Array(bytes))
      else controller.close()
    },
  })
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let total = 0
  for await (const chunk of body) total += chunk.length
  return total
}

test('[SX51] an upload over a thin line is waited for as long as it comes; one that only drips is not', async () => {
  // Longer in all than the patience with silence.
  expect(await bytesOf(pacedBody(dripping(1024, 30, 20), 400))).toBe(20_480)
  await expect(bytesOf(pacedBody(dripping(1, 20), 200))).rejects.toThrow('stopped coming')
  const silent = new ReadableStream<Uint8Array>({})
  await expect(bytesOf(pacedBody(silent, 50))).rejects.toThrow('stopped coming')
})
