/**
 * `bun run wer [-- --clips en_*] [--budget 400] [--untold]`: whisper.cpp's own program (same model, beam 5) and Parley, live on a
 * virtual clock and as a file, hear the same recordings; one row per language. Takes that are known for exactly this engine are not
 * played again, so a long run can be done in pieces (`--budget` seconds each).
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { BENCH_CACHE, commit, keep } from './cache.ts'
import { type Clip, clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, MODEL, nativeLibrary, openRealEngine } from './engine.ts'
import { goldOf } from './gold.ts'
import { measure } from './measure.ts'
import { officialNormaliser, unitsOf } from './official.ts'
import { type Heard, transcribe } from './play.ts'
import { remember } from './remember.ts'
import { finalLines } from './screen.ts'
import { fixedCost, measuredCost, simulate } from './simulate.ts'
import { markdown, pair } from './table.ts'
import { addErrors, align, type Errors, noErrors, rate } from './wer.ts'
import { buildWhisperCli, knownByCli } from './whisper-cli.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    clips: { type: 'string', default: '*' },
    directory: { type: 'string', default: speechDirectory() },
    budget: { type: 'string', default: '36000' },
    texts: { type: 'boolean', default: false },
    /** What decodes take: their size times this, instead of what they took here; for a busy machine. */
    fixed: { type: 'string' },
    /** Parley has to find the language out; whisper.cpp's program is told it all the same. */
    untold: { type: 'boolean', default: false },
  },
})
const options = values.untold ? { language: null } : {}

interface Played {
  clip: Clip
  live: Heard[]
  file: string
  cpuSeconds: number
}

const stopAt = performance.now() + Number(values.budget) * 1000
const LIVE = join(BENCH_CACHE, 'live')

/** What the figures depend on: the stream's sources with all they import, the library and the model. */
async function engineKey(): Promise<string> {
  const transpiler = new Bun.Transpiler({ loader: 'ts' })
  const files = new Set<string>()
  const visit = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const { path } of transpiler.scanImports(readFileSync(file, 'utf8'))) {
      if (path.startsWith('.')) visit(join(dirname(file), path))
    }
  }
  for (const name of ['speech-stream', 'batch-stream', 'scheduler']) {
    visit(join(import.meta.dir, '..', '..', 'server', 'asr', `${name}.ts`))
  }
  const hash = createHash('sha256')
  for (const file of [...files].sort()) hash.update(readFileSync(file))
  return hash
    .update((await nativeLibrary()).split('/').slice(-2).join('/'))
    .digest('hex')
    .slice(0, 12)
}

async function main(): Promise<void> {
  const clips = clipsNamed(values.directory, values.clips)
  const program = await buildWhisperCli((line) => console.error(line))
  const languages = [...new Set(clips.map(({ language }) => language))]
  const offline = new Map<string, string>()
  for (const language of languages) {
    const mine = clips.filter((clip) => clip.language === language)
    // One thread: the text is the same, and its threads would spin against whatever else runs here.
    const texts = await knownByCli(program, mine, { model: MODEL, threads: 1, beam: 5 })
    for (const [index, clip] of mine.entries()) offline.set(clip.id, texts[index] as string)
  }
  const played = await playAll(clips)
  console.log(`commit ${commit()}, whisper-cli beam 5, ${played.length} of ${clips.length} clips`)
  console.log(officialNormaliser() ? 'normaliser: Whisper’s own' : 'normaliser: test/bench/wer.ts')
  const rows: Record<string, string>[] = []
  for (const language of languages) {
    const mine = played.filter(({ clip }) => clip.language === language)
    if (mine.length) rows.push(await rowOf(language, mine, offline))
  }
  for (const row of rows) keep(values.untold ? 'accuracy, language not told' : 'accuracy', row)
  if (rows.length) console.log(`\n${markdown(rows)}`)
}

async function playAll(clips: readonly Clip[]): Promise<Played[]> {
  const kind = (values.fixed ? `-${values.fixed}` : '') + (values.untold ? '-untold' : '')
  const folder = join(LIVE, (await engineKey()) + kind)
  mkdirSync(folder, { recursive: true })
  const file = (clip: Clip) => join(folder, `${clip.id}.json`)
  const queue = clips.filter((clip) => !existsSync(file(clip)))
  // The shortest first: a run that is cut off has kept most.
  queue.sort((a, b) => a.seconds - b.seconds)
  if (queue.length) {
    const engine = await openRealEngine()
    await goldOf(clips, engine)
    const { openDetector } = engine
    const decoder = values.fixed ? remember(engine.decoder, await answersFile()) : engine.decoder
    const factor = Number(values.fixed)
    const costOf: typeof fixedCost = values.fixed ? (...of) => factor * fixedCost(...of) : measuredCost
    const workAt = async () => {
      while (performance.now() < stopAt) {
        const clip = queue.shift()
        if (!clip) return
        const { takes, cpuSeconds } = await simulate([[clip]], { decoder, openDetector, costOf, options })
        const whole = await transcribe(engine, clip, options)
        const text = finalLines(whole.heard)
          .map((words) => words.map((word) => word.text).join(''))
          .join(' ')
        writeFileSync(file(clip), JSON.stringify({ live: takes[0]?.heard, file: text, cpuSeconds }))
      }
    }
    await Promise.all([workAt(), workAt()])
    await engine.close()
  }
  return clips
    .filter((clip) => existsSync(file(clip)))
    .map((clip) => ({ clip, ...JSON.parse(readFileSync(file(clip), 'utf8')) }))
}

async function rowOf(language: string, played: readonly Played[], offline: Map<string, string>) {
  const gold = await goldOf(played.map(({ clip }) => clip))
  const figures = played.map(({ clip, live }) => measure({ clip, heard: live }, gold.get(clip.id)!))
  const systems = {
    'whisper-cli': played.map(({ clip }) => offline.get(clip.id) ?? ''),
    refined: figures.map(({ texts }) => texts.refined),
    fast: figures.map(({ texts }) => texts.fast),
    file: played.map(({ file }) => file),
  }
  const all = Object.values(systems).concat([played.map(({ clip }) => clip.reference)])
  const counted = await unitsOf(all.flat().map((text) => ({ text, language })))
  const at = (system: number, clip: number) => counted[system * played.length + clip] as string[]
  const rates = Object.keys(systems).map((_, system) => {
    const errors = played.map((_, clip): Errors => align(at(4, clip), at(system, clip)).errors)
    if (values.texts) {
      for (const [
        clip,
        {
          clip: { id },
        },
      ] of played.entries())
        console.log(
          `${id} ${Object.keys(systems)[system]} ${rate(errors[clip] as Errors).toFixed(1)}: ${all[system]?.[clip]}`,
        )
    }
    return errors.reduce(addErrors, noErrors)
  })
  const [cli, refined, fast, whole] = rates.map(rate) as [number, number, number, number]
  const seconds = played.reduce((sum, { clip }) => sum + clip.seconds, 0)
  const pairOf = (pick: (each: (typeof figures)[number]) => number[]) => pair(figures.flatMap(pick))
  const words = figures.reduce((sum, each) => sum + each.words, 0)
  const taken = figures.reduce((sum, { erased }) => sum + erased.drafts + erased.finals, 0)
  const takenByDefault = figures.reduce(
    (sum, { erasedByDefault }) => sum + erasedByDefault.drafts + erasedByDefault.finals,
    0,
  )
  return {
    language,
    clips: String(played.length),
    [['zh', 'ja'].includes(language) ? 'characters' : 'words']: String(rates[0]?.total),
    'whisper-cli, beam 5': cli.toFixed(2),
    refined: `${refined.toFixed(2)} (${signed(refined - cli)})`,
    fast: `${fast.toFixed(2)} (${signed(fast - cli)})`,
    file: `${whole.toFixed(2)} (${signed(whole - cli)})`,
    shown: pairOf((each) => each.shown),
    committed: pairOf((each) => each.committed),
    stable: pairOf((each) => each.stable),
    'first word': pairOf((each) => each.firstWord),
    'final after speech': pairOf((each) => each.afterSpeech),
    erased: (taken / words).toFixed(3),
    'erased by default': (takenByDefault / words).toFixed(3),
    'erased by steady': (figures.reduce((sum, each) => sum + each.erasedSteadily, 0) / words).toFixed(3),
    'CPU/s': (played.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / seconds).toFixed(2),
  }
}

function signed(points: number): string {
  return `${points >= 0 ? '+' : '−'}${Math.abs(points).toFixed(2)}`
}

await main()
