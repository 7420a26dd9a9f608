/** R26: a name server that never answers, while webhooks, a translator and a language model are to be called by name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from './fault.ts'
import { NODE } from './kit.ts'
import { holdMeeting, type Scene } from './meeting.ts'

/** A loopback address of our own, so that no real name server is in the way. */
const ADDRESS = '127.77.0.53'
/** Acknowledgements come every second; longer without one, ms, and the disk was waited for. */
const LONGEST = 4_000

/** The server with a name server that hears every question and answers none; only it sees this resolv.conf. */
function namelessly(directory: string): string[] {
  const file = join(directory, 'resolv.conf')
  writeFileSync(file, `nameserver ${ADDRESS}\n`)
  const script = `mount --bind "${file}" "$(readlink -f /etc/resolv.conf)" && exec "$@"`
  return ['unshare', '-m', 'sh', '-c', script, 'sh', ...NODE]
}

const post = (url: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  }).catch(() => {})

/** Longest time in which no sound was acknowledged although somebody spoke, ms. */
function watchAcks({ speakers, speaking }: Scene): () => number {
  let longest = 0
  let last = performance.now()
  const stops = speakers.map(({ client }) =>
    client.on((event) => {
      if (event.type !== 'acknowledged') return
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }),
  )
  return () => {
    for (const stop of stops) stop()
    return speaking() ? Math.max(longest, performance.now() - last) : longest
  }
}

export const nameFaults: Fault[] = [
  {
    id: 'R26',
    name: 'the name server never answers; eight webhooks, a translator and a language model by name',
    runs: 1,
    longRuns: 3,
    missing: () =>
      process.platform === 'linux' && process.getuid?.() === 0 ? null : 'a name server of its own needs root',
    run: async (seed) => {
      const work = mkdtempSync(join(tmpdir(), 'parley-names-'))
      const silent = await Bun.udpSocket({ hostname: ADDRESS, port: 53, socket: { data() {} } })
      let longest = 0
      try {
        const outcome = await holdMeeting({
          seed,
          numbers: 60,
          speed: 1.5,
          start: {
            command: namelessly(work),
            args: [
              ...[
                '--llm-url',
                'http://llm.example.org/v1',
                '--translate-url',
                'http://translate.example.org',
              ],
              ...['--forward-url', 'http://forward.example.org/x'],
            ],
          },
          async disturb(scene) {
            const { url } = scene.node.server
            const room = `${url}/api/rooms/${scene.room}`
            const stop = watchAcks(scene)
            const asked = Array.from({ length: 8 }, (_, i) =>
              post(`${room}/webhooks`, { url: `https://hook-${i}.example.org/` }),
            )
            for (const language of ['de', 'fr']) asked.push(post(`${room}/translations`, { language }))
            while (scene.speaking()) await Bun.sleep(100)
            longest = stop()
            await Promise.all(asked)
          },
        })
        return {
          ...outcome,
          ok: outcome.ok && longest < LONGEST,
          note: `${outcome.note}at most ${(longest / 1000).toFixed(1)} s without an acknowledgement`,
        }
      } finally {
        silent.close()
        rmSync(work, { recursive: true, force: true })
      }
    },
  },
]
