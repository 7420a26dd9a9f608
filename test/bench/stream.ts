/**
 * `bun run bench stream [--clips a,b] [--speakers 1,2,4]`: plays clips into the engine in this process, at real time or with
 * `--simulate` on a virtual clock, and prints one row per clip: for looking into single takes.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { RunningEngine } from '../../server/asr/engine.ts'
import type { Gold } from './alignment.ts'
import { type Clip, clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, openRealEngine } from './engine.ts'
import { goldOf } from './gold.ts'
import { playlist } from './live.ts'
import { measure, type TakeFigures } from './measure.ts'
import { play, type Take, usage } from './play.ts'
import { remember } from './remember.ts'
import { fixedCost, measuredCost, simulate } from './simulate.ts'
import { pair, type RunFigures, summarise } from './table.ts'
import { rate } from './wer.ts'

const { values } = parseArgs({
  options: {
    clips: { type: 'string', default: 'en_jfk,en_mfa_acoustic_corpus,en_sonnet1,en_ami_EN2001e' },
    directory: { type: 'string', default: speechDirectory() },
    speakers: { type: 'string', default: '1' },
    texts: { type: 'boolean', default: false },
    events: { type: 'boolean', default: false },
    save: { type: 'string' },
    workers: { type: 'string', default: '0' },
    threads: { type: 'string', default: '0' },
    auto: { type: 'boolean', default: false },
    simulate: { type: 'boolean', default: false },
    /** With `--simulate`: a cost per decode from its size alone, times this, and answers kept from run to run: to compare policies. */
    fixed: { type: 'string' },
    /** All clips one after the other in one stream, as `bun run bench` plays them. */
    joined: { type: 'boolean', default: false },
  },
})

const options = values.auto ? { language: null } : {}

/** Clips played by `speakers` people at once, the k-th starting k · 0.7 s later; each person plays every n-th clip one after another. */
async function run(engine: RunningEngine, clips: readonly Clip[], speakers: number) {
  const pids = () => [process.pid, ...engine.processes.decode, engine.processes.vad ?? 0]
  const before = usage(pids())
  let { memory } = before
  const meter = setInterval(() => {
    memory = Math.max(memory, usage(pids()).memory)
  }, 500)
  const takes: Take[] = []
  const person = async (index: number) => {
    await Bun.sleep(index * 700)
    for (let i = index; i < clips.length; i += speakers) {
      takes.push(await play(engine, clips[i] as Clip, { options }))
    }
  }
  await Promise.all(Array.from({ length: speakers }, (_, index) => person(index)))
  clearInterval(meter)
  return { takes, cpuSeconds: usage(pids()).cpu - before.cpu, memory }
}

/** The same on a virtual clock: not disturbed by other load. */
async function simulated(engine: RunningEngine, clips: readonly Clip[], speakers: number) {
  const lists = Array.from({ length: speakers }, (_, index) => clips.filter((_, i) => i % speakers === index))
  // Several timelines side by side keep both workers busy.
  const queue = speakers === 1 ? clips.map((clip) => [[clip]]) : [lists]
  const takes: Take[] = []
  let cpuSeconds = 0
  const { openDetector } = engine
  const factor = Number(values.fixed)
  const decoder = values.fixed ? remember(engine.decoder, await answersFile()) : engine.decoder
  const costOf: typeof fixedCost = values.fixed ? (...of) => factor * fixedCost(...of) : measuredCost
  const workAt = async () => {
    for (let lists = queue.shift(); lists; lists = queue.shift()) {
      const result = await simulate(lists, { decoder, openDetector, options, costOf })
      takes.push(...result.takes)
      cpuSeconds += result.cpuSeconds
    }
  }
  await Promise.all([workAt(), workAt()])
  return { takes, cpuSeconds, memory: 0 }
}

function report(takes: Take[], clips: readonly Clip[], gold: Map<string, Gold>): TakeFigures[] {
  takes.sort((a, b) => clips.indexOf(a.clip) - clips.indexOf(b.clip))
  return takes.map((take) => {
    if (values.save) writeFileSync(join(values.save, `${take.clip.id}.json`), JSON.stringify(take.heard))
    if (values.events) printEvents(take)
    const figures = measure(take, gold.get(take.clip.id) as Gold)
    printTake(figures)
    return figures
  })
}

function printEvents(take: Take): void {
  for (const { at, event } of take.heard) {
    const time = (at / 1000).toFixed(2).padStart(7)
    if ('utterance' in event) {
      const { committed, pending } = event.utterance
      const text = (words: { text: string }[]) => words.map((word) => word.text).join('')
      console.log(`${time} ${event.type.slice(10).padEnd(9)} ${text(committed)} ‖${text(pending)}`)
    } else console.log(`${time} ${JSON.stringify(event)}`)
  }
}

function printTake(each: TakeFigures): void {
  const { drafts, finals, refinements } = each.erased
  console.log(
    `  ${each.clip.padEnd(26)} fast ${rate(each.fast).toFixed(1)} refined ${rate(each.refined).toFixed(1)} ` +
      `shown ${pair(each.shown)} committed ${pair(each.committed)} stable ${pair(each.stable)} ` +
      `first ${pair(each.firstWord)} after ${pair(each.afterSpeech)} ` +
      `erased ${drafts}+${finals} revised ${refinements} of ${each.words}`,
  )
  if (!values.texts) return
  console.log(`    slow ${each.slow.join(' ')}\n    F ${each.texts.fast}\n    R ${each.texts.refined}`)
}

const engine = await openRealEngine({ workers: Number(values.workers), threads: Number(values.threads) })
try {
  let clips = clipsNamed(values.directory, values.clips)
  let gold = await goldOf(clips, engine)
  if (values.joined) {
    const part = playlist(clips, gold, Number.POSITIVE_INFINITY)
    clips = [part.clip]
    gold = new Map([[part.clip.id, part.gold]])
  }
  for (const speakers of values.speakers.split(',').map(Number)) {
    const { takes, cpuSeconds, memory } = await (values.simulate ? simulated : run)(engine, clips, speakers)
    const figures: RunFigures = {
      figures: report(takes, clips, gold),
      audioSeconds: takes.reduce((sum, take) => sum + take.clip.seconds, 0),
      cpuSeconds,
      memory,
      lostSeconds: 0,
    }
    console.log(`${speakers} speaker(s)`, JSON.stringify(summarise(figures)))
  }
} finally {
  await engine.close()
}
