/**
 * `bun run bench conditions [--clips a,b] [--only "room,office 3 dB below"]`: the same recordings as a bad microphone, line or room
 * would deliver them, or a hesitant speaker, live on the virtual clock and as files. Words left out and words invented are counted apart.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rms } from '../../server/core/audio.ts'
import { seeded } from '../helpers/seeded.ts'
import { keep } from './cache.ts'
import { type Clip, clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, openRealEngine } from './engine.ts'
import { goldOf } from './gold.ts'
import { withPauses } from './pauses.ts'
import { type Heard, transcribe } from './play.ts'
import { remember } from './remember.ts'
import { finalLines } from './screen.ts'
import { fixedCost, simulate } from './simulate.ts'
import type { Span } from './spans.ts'
import { addErrors, align, type Errors, noErrors, rate, units } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    clips: {
      type: 'string',
      default:
        'en_jfk,en_lj006_0114,en_libritts_*,en_ls_2412_*,en_cv_22058264,en_ami_ES2011a_40s,en_podcast_2',
    },
    only: { type: 'string' },
  },
})

/** `words`: where each was spoken. */
type Condition = (pcm: Float32Array, words: readonly Span[]) => Float32Array

const directory = speechDirectory()
const office = clipsNamed(join(directory, '..', 'noise'), 'office_ambience')[0]?.pcm ?? new Float32Array(1)

const louder =
  (decibels: number): Condition =>
  (pcm) =>
    pcm.map((sample) => sample * 10 ** (decibels / 20))

/** Noise under the speech, `ratio` dB below its mean level. */
const over =
  (ratio: number, noise: (length: number) => Float32Array): Condition =>
  (pcm) => {
    const under = noise(pcm.length)
    const scale = rms(pcm) / rms(under) / 10 ** (ratio / 20)
    return pcm.map((sample, i) => sample + (under[i] as number) * scale)
  }
const hiss = (length: number): Float32Array => {
  const random = seeded(1)
  return Float32Array.from({ length }, () => random() - 0.5)
}
const voices = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => office[i % office.length] as number)

/** 300 Hz to 3.4 kHz by first-order filters, and seven bits on a μ-law scale (ITU-T G.711). */
const telephone: Condition = (pcm) => {
  let low = 0
  let high = 0
  return pcm.map((sample) => {
    const before = low
    low += 0.7 * (sample - low)
    high = 0.89 * (high + low - before)
    const level = Math.round((Math.log1p(255 * Math.min(1, Math.abs(high))) / Math.log(256)) * 127) / 127
    return (Math.sign(high) * Math.expm1(level * Math.log(256))) / 255
  })
}

/** Six echoes within 0.6 s, the first nearly as loud as the voice: a table microphone in a bare room. */
const room: Condition = (pcm) => {
  const echoes = [
    [480, 0.5],
    [1131, 0.4],
    [2237, 0.35],
    [3931, 0.3],
    [6421, 0.2],
    [9013, 0.15],
  ] as const
  const heard = pcm.map((sample, i) =>
    echoes.reduce((sum, [delay, share]) => sum + share * (pcm[i - delay] ?? 0), sample),
  )
  const peak = heard.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  return heard.map((sample) => (0.8 * sample) / peak)
}

const CONDITIONS: Record<string, Condition> = {
  'as recorded': (pcm) => pcm,
  '20 dB quieter': louder(-20),
  '35 dB quieter': louder(-35),
  '46 dB quieter': louder(-46),
  '20 dB too loud': louder(20),
  'hiss 15 dB below': over(15, hiss),
  'hiss 5 dB below': over(5, hiss),
  'office 10 dB below': over(10, voices),
  'office 3 dB below': over(3, voices),
  telephone,
  room,
  'pauses of 1 to 2.5 s every few words': (pcm, words) => withPauses(pcm, words, seeded(1)),
}

/** What a 16-bit converter makes of it. */
const digitised = (pcm: Float32Array): Float32Array =>
  pcm.map((sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32768))) / 32768)

const clips = clipsNamed(directory, values.clips)
const wanted = values.only?.split(',')
const engine = await openRealEngine()
const decoder = remember(engine.decoder, await answersFile())
const { openDetector } = engine
const gold = await goldOf(clips, engine)
for (const [name, condition] of Object.entries(CONDITIONS)) {
  if (wanted && !wanted.includes(name)) continue
  let live = noErrors
  let file = noErrors
  for (const clip of clips) {
    const changed: Clip = {
      ...clip,
      id: `${clip.id}, ${name}`,
      pcm: digitised(condition(clip.pcm, gold.get(clip.id)?.words ?? [])),
    }
    const { takes } = await simulate([[changed]], { decoder, openDetector, costOf: fixedCost })
    live = addErrors(live, errorsOf(clip, takes[0]?.heard ?? []))
    file = addErrors(file, errorsOf(clip, (await transcribe(engine, changed)).heard))
  }
  keep('conditions', {
    condition: name,
    'WER live': rate(live).toFixed(1),
    'left out, invented': `${live.deletions}, ${live.insertions}`,
    'WER as file': rate(file).toFixed(1),
    'left out, invented (file)': `${file.deletions}, ${file.insertions}`,
    words: String(live.total),
  })
}
await engine.close()

function errorsOf({ reference, language }: Clip, heard: readonly Heard[]): Errors {
  const text = finalLines(heard)
    .map((words) => words.map((word) => word.text).join(''))
    .join(' ')
  return align(units(reference, language), units(text, language)).errors
}
