/** `bun test/bench/stream.ts [--clips a,b] [--speakers 1,2,4] [--noise]`: plays clips at real time into the engine in process and prints a table. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { RunningEngine } from '../../server/asr/engine.ts'
import { type Clip, loadClips } from './clips.ts'
import { openRealEngine } from './engine.ts'
import { finals, goldWords, measure, percentile, type TakeFigures } from './measure.ts'
import { type Heard, play, type Take, transcribe, usage } from './play.ts'
import { simulate } from './simulate.ts'
import { addErrors, noErrors, rate } from './wer.ts'

const { values } = parseArgs({
  options: {
    clips: { type: 'string', default: 'en_jfk,en_mfa_acoustic_corpus,en_sonnet1,en_ami_EN2001e' },
    directory: { type: 'string', default: join(import.meta.dir, '..', '..', '..', 'shared', 'speech') },
    speakers: { type: 'string', default: '1' },
    noise: { type: 'string' },
    texts: { type: 'boolean', default: false },
    events: { type: 'boolean', default: false },
    offline: { type: 'boolean', default: false },
    gold: { type: 'string' },
    save: { type: 'string' },
    workers: { type: 'string', default: '0' },
    threads: { type: 'string', default: '0' },
    auto: { type: 'boolean', default: false },
    simulate: { type: 'boolean', default: false },
  },
})

export interface RunFigures {
  figures: TakeFigures[]
  audioSeconds: number
  cpuSeconds: number
  memory: number
}

/** Clips played by `speakers` people at once, the k-th starting k · 0.7 s later; each person plays every n-th clip one after another. */
export async function run(
  engine: RunningEngine,
  clips: readonly Clip[],
  gold: Map<string, Take>,
  speakers: number,
): Promise<RunFigures> {
  if (values.simulate) return simulated(engine, clips, gold, speakers)
  const pids = () => [process.pid, ...engine.processes.decode, engine.processes.vad ?? 0]
  const before = usage(pids())
  let memory = before.memory
  const meter = setInterval(() => {
    memory = Math.max(memory, usage(pids()).memory)
  }, 500)
  const takes: Take[] = []
  const person = async (index: number) => {
    await Bun.sleep(index * 700)
    for (let i = index; i < clips.length; i += speakers) {
      const language = values.auto ? { language: null } : {}
      takes.push(await play(engine, clips[i] as Clip, { options: language }))
    }
  }
  await Promise.all(Array.from({ length: speakers }, (_, index) => person(index)))
  clearInterval(meter)
  const cpuSeconds = usage(pids()).cpu - before.cpu
  return { figures: figuresOf(takes, gold), audioSeconds: secondsOf(takes), cpuSeconds, memory }
}

function secondsOf(takes: readonly Take[]): number {
  return takes.reduce((sum, take) => sum + take.clip.seconds, 0)
}

/** The same on a virtual clock: not disturbed by other load. */
async function simulated(
  engine: RunningEngine,
  clips: readonly Clip[],
  gold: Map<string, Take>,
  speakers: number,
): Promise<RunFigures> {
  const lists = Array.from({ length: speakers }, (_, index) => clips.filter((_, i) => i % speakers === index))
  // Several timelines side by side keep both workers busy.
  const timelines = speakers === 1 ? clips.map((clip) => [[clip]]) : [lists]
  const queue = [...timelines]
  const takes: Take[] = []
  let cpuSeconds = 0
  const workAt = async () => {
    for (let lists = queue.shift(); lists; lists = queue.shift()) {
      const options = values.auto ? { language: null } : {}
      const result = await simulate(lists, {
        decoder: engine.decoder,
        openDetector: engine.openDetector,
        options,
      })
      takes.push(...result.takes)
      cpuSeconds += result.cpuSeconds
    }
  }
  await Promise.all([workAt(), workAt()])
  takes.sort((a, b) => clips.indexOf(a.clip) - clips.indexOf(b.clip))
  return { figures: figuresOf(takes, gold), audioSeconds: secondsOf(takes), cpuSeconds, memory: 0 }
}

function figuresOf(takes: readonly Take[], gold: Map<string, Take>): TakeFigures[] {
  if (values.save)
    for (const take of takes)
      writeFileSync(join(values.save, `${take.clip.id}.json`), JSON.stringify(take.heard))
  const figures = takes.map((take) => {
    const offline = gold.get(take.clip.id)
    const words = offline ? finals(offline.heard).flatMap((utterance) => utterance.committed) : []
    return measure(take, goldWords(words, take.clip.language))
  })
  if (values.events) for (const take of takes) printEvents(take)
  return figures
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

export function summarise({ figures, audioSeconds, cpuSeconds, memory }: RunFigures) {
  const all = (pick: (figures: TakeFigures) => number[]) => figures.flatMap(pick)
  const sum = (pick: (figures: TakeFigures) => number) =>
    figures.reduce((total, each) => total + pick(each), 0)
  const pair = (list: number[]) => `${seconds(percentile(list, 0.5))}/${seconds(percentile(list, 0.95))}`
  const words = sum((each) => each.words)
  return {
    'WER fast': rate(figures.reduce((total, each) => addErrors(total, each.fast), noErrors)).toFixed(2),
    'WER refined': rate(figures.reduce((total, each) => addErrors(total, each.refined), noErrors)).toFixed(2),
    shown: pair(all((each) => each.shown)),
    committed: pair(all((each) => each.committed)),
    stable: pair(all((each) => each.stable)),
    final: pair(all((each) => each.final)),
    'first word': pair(all((each) => each.firstWord)),
    'after speech': pair(all((each) => each.afterSpeech)),
    erased: (sum((each) => each.erased) / words).toFixed(3),
    'by final': (sum((each) => each.byFinal) / words).toFixed(3),
    broken: sum((each) => each.broken),
    revised: (sum((each) => each.revised) / words).toFixed(3),
    'CPU/s': (cpuSeconds / audioSeconds).toFixed(2),
    MB: memory.toFixed(0),
    words,
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2)
}

async function main(): Promise<void> {
  const threads = Number(values.threads)
  const engine = await openRealEngine({ workers: Number(values.workers), threads })
  console.log('engine', JSON.stringify(engine.status()))
  try {
    if (values.noise) return await noise(engine, values.noise)
    const ids = values.clips.split(',')
    const clips = loadClips(values.directory, (id) =>
      ids.some((want) => id === want || (want.endsWith('*') && id.startsWith(want.slice(0, -1)))),
    )
    const gold = new Map<string, Take>()
    let errors = noErrors
    const started = performance.now()
    const before = usage(engine.processes.decode).cpu
    for (const clip of clips) {
      const cached = values.gold ? join(values.gold, `${clip.id}.json`) : ''
      const known = cached !== '' && existsSync(cached)
      const take = known
        ? { clip, heard: JSON.parse(readFileSync(cached, 'utf8')) as Heard[] }
        : await transcribe(engine, clip)
      if (cached && !known) writeFileSync(cached, JSON.stringify(take.heard))
      gold.set(clip.id, take)
      const { refined, texts } = measure(take, [])
      errors = addErrors(errors, refined)
      if (values.texts) console.log(`${clip.id} offline ${rate(refined).toFixed(1)}: ${texts.refined}`)
    }
    const audio = clips.reduce((sum, clip) => sum + clip.seconds, 0)
    const wall = (performance.now() - started) / 1000
    const cpu = usage(engine.processes.decode).cpu - before
    console.log(
      `file transcription: WER ${rate(errors).toFixed(2)}, ${(audio / wall).toFixed(1)}× real time, CPU/s ${(cpu / audio).toFixed(2)}`,
    )
    if (values.offline) return
    for (const speakers of values.speakers.split(',').map(Number)) {
      const figures = await run(engine, clips, gold, speakers)
      console.log(`${speakers} speaker(s)`, JSON.stringify(summarise(figures)))
      figures.figures.forEach((each) => {
        const pair = (list: number[]) =>
          `${seconds(percentile(list, 0.5))}/${seconds(percentile(list, 0.95))}`
        console.log(
          `  ${each.clip.padEnd(26)} fast ${rate(each.fast).toFixed(1)} refined ${rate(each.refined).toFixed(1)} shown ${pair(each.shown)} committed ${pair(each.committed)} stable ${pair(each.stable)} after ${pair(each.afterSpeech)} erased ${each.erased} revised ${each.revised} of ${each.words}`,
        )
        if (values.texts) console.log(`    slow ${each.slow.join(' ')}`)
        if (values.texts) console.log(`    F ${each.texts.fast}\n    R ${each.texts.refined}`)
      })
    }
  } finally {
    await engine.close()
  }
}

/** Sounds without speech: how many words were invented. */
async function noise(engine: RunningEngine, directory: string): Promise<void> {
  let words = 0
  let duration = 0
  for (const clip of loadClips(directory)) {
    const take = await play(engine, clip, { options: { language: null } })
    const shown = take.heard.flatMap(({ event }) =>
      'utterance' in event ? event.utterance.committed.concat(event.utterance.pending) : [],
    )
    const figures = measure(take, [])
    words += figures.words
    duration += clip.seconds
    console.log(
      `${clip.id} ${clip.seconds}s: ${figures.words} words, ${shown.length} ever shown, ${figures.suppressed} suppressed`,
    )
    if (values.events) printEvents(take)
  }
  console.log(`non-speech: ${words} words in ${duration.toFixed(0)} s`)
}

if (import.meta.main) await main()
