/** A neighbour on this machine that behaves as told, once per request, and remembers what it was sent. */

export type Behaviour = (request: Request, body: string) => Response | Promise<Response>

export interface Seen {
  path: string
  headers: Headers
  body: string
}

export function openStub(...first: Behaviour[]) {
  const script = [...first]
  const seen: Seen[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 5,
    async fetch(request) {
      const body = await request.text()
      seen.push({ path: new URL(request.url).pathname, headers: request.headers, body })
      const behaviour = script.length > 1 ? script.shift() : script[0]
      return behaviour ? behaviour(request, body) : new Response('ok')
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    seen,
    script(...next: Behaviour[]) {
      script.splice(0, script.length, ...next)
    },
    close: () => server.stop(true),
  }
}

export const ok: Behaviour = () => new Response('ok')
export const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  () =>
    new Response('no', { status: code, headers })
export const hang: Behaviour = () => new Promise(() => {})
export const completion =
  (content: unknown): Behaviour =>
  () =>
    Response.json({
      choices: [
        {
          message: {
            role: 'assistant',
            content: typeof content === 'string' ? content : JSON.stringify(content),
          },
        },
      ],
    })
