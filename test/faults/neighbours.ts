/** R26, R27: a language model, a translator, a webhook and a bucket that hang, drip, lie, refuse or flood: the captions do not notice. */
import { createServer, type Socket } from 'node:net'
import type { Fault } from './fault.ts'
import { holdMeeting, type Scene } from './meeting.ts'

const MODES = [
  'hang',
  'drip',
  'error 500',
  'too many 429',
  'cut',
  'no JSON',
  'a gigabyte',
  'closed port',
] as const
type Mode = (typeof MODES)[number]

interface BadNeighbour {
  url: string
  readonly calls: number
  close(): void
}

/** A server that accepts every request and then misbehaves in one way. */
async function startBadNeighbour(mode: Mode): Promise<BadNeighbour> {
  const open = new Set<Socket>()
  let calls = 0
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.once('data', () => {
      calls++
      misbehave(mode, socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const close = () => {
    for (const socket of open) socket.destroy()
    server.close()
  }
  if (mode === 'closed port') close()
  return {
    url: `http://127.0.0.1:${port}`,
    get calls() {
      return calls
    },
    close,
  }
}

function misbehave(mode: Mode, socket: Socket): void {
  const answer = (status: string, body: string, headers = '') =>
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
  switch (mode) {
    case 'hang':
      return
    case 'drip': {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n')
      const timer = setInterval(() => socket.write('1\r\n{\r\n'), 500)
      socket.on('close', () => clearInterval(timer))
      return
    }
    case 'error 500':
      return void answer('500 Internal Server Error', '{"error":"no"}')
    case 'too many 429':
      return void answer('429 Too Many Requests', '{}', 'Retry-After: 1\r\n')
    case 'cut':
      return void socket.destroy()
    case 'no JSON':
      return void answer('200 OK', '<html>it works</html>')
    case 'a gigabyte': {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n')
      const block = Buffer.alloc(1 << 20, 0x20)
      const more = () => {
        while (!socket.destroyed && socket.write(block)) {
          // until its buffer is full
        }
      }
      socket.on('drain', more)
      return more()
    }
    case 'closed port':
  }
}

async function memory(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text()
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

const post = (url: string, body: object, signal?: AbortSignal) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })

/** Asks for everything there is to ask of neighbours in this meeting. */
async function burden({ node, room, speakers }: Scene, bad: BadNeighbour): Promise<void> {
  const { url } = node.server
  await post(`${url}/api/rooms/${room}/webhooks`, { url: `${bad.url}/hook` })
  await speakers[0]?.until(() => (speakers[0]?.client.transcript.utterances.length ?? 0) > 2)
  for (const language of ['de', 'fr'])
    await post(`${url}/api/rooms/${room}/translations`, { language }, AbortSignal.timeout(10_000)).catch(
      () => {},
    )
}

/** Memory a bad neighbour may cost the server, MB, and how long it may take to be given back, ms. */
const MOST_GROWTH = 100
const SETTLES_WITHIN = 15_000

const faultOf = (id: string, name: string, args: (url: string) => string[], ends: boolean): Fault => ({
  id,
  name,
  runs: MODES.length,
  longRuns: MODES.length * 2,
  jobs: 8,
  async run(seed) {
    const mode = MODES[seed % MODES.length] as Mode
    const bad = await startBadNeighbour(mode)
    let grown = 0
    let answered = 0 as number | string
    try {
      const outcome = await holdMeeting({
        seed,
        numbers: 40,
        speed: 2,
        // At its end the recordings are compressed: their files are looked at, not their bytes.
        keepsSound: ends,
        start: { args: [...args(bad.url), '--allow-private-targets'] },
        async disturb(scene) {
          const before = await memory(scene.node.server.process.pid)
          await burden(scene, bad)
          while (scene.speaking()) await Bun.sleep(100)
          // What was read and thrown away is garbage for some seconds; what stays is what counts.
          for (let waited = 0; waited <= SETTLES_WITHIN; waited += 500) {
            grown = (await memory(scene.node.server.process.pid)) - before
            if (grown < MOST_GROWTH) break
            await Bun.sleep(500)
          }
        },
        async after(scene) {
          if (!ends) {
            scene.speakers[0]?.client.endMeeting()
            for (let waited = 0; waited < 5000 && bad.calls === 0; waited += 100) await Bun.sleep(100)
            return
          }
          const { url } = scene.node.server
          const session = scene.speakers[0]?.client.transcript.session?.id
          // An answer or a sentence about it must come.
          answered = await post(
            `${url}/api/sessions/${session}/summaries`,
            {},
            AbortSignal.timeout(20_000),
          ).then(
            ({ status }) => status,
            (thrown: Error) => thrown.name,
          )
        },
      })
      const gone = outcome.kept.tracks.filter(({ size }) => size === 0).length
      // A model may think for two minutes; whoever asked may leave before.
      const patient = (mode === 'hang' || mode === 'drip') && answered === 'TimeoutError'
      const told = !ends || patient || (typeof answered === 'number' && answered >= 400)
      return {
        ...outcome,
        ok: outcome.ok && grown < MOST_GROWTH && told && gone === 0,
        note:
          outcome.note ||
          (told ? '' : `${mode}: the summary was answered ${answered}; `) ||
          (grown < MOST_GROWTH ? 'captions unharmed' : `${mode}: +${Math.round(grown)} MB`),
      }
    } finally {
      bad.close()
    }
  },
})

export const neighbourFaults: Fault[] = [
  faultOf(
    'R26',
    'language model, translator and webhook: eight ways to fail',
    (url) => ['--llm-url', `${url}/v1`, '--translate-url', url, '--forward-url', `${url}/forward`],
    true,
  ),
  faultOf(
    'R27',
    'bucket: eight ways to fail; nothing local is removed',
    (url) => ['--s3-bucket', 'b', '--s3-endpoint', url, '--s3-access-key', 'a', '--s3-secret-key', 's'],
    false,
  ),
]
