/**
 * `bun run bench crowd [--speakers 4] [--seconds 45] [--fixed 1.2] [--apart 700] [--files]`: the people of `bun run bench` on the
 * virtual clock, one after the other and all at once: what it costs each of them that the others speak too. `--apart 700,1100`:
 * at once several times, each beginning so many ms after the one before, and all of that together. `--files`: as files as well.
 */
import { parseArgs } from 'node:util'
import type { DecodeKind } from '../../server/asr/backend.ts'
import { keep } from './cache.ts'
import { BENCH_CLIPS, clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, openRealEngine } from './engine.ts'
import { goldOf } from './gold.ts'
import { type Part, playlist } from './live.ts'
import { measure, type TakeFigures } from './measure.ts'
import { unitsOf } from './official.ts'
import { type Take, transcribe } from './play.ts'
import { remember } from './remember.ts'
import { finalLines } from './screen.ts'
import { fixedCost, simulate } from './simulate.ts'
import { summarise } from './table.ts'
import { addErrors, align, noErrors, rate } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    speakers: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '45' },
    clips: { type: 'string', default: BENCH_CLIPS },
    directory: { type: 'string', default: speechDirectory() },
    /** Costs by the size of each decode times this. */
    fixed: { type: 'string', default: '1.2' },
    apart: { type: 'string', default: '700' },
    files: { type: 'boolean', default: false },
    /** What each of them was heard to say. */
    texts: { type: 'boolean', default: false },
  },
})

type Simulated = Awaited<ReturnType<typeof simulate>>

const [count, seconds, factor] = [values.speakers, values.seconds, values.fixed].map(Number) as [
  number,
  number,
  number,
]

const engine = await openRealEngine({ skipSelfTest: true })
try {
  const clips = clipsNamed(values.directory, values.clips)
  const gold = await goldOf(clips, engine)
  const parts = Array.from({ length: count }, (_, index) => playlist(clips, gold, seconds, index, count))
  const decoder = remember(engine.decoder, await answersFile())
  const { openDetector } = engine
  const costOf: typeof fixedCost = (...of) => factor * fixedCost(...of)
  const play = (some: readonly Part[], apart?: number) =>
    simulate(
      some.map(({ clip }) => [clip]),
      { decoder, openDetector, costOf, apart },
    )
  await report('one at a time', parts, await Promise.all(parts.map((part) => play([part]))))
  const meetings: Simulated[] = []
  const begins = values.apart.split(',').map(Number)
  for (const apart of begins) {
    const meeting = await play(parts, apart)
    meetings.push(meeting)
    await report(begins.length > 1 ? `at once, ${apart} ms apart` : 'at once', parts, [meeting])
  }
  if (begins.length > 1) await report('at once, all of them', parts, meetings)
  console.log(`${decoder.decoded} of ${decoder.asked} questions decoded`)
  if (values.files) await asFiles(parts)
} finally {
  await engine.close()
}

/** Everybody is heard in as many of `runs` as everybody else. */
async function report(how: string, people: readonly Part[], runs: readonly Simulated[]): Promise<void> {
  const heard = people.flatMap((part) =>
    runs.flatMap((run) => run.takes).flatMap((take) => (take.clip === part.clip ? [{ part, take }] : [])),
  )
  const [parts, takes] = [heard.map(({ part }) => part), heard.map(({ take }) => take)]
  const figures = heard.map(({ part, take }) => measure(take, part.gold))
  const audioSeconds = takes.reduce((sum, take) => sum + take.clip.seconds, 0)
  const cpuSeconds = runs.reduce((sum, run) => sum + run.cpuSeconds, 0)
  const of = (kind: DecodeKind) =>
    (runs.reduce((sum, { cpuBy }) => sum + cpuBy[kind], 0) / 1000 / audioSeconds).toFixed(3)
  const row = summarise({ figures, audioSeconds, cpuSeconds, memory: 0, lostSeconds: 0 })
  const texts = (pick: (each: TakeFigures) => string) => figures.map(pick)
  row['WER fast'] = await wordErrors(
    how,
    parts,
    texts(({ texts: { fast } }) => fast),
  )
  row['WER refined'] = await wordErrors(
    how,
    parts,
    texts(({ texts: { refined } }) => refined),
  )
  row['CPU/s'] = (cpuSeconds / audioSeconds).toFixed(3)
  row['draft, final, second'] = `${of('draft')}, ${of('final')}, ${of('refine')}`
  for (const unknown of ['WER as file', 'MB', 'lost s', 'committed changed']) delete row[unknown]
  keep('crowd', { speakers: values.speakers, how, 'costs ×': values.fixed, ...row })
}

/** The same recordings as files through this engine; wall-clock time plays no part in it. */
async function asFiles(parts: readonly Part[]): Promise<void> {
  const texts: string[] = []
  for (const { clip } of parts) texts.push(textOf(await transcribe(engine, clip)))
  const row = { speakers: values.speakers, how: 'as files', 'costs ×': '' }
  keep('crowd', { ...row, 'WER refined': await wordErrors('as files', parts, texts) })
}

function textOf({ heard }: Take): string {
  return finalLines(heard)
    .map((words) => words.map((word) => word.text).join(''))
    .join(' ')
}

/** In percent, by Whisper's own normaliser where it is installed. */
async function wordErrors(how: string, parts: readonly Part[], texts: readonly string[]): Promise<string> {
  const language = 'en'
  const said = parts.map(({ clip: { reference } }) => reference)
  const counted = await unitsOf([...said, ...texts].map((text) => ({ text, language })))
  const each = parts.map(
    (_, index) => align(counted[index] as string[], counted[parts.length + index] as string[]).errors,
  )
  if (values.texts)
    for (const [index, errors] of each.entries())
      console.log(`  ${how}, person ${index + 1}, ${rate(errors).toFixed(1)}: ${texts[index]}`)
  return rate(each.reduce(addErrors, noErrors)).toFixed(2)
}
