/**
 * `bun run bench long [-- --hours 2] [--seconds 80]`: hours of speech in one stream on the virtual clock. One playlist comes again
 * and again, so that every word's true time is known and the recogniser's answers need not be computed twice; the stream, its
 * buffers, its clocks and the scheduler live through all of it. Prints memory, lag and word times per stretch of the way.
 */
import { parseArgs } from 'node:util'
import type { Word } from '../../server/core/transcript.ts'
import { type Gold, goldWords } from './alignment.ts'
import { keep } from './cache.ts'
import { type Clip, clipsNamed, speechDirectory } from './clips.ts'
import { openRealEngine } from './engine.ts'
import { goldOf } from './gold.ts'
import { playlist } from './live.ts'
import { percentile } from './measure.ts'
import { remember } from './remember.ts'
import { simulate } from './simulate.ts'
import { align } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    hours: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '80' },
    clips: { type: 'string', default: 'en_sonnet3,en_ami_EN2001e,en_ls_*,en_lj0*' },
    directory: { type: 'string', default: speechDirectory() },
  },
})

/** Stretches of the way that are compared. */
const STRETCHES = 8
/** Frames of 160 ms, whole chunks of the voice detector: they fall alike in every round. */
const GRID = 16 * 160

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

/** The playlist, padded so that every round falls alike on the grid. */
function onGrid({ clip, gold }: { clip: Clip; gold: Gold }): { clip: Clip; gold: Gold } {
  const pcm = new Float32Array(Math.ceil(clip.pcm.length / GRID) * GRID)
  pcm.set(clip.pcm)
  return { clip: { ...clip, pcm }, gold }
}

/** End of each recognised word less the end of the same word in the recording, ms. */
function offsets(words: readonly Word[], { words: gold }: Gold, round: number): number[] {
  const first = words[0]
  if (!first) return []
  const base = Math.floor((first.start + 500) / round) * round
  const mine = goldWords(words, 'en').map((word) => ({
    ...word,
    start: word.start - base,
    end: word.end - base,
  }))
  const [from, to] = [(mine[0]?.start ?? 0) - 3000, (mine.at(-1)?.end ?? 0) + 3000]
  const near = gold.filter((word) => word.end > from && word.start < to)
  const { matches } = align(
    near.map((word) => word.unit),
    mine.map((word) => word.unit),
  )
  return matches.map(([g, m]) => (mine[m]?.end ?? 0) - (near[g]?.end ?? 0))
}
