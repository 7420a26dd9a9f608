/** Times the native engine's kernels on this machine: bun test/bench/kernels.ts [--threads 1,2] [--repeat 3] [--library PATH]. */
import { cpus, loadavg } from 'node:os'
import type { DecodeRequest } from '../../server/asr/backend.ts'
import { openVoiceDetector } from '../../server/asr/backends/silero.ts'
import { whisper } from '../../server/asr/backends/whisper.ts'
import { buildNative } from '../../server/asr/native/build.ts'
import { findClip, findModel, readWav } from '../asr/native/material.ts'
import { decodeRequest } from '../helpers/decoding.ts'

const option = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at >= 0 ? (process.argv[at + 1] ?? fallback) : fallback
}
const threadCounts = option('threads', '1,2').split(',').map(Number)
const repeat = Number(option('repeat', '3'))

const model = findModel('ggml-base-q8_0.bin')
const voiceModel = findModel('ggml-silero-v6.2.0.bin')
if (!model || !voiceModel) throw new Error('The models are not in models/ (see the README).')

const libraryPath = option('library', '') || (await buildNative())
const decoder = await whisper.load({
  modelPath: model,
  gpu: process.argv.includes('--gpu'),
  libraryPath,
  settings: {},
})
const { engine } = decoder
const commit = Bun.spawnSync(['git', 'rev-parse', '--short', 'HEAD']).stdout.toString().trim()
const { variant, openmp } = engine.library.system
console.log(
  `machine ${cpus()[0]?.model} × ${cpus().length}, load ${loadavg()[0]?.toFixed(2)}, commit ${commit}`,
)
console.log(
  `model ${model.split('/').at(-1)}, variant ${variant}, openmp ${openmp}, best / median of ${repeat}\n`,
)

/** Best and median of several runs, in milliseconds. */
async function time(label: string, run: () => number | Promise<number>): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < repeat; i++) times.push(await run())
  times.sort((a, b) => a - b)
  const [best, median] = [times[0] ?? 0, times[times.length >> 1] ?? 0]
  console.log(`${label.padEnd(44)} ${best.toFixed(2).padStart(9)} ${median.toFixed(2).padStart(9)}`)
}

const speech = await readWav(findClip('en_jfk') ?? '')
const request = (over: Partial<DecodeRequest>): DecodeRequest =>
  decodeRequest({ pcm: speech, padding: 128, beamSize: 5, ...over })
const wall = async (over: Partial<DecodeRequest>): Promise<number> => {
  const started = performance.now()
  await decoder.decode(request(over))
  return performance.now() - started
}

await time('mel 5 s', () => engine.measure('mel', 5_000, 1))
const detector = openVoiceDetector(libraryPath, voiceModel)
const second = speech.slice(0, 31 * 512)
await time('voice activity, per second of audio', async () => {
  const started = performance.now()
  await detector.detect(second)
  return ((performance.now() - started) * 16_000) / second.length
})
detector.close()

const context =
  'The president spoke to the nation about the future of the country and its place in the world.'
const opening = (await decoder.decode(request({ pcm: speech.slice(0, 4.8 * 16_000) }))).tokens
for (const threads of threadCounts) {
  console.log(`\n${threads} thread${threads > 1 ? 's' : ''}`)
  for (const frames of [256, 320, 512, 1500])
    await time(`encode ${frames}`, () => engine.measure('encode', frames, threads))
  await time('decode, per token', () => engine.measure('step', 32, threads))
  for (const size of [5, 20, 64])
    await time(`decode, batch of ${size}`, () => engine.measure('batch', size, threads))
  const window = speech.slice(0, 4.8 * 16_000)
  await time('draft 4.8 s, nothing known', () => wall({ pcm: window, context, threads }))
  await time('draft 4.8 s, 4 forced, rest drafted', () =>
    wall({ pcm: window, context, threads, prefix: opening.slice(0, 4), draft: opening.slice(4, -1) }),
  )
  await time('final 4 s', () =>
    wall({ kind: 'final', pcm: speech.slice(0, 64_000), context, threads, padding: 256 }),
  )
  await time('refine 10 s, beam 5, padding 256', () =>
    wall({ kind: 'refine', pcm: speech.slice(0, 160_000), context, threads, padding: 256 }),
  )
  await time('refine 10 s, beam 5, full window', () =>
    wall({ kind: 'refine', pcm: speech.slice(0, 160_000), context, threads, padding: null }),
  )
}
await decoder.close()
