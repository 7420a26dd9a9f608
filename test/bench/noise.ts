/**
 * `bun run bench noise [-- --minutes 60] [--seed 1]`: sounds without speech on the virtual clock: every clip alone, then an hour
 * mixed of room tone, typing, music and silence at changing loudness. Words that came out of it are invented.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keep } from './cache.ts'
import { type Clip, loadClips, speechDirectory } from './clips.ts'
import { openRealEngine } from './engine.ts'
import { mixNoise } from './mix.ts'
import type { Take } from './play.ts'
import { finalLines } from './screen.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    directory: { type: 'string', default: join(speechDirectory(), '..', 'noise') },
  },
})

const directory = existsSync(values.directory) ? values.directory : join(import.meta.dir, '..', 'fixtures')
const clips = loadClips(directory).filter(({ reference }) => reference === '')
const engine = await openRealEngine()
try {
  await hear('each clip alone', clips)
  const quarter = Math.min(15, Number(values.minutes))
  const hour = Array.from({ length: Math.ceil(Number(values.minutes) / quarter) }, (_, index) =>
    mixNoise(clips, quarter * 60, Number(values.seed) * 100 + index),
  )
  await hear(`mixed, seed ${values.seed}`, hour)
} finally {
  await engine.close()
}

async function hear(what: string, sounds: readonly Clip[]): Promise<void> {
  // Half of the people have left the language to the machine.
  const rooms = [null, 'en'].map((language, half) => ({
    language,
    sounds: sounds.filter((_, index) => index % 2 === half),
  }))
  const results = await Promise.all(
    rooms.map(({ language, sounds }) => simulate([sounds], { ...engine, options: { language } })),
  )
  const takes = results.flatMap((result) => result.takes)
  const seconds = sounds.reduce((sum, { seconds }) => sum + seconds, 0)
  const words = takes.reduce((sum, { heard }) => sum + finalLines(heard).flat().length, 0)
  const cpu = results.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  for (const take of takes) tell(take)
  keep('non-speech', {
    what,
    minutes: (seconds / 60).toFixed(1),
    words: String(words),
    'words per hour': ((words * 3600) / seconds).toFixed(2),
    'ever shown': String(takes.reduce((sum, take) => sum + everShown(take), 0)),
    'detector fired': String(takes.reduce((sum, take) => sum + started(take), 0)),
    suppressed: String(takes.reduce((sum, take) => sum + suppressed(take), 0)),
    'decoding CPU/s': (cpu / seconds).toFixed(4),
  })
}

/** Words that stood on the screen at any time. */
function everShown({ heard }: Take): number {
  const most = new Map<string, number>()
  for (const { event } of heard) {
    if (!('utterance' in event)) continue
    const { id, committed, pending } = event.utterance
    most.set(id, Math.max(most.get(id) ?? 0, committed.length + pending.length))
  }
  return [...most.values()].reduce((sum, count) => sum + count, 0)
}

function suppressed({ heard }: Take): number {
  return heard.reduce((sum, { event }) => sum + (event.type === 'suppressed' ? event.words : 0), 0)
}

function started({ heard }: Take): number {
  return heard.filter(({ event }) => event.type === 'speech-started').length
}

function tell(take: Take): void {
  for (const words of finalLines(take.heard).filter(({ length }) => length > 0)) {
    const at = ((words[0]?.start ?? 0) / 1000).toFixed(1)
    console.log(`  invented in ${take.clip.id} at ${at} s:${words.map(({ text }) => text).join('')}`)
  }
}
