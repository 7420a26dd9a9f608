/**
 * `bun run bench hours [-- --hours 2] [--seconds 80]`: one person speaks for hours at real time over a real socket into the
 * running server with the real recogniser; memory of each process, lag, CPU and word times per stretch of the way. (`bench
 * long` is the same for the stream alone on a virtual clock, in a minute.)
 */
import { readdirSync, readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Word } from '../../server/core/transcript.ts'
import { record } from '../helpers/native-client.ts'
import { startServer, untilReady } from '../helpers/server.ts'
import { keep } from './cache.ts'
import { clipsNamed } from './clips.ts'
import { goldOf } from './gold.ts'
import { asSpoken, playlist, toPcm16 } from './live.ts'
import { percentile } from './measure.ts'
import { treeOf, usage } from './play.ts'
import { offsets, onGrid, ROUNDS, STRETCHES } from './rounds.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: ROUNDS,
})

const clips = clipsNamed(values.directory, values.clips)
const { clip, gold } = onGrid(playlist(clips, await goldOf(clips), Number(values.seconds)))
const round = clip.pcm.length / 16
const rounds = Math.ceil((Number(values.hours) * 3_600_000) / round)
const server = await startServer({ args: ['--language', 'en'] })
try {
  await untilReady(server)
  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  const created = (await (await fetch(`${server.url}/api/rooms`, post)).json()) as { room: { id: string } }
  const room = created.room.id
  const stretches = Array.from({ length: STRETCHES }, () => ({ words: 0, drift: [] as number[], lag: 0 }))
  const stretchAt = (at: number) =>
    stretches[Math.min(STRETCHES - 1, Math.floor((at / (round * rounds)) * STRETCHES))]
  let began = 0
  let start = 0
  const delays: number[] = []
  const reader = record({ url: server.url, room, role: 'viewer' })
  reader.client.on((each) => {
    if (each.type !== 'event') return
    const { event } = each.envelope
    const at = performance.now() - began
    const stretch = stretchAt(at)
    if (!stretch) return
    if (event.type === 'lag') stretch.lag = Math.max(stretch.lag, event.lag)
    if (event.type !== 'utterance-finished') return
    const shift = (word: Word) => ({ ...word, start: word.start - start, end: word.end - start })
    const committed = event.utterance.committed.map(shift)
    stretch.words += committed.length
    stretch.drift.push(...offsets(committed, gold, round))
    delays.push(at - (event.utterance.end - start))
  })
  const speaker = record({ url: server.url, room, name: 'Ada' })
  const recording = speaker.client.record()
  await speaker.until(() => speaker.client.status === 'open')
  began = performance.now()
  const send = (pcm: Float32Array, at: number) =>
    asSpoken(pcm, (frame) => recording.write(toPcm16(frame)), undefined, began + at)
  let { cpu } = usage(treeOf(server.process.pid))
  for (let stretch = 0, done = 0; stretch < STRETCHES; stretch++) {
    const until = Math.round(((stretch + 1) * rounds) / STRETCHES)
    const from = performance.now()
    for (; done < until; done++) {
      await send(clip.pcm, done * round)
      if (done === 0) start = await trackStart(server.url, reader.client.transcript.session?.id ?? '')
    }
    const now = usage(treeOf(server.process.pid)).cpu
    const { words, drift, lag } = stretches[stretch] as (typeof stretches)[number]
    keep('hours at real time', {
      'up to, h': ((performance.now() - began) / 3_600_000).toFixed(2),
      words: String(words),
      'word time against the recording, ms p50 / p95': `${percentile(drift, 0.5).toFixed(0)} / ${percentile(drift.map(Math.abs), 0.95).toFixed(0)}`,
      'largest lag, s': (lag / 1000).toFixed(2),
      'end of utterance to final, s p50 / p95': `${(percentile(delays, 0.5) / 1000).toFixed(2)} / ${(percentile(delays, 0.95) / 1000).toFixed(2)}`,
      'CPU/s': ((now - cpu) / ((performance.now() - from) / 1000)).toFixed(2),
      'server, MB': memoryOf([server.process.pid]),
      'workers, MB': treeOf(server.process.pid)
        .slice(1)
        .map((pid) => memoryOf([pid]))
        .join(' '),
      'files open': String(readdirSync(`/proc/${server.process.pid}/fd`).length),
      lost: String(speaker.lost.length),
      load: (loadavg()[0] ?? 0).toFixed(1),
    })
    cpu = now
    delays.length = 0
  }
  await recording.end()
  speaker.close()
  reader.close()
} finally {
  await server.dispose()
}

/** Where the recording begins in the meeting, ms. */
async function trackStart(url: string, session: string): Promise<number> {
  const { tracks } = (await (await fetch(`${url}/api/sessions/${session}`)).json()) as {
    tracks: { start: number }[]
  }
  return tracks[0]?.start ?? 0
}

/** Private memory, what would be freed if the process ended: the model is mapped and shared. */
function memoryOf(pids: number[]): string {
  const kilobytes = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return [...text.matchAll(/^Private_(?:Clean|Dirty): +(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
  })
  return (kilobytes.reduce((sum, each) => sum + each, 0) / 1024).toFixed(0)
}
