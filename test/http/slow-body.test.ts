import { expect, test } from 'bun:test'
import type { Server } from 'bun'
import { createGate, type GateParts } from '../../server/http/gate.ts'
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
    config: { publicUrl: '' },
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
