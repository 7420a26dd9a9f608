/**
 * `bun run bench speed [-- --clips en_*] [--threads 2] [--beam 5]`: the same files through whisper.cpp's own program and through
 * Parley, equal model, threads and beam width, one after the other in one run.
 */
import { parseArgs } from 'node:util'
import { keep } from './cache.ts'
import { clipsNamed, speechDirectory } from './clips.ts'
import { MODEL, openRealEngine } from './engine.ts'
import { transcribe, usage } from './play.ts'
import { finalLines } from './screen.ts'
import { addErrors, align, noErrors, rate, units } from './wer.ts'
import { buildWhisperCli, keepText, transcribeByCli } from './whisper-cli.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    clips: { type: 'string', default: 'en_*' },
    directory: { type: 'string', default: speechDirectory() },
    threads: { type: 'string', default: '2' },
    beam: { type: 'string', default: '5' },
  },
})

const [threads, beam] = [Number(values.threads), Number(values.beam)]
const clips = clipsNamed(values.directory, values.clips)
const audio = clips.reduce((sum, clip) => sum + clip.seconds, 0)
const wer = (texts: readonly string[]) =>
  rate(
    texts
      .map((text, i) => align(units(clips[i]!.reference, 'en'), units(text, 'en')).errors)
      .reduce(addErrors, noErrors),
  )

const program = await buildWhisperCli((line) => console.error(line))
const options = { model: MODEL, threads, beam }
const cli = await transcribeByCli(program, clips, options)
for (const [index, clip] of clips.entries()) keepText(clip, options, cli.texts[index] as string)

const engine = await openRealEngine({ workers: threads, threads, beamSize: beam })
const before = usage(engine.processes.decode).cpu
const began = performance.now()
const texts: string[] = []
for (const clip of clips) {
  const lines = finalLines((await transcribe(engine, clip)).heard)
  texts.push(lines.map((words) => words.map((word) => word.text).join('')).join(' '))
}
const seconds = (performance.now() - began) / 1000
const cpu = usage(engine.processes.decode).cpu - before
await engine.close()

keep('file transcription', {
  clips: String(clips.length),
  'audio s': audio.toFixed(0),
  'threads, beam': `${threads}, ${beam}`,
  'whisper-cli × real time': (audio / cli.seconds).toFixed(1),
  'Parley × real time': (audio / seconds).toFixed(1),
  'ratio (bar 1)': (cli.seconds / seconds).toFixed(2),
  'WER whisper-cli': wer(cli.texts).toFixed(2),
  'WER Parley': wer(texts).toFixed(2),
  'CPU/s Parley': (cpu / audio).toFixed(3),
})
