/** `bun run bench idle [-- --seconds 120]`: CPU while nobody speaks: nobody there, then a reader and an open microphone in a quiet room. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { record } from '../helpers/native-client.ts'
import { startServer, untilReady } from '../helpers/server.ts'
import { keep } from './cache.ts'
import { loadClips, speechDirectory } from './clips.ts'
import { asSpoken, meterOf, toPcm16 } from './live.ts'
import { seeded } from './mix.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '120' } },
})
const seconds = Number(values.seconds)
/** A start, and a new stream, keep the compiler and the collector busy for a while: not what hours of silence cost. */
const SETTLE_S = 15

const large = join(speechDirectory(), '..', 'noise')
const rooms = loadClips(existsSync(large) ? large : join(import.meta.dir, '..', 'fixtures'), (id) =>
  id.startsWith('office'),
)
const server = await startServer()
try {
  await untilReady(server)
  await Bun.sleep(SETTLE_S * 1000)
  await measured('nobody connected', () => Bun.sleep(seconds * 1000))

  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  const created = (await (await fetch(`${server.url}/api/rooms`, post)).json()) as { room: { id: string } }
  const room = created.room.id
  const reader = record({ url: server.url, room, role: 'viewer' })
  const random = seeded(1)
  const hiss = Float32Array.from({ length: 16_000 * (SETTLE_S + seconds) }, () => 0.0015 * (random() * 2 - 1))
  const office = new Float32Array(hiss.length)
  const tone = rooms[0]?.pcm ?? hiss
  for (let i = 0; i < office.length; i++) office[i] = (tone[i % tone.length] as number) * 0.5
  for (const [what, pcm] of Object.entries({
    'open microphone, hiss −60 dBFS': hiss,
    'open microphone, office': office,
  })) {
    const speaker = record({ url: server.url, room, name: 'Ada' })
    const recording = speaker.client.record()
    await speaker.until(() => speaker.client.status === 'open')
    const send = (part: Float32Array) => asSpoken(part, (frame) => recording.write(toPcm16(frame)))
    await send(pcm.subarray(0, 16_000 * SETTLE_S))
    await measured(what, () => send(pcm.subarray(16_000 * SETTLE_S)))
    await recording.end()
    speaker.close()
  }
  reader.close()
} finally {
  await server.dispose()
}

async function measured(what: string, during: () => Promise<unknown>): Promise<void> {
  const meter = meterOf(server.process.pid)
  const began = performance.now()
  await during()
  const { cpuSeconds, memory } = meter.stop()
  keep('nobody speaks', {
    what,
    seconds: String(seconds),
    'core-seconds per second (bar 0.01)': (cpuSeconds / ((performance.now() - began) / 1000)).toFixed(4),
    MB: memory.toFixed(0),
  })
}
