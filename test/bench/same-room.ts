/**
 * `bun run bench same-room`: one voice and two microphones, the second far away (an echoing room, 12 dB quieter, office noise
 * under it), on the virtual clock: how many lines of the far one stay, and whether two people who talk at once lose any.
 */
import { join } from 'node:path'
import { decibels } from '../../server/core/room-noise.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import { findEchoes } from '../../server/room/echo.ts'
import { keep } from './cache.ts'
import { BENCH_CLIPS, type Clip, clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, openRealEngine } from './engine.ts'
import { goldOf } from './gold.ts'
import { playlist } from './live.ts'
import { remember } from './remember.ts'
import { fixedCost, simulate } from './simulate.ts'

const SECONDS = 60
/** Samples by which the far microphone hears later: sound's way, buffers, clocks. */
const LATER = 16 * 120

const directory = speechDirectory()
const office = clipsNamed(join(directory, '..', 'noise'), 'office_ambience')[0]?.pcm ?? new Float32Array(1)

/** Three echoes, a quarter of the loudness, and a room's own sound. */
function far({ pcm, ...clip }: Clip): Clip {
  const at = (i: number) => pcm[i] ?? 0
  const heard = Float32Array.from({ length: pcm.length }, (_, index) => {
    const i = index - LATER
    const voice = at(i) + 0.5 * at(i - 480) + 0.35 * at(i - 2237) + 0.2 * at(i - 6421)
    return 0.15 * voice + 0.1 * (office[index % office.length] as number)
  })
  return { ...clip, id: `${clip.id}, far`, pcm: heard }
}

const engine = await openRealEngine({ skipSelfTest: true })
try {
  const clips = clipsNamed(directory, BENCH_CLIPS)
  const gold = await goldOf(clips, engine)
  const [first, second] = [0, 1].map((index) => playlist(clips, gold, SECONDS, index, 2).clip) as [Clip, Clip]
  const decoder = remember(engine.decoder, await answersFile())
  const { openDetector } = engine
  const play = async (what: string, people: [Clip, Clip]) => {
    const options = { language: 'en' }
    const speakers = people.map((clip) => [clip])
    // Both begin at once: it is one voice.
    const { takes } = await simulate(speakers, {
      decoder,
      openDetector,
      options,
      costOf: fixedCost,
      apart: 0,
    })
    const finals = takes
      .flatMap(({ clip, heard }) =>
        heard.flatMap(({ at, event }) => {
          if (event.type !== 'utterance-finished' || event.utterance.committed.length === 0) return []
          return [
            { at, line: { ...event.utterance, participantId: clip.id, rev: 1, state: 'final' } as Utterance },
          ]
        }),
      )
      .sort((a, b) => a.at - b.at)
    const level = (id: string, from: number, to: number) =>
      decibels((people.find((clip) => clip.id === id) as Clip).pcm.subarray(from * 16, to * 16))
    let utterances: Utterance[] = []
    for (const { line } of finals) {
      const { echo, repeated } = findEchoes(line, { utterances }, level)
      if (echo) continue
      utterances = utterances.filter((each) => !repeated.includes(each)).concat(line)
    }
    const of = (clip: Clip) => {
      const mine = (lines: readonly Utterance[]) =>
        lines.filter((line) => line.participantId === clip.id).length
      return `${mine(utterances)} of ${mine(finals.map(({ line }) => line))}`
    }
    keep('same room', { what, 'lines of the first that stay': of(people[0]), 'of the second': of(people[1]) })
    for (const line of utterances)
      if (line.participantId.endsWith('far')) console.log(line.committed.map(({ text }) => text).join(''))
  }
  await play('one voice, a near and a far microphone', [first, far(first)])
  await play('two people at once', [first, second])
} finally {
  await engine.close()
}
