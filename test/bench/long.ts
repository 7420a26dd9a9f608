/**
 * `bun run bench long [-- --hours 2] [--seconds 80]`: hours of speech in one stream on the virtual clock. One playlist comes again
 * and again, so that every word's true time is known and the recogniser's answers need not be computed twice; the stream, its
 * buffers, its clocks and the scheduler live through all of it. Prints memory, lag and word times per stretch of the way.
 */
import { parseArgs } from 'node:util'
import { keep } from './cache.ts'
import { clipsNamed } from './clips.ts'
import { openRealEngine } from './engine.ts'
import { goldOf } from './gold.ts'
import { playlist } from './live.ts'
import { percentile } from './measure.ts'
import { remember } from './remember.ts'
import { GRID, offsets, onGrid, ROUNDS, STRETCHES } from './rounds.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: ROUNDS,
})

interface Stretch {
  words: number
  drift: number[]
  lag: number
  memory: number
}

const engine = await openRealEngine()
try {
  const clips = clipsNamed(values.directory, values.clips)
  const { clip, gold } = onGrid(playlist(clips, await goldOf(clips, engine), Number(values.seconds)))
  const round = clip.pcm.length / 16
  const repeat = Math.ceil((Number(values.hours) * 3_600_000) / round)
  const decoder = remember(engine.decoder)
  const stretches: Stretch[] = Array.from({ length: STRETCHES }, () => ({
    words: 0,
    drift: [],
    lag: 0,
    memory: 0,
  }))
  const stretchAt = (at: number) =>
    stretches[Math.min(STRETCHES - 1, Math.floor((at / (round * repeat)) * STRETCHES))] as Stretch
  let heldUntil = 0
  const { cpuSeconds } = await simulate([[clip]], {
    decoder,
    openDetector: engine.openDetector,
    repeat,
    frame: GRID,
    listen(event, at) {
      const stretch = stretchAt(at)
      if (event.type === 'lag') stretch.lag = Math.max(stretch.lag, event.lag)
      if (event.type === 'utterance-finished') {
        stretch.words += event.utterance.committed.length
        stretch.drift.push(...offsets(event.utterance.committed, gold, round))
      }
      if (at > heldUntil) {
        heldUntil = at + 60_000
        Bun.gc(true)
        stretch.memory = process.memoryUsage().heapUsed / 1e6
      }
    },
  })
  console.log(
    `${((round * repeat) / 3_600_000).toFixed(2)} h in ${repeat} rounds of ${(round / 1000).toFixed(0)} s, ` +
      `${decoder.decoded} of ${decoder.asked} questions decoded, ${cpuSeconds.toFixed(0)} CPU s on the virtual clock`,
  )
  // The first round has nothing before it and so differs a little; the second is the yardstick.
  const zero = percentile(stretches[0]?.drift ?? [], 0.5)
  for (const [index, { words, drift, lag, memory }] of stretches.entries()) {
    keep('continuous stream', {
      'up to, h': (((index + 1) * round * repeat) / STRETCHES / 3_600_000).toFixed(2),
      words: String(words),
      'word time against the recording, ms p50 / p95': `${percentile(drift, 0.5).toFixed(0)} / ${percentile(drift.map(Math.abs), 0.95).toFixed(0)}`,
      'drift, ms (bar 100)': (percentile(drift, 0.5) - zero).toFixed(0),
      'largest lag, s': (lag / 1000).toFixed(2),
      'heap, MB': memory.toFixed(1),
    })
  }
} finally {
  await engine.close()
}
