/**
 * `bun run bench first-language`: the first 12 s of every recording on the virtual clock, once with the language told and once not:
 * which language the first utterance and all of them came out in, what that did to the text, and what it cost.
 */
import { parseArgs } from 'node:util'
import { keep } from './cache.ts'
import { type Clip, clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, openRealEngine } from './engine.ts'
import type { Heard } from './play.ts'
import { remember } from './remember.ts'
import { finalLines } from './screen.ts'
import { fixedCost, simulate } from './simulate.ts'
import { align, type Errors, units } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    clips: { type: 'string', default: '*' },
    directory: { type: 'string', default: speechDirectory() },
    /** No new recording is begun after so many seconds; what was decoded is remembered for the next run. */
    budget: { type: 'string', default: '36000' },
  },
})

const stopAt = performance.now() + Number(values.budget) * 1000

/** No more of one recording than this, s. */
const MOST = 12

interface Played {
  clip: Clip
  /** Languages of the utterances, fast and as they stand in the end. */
  fast: string[]
  refined: string[]
  /** Words that left the screen. */
  text: { fast: string; refined: string }
  cpuSeconds: number
}

const engine = await openRealEngine({ skipSelfTest: true })
try {
  const decoder = remember(engine.decoder, await answersFile())
  const { openDetector } = engine
  const clips = clipsNamed(values.directory, values.clips)
    .filter(({ language }) => language !== '')
    .map((clip) => ({ ...clip, pcm: clip.pcm.slice(0, MOST * 16_000) }))
    .sort((a, b) => Number(a.language === 'en') - Number(b.language === 'en'))
  const play = async (clip: Clip, language: string | null): Promise<Played> => {
    const options = { language }
    const { takes, cpuSeconds } = await simulate([[clip]], {
      decoder,
      openDetector,
      options,
      costOf: fixedCost,
    })
    return { clip, ...languagesOf(takes[0]?.heard ?? []), cpuSeconds }
  }
  const queue = [...clips]
  const pairs: [Played, Played][] = []
  const work = async () => {
    for (let clip = queue.shift(); clip && performance.now() < stopAt; clip = queue.shift()) {
      const pair: [Played, Played] = [await play(clip, clip.language), await play(clip, null)]
      pairs.push(pair)
      const [told, { fast, refined, cpuSeconds }] = pair
      console.log(
        `  ${clip.id}: fast ${fast.join(' ')}, in the end ${refined.join(' ')}, ` +
          `differs from told ${both([pair], 'fast')} ${both([pair], 'refined')}, CPU ${cpuSeconds.toFixed(1)} / ${told.cpuSeconds.toFixed(1)} s`,
      )
    }
  }
  await Promise.all([work(), work()])
  for (const group of ['en', 'others']) {
    const mine = pairs.filter(([{ clip }]) => (clip.language === 'en') === (group === 'en'))
    if (mine.length === 0) continue
    const share = (pick: (played: Played) => string[]) => {
      const all = mine.flatMap(([, played]) => pick(played).map((each) => each === played.clip.language))
      return `${all.filter(Boolean).length} of ${all.length}`
    }
    keep('first language', {
      clips: `${group}, ${mine.length}`,
      'first utterance right, fast': share(({ fast }) => fast.slice(0, 1)),
      'first utterance right, in the end': share(({ refined }) => refined.slice(0, 1)),
      'all utterances right, fast': share(({ fast }) => fast),
      'all, in the end': share(({ refined }) => refined),
      'words that differ from told, fast': both(mine, 'fast'),
      'in the end': both(mine, 'refined'),
      'CPU not told / told, s': [1, 0]
        .map((which) => mine.reduce((sum, pair) => sum + (pair[which] as Played).cpuSeconds, 0).toFixed(0))
        .join(' / '),
    })
  }
  console.log(`${decoder.decoded} of ${decoder.asked} questions decoded`)
} finally {
  await engine.close()
}

function languagesOf(heard: readonly Heard[]) {
  const first = new Map<string, string>()
  const last = new Map<string, string>()
  for (const { event } of heard) {
    if (event.type !== 'utterance-finished' && event.type !== 'utterance-refined') continue
    const { id, language, committed } = event.utterance
    if (committed.length === 0) continue
    if (!first.has(id)) first.set(id, language)
    last.set(id, language)
  }
  const said = (list: readonly Heard[]) =>
    finalLines(list)
      .map((words) => words.map((word) => word.text).join(''))
      .join(' ')
  const finals = heard.filter(({ event }) => event.type === 'utterance-finished')
  return {
    fast: [...first.values()],
    refined: [...last.values()],
    text: { fast: said(finals), refined: said(heard) },
  }
}

/** Differences to the text with the language told, in words: the recordings are cut, so their references do not fit. */
function both(pairs: readonly [Played, Played][], which: 'fast' | 'refined'): string {
  let wrong = 0
  let total = 0
  for (const [told, free] of pairs) {
    const of = (played: Played): string[] => units(played.text[which], played.clip.language)
    const errors: Errors = align(of(told), of(free)).errors
    wrong += errors.substitutions + errors.deletions + errors.insertions
    total += errors.total
  }
  return `${wrong} of ${total}`
}
