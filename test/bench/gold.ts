/** Makes the clock all systems are measured with: one careful offline pass per recording, kept outside the checkout. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningEngine } from '../../server/asr/engine.ts'
import { type Gold, goldWords } from './alignment.ts'
import { BENCH_CACHE } from './cache.ts'
import type { Clip } from './clips.ts'
import { openRealEngine } from './engine.ts'
import { transcribe } from './play.ts'
import { finalLines } from './screen.ts'
import { speechSpans } from './spans.ts'

/** Changes when alignment or spans are made differently. */
const VERSION = 1

/** Kept, so that a change of the engine cannot move the clock it is measured with. */
export async function goldOf(clips: readonly Clip[], engine?: RunningEngine): Promise<Map<string, Gold>> {
  const folder = join(BENCH_CACHE, 'gold')
  mkdirSync(folder, { recursive: true })
  const known = new Map<string, Gold>()
  let opened = engine
  for (const clip of clips) {
    const hash = Bun.hash(new Uint8Array(clip.pcm.buffer)).toString(36)
    const file = join(folder, `${clip.id}-${hash}-${VERSION}.json`)
    if (!existsSync(file)) {
      opened ??= await openRealEngine()
      writeFileSync(file, JSON.stringify(await make(opened, clip)))
    }
    known.set(clip.id, JSON.parse(readFileSync(file, 'utf8')) as Gold)
  }
  if (opened !== engine) await opened?.close()
  return known
}

async function make(engine: RunningEngine, clip: Clip): Promise<Gold> {
  const { heard } = await transcribe(engine, clip)
  const detector = engine.openDetector()
  const chunks = Math.ceil(clip.pcm.length / 512)
  const padded = new Float32Array(chunks * 512)
  padded.set(clip.pcm)
  const probabilities = new Float32Array(chunks)
  for (let at = 0; at < chunks; at += 64) {
    const part = padded.slice(at * 512, Math.min(chunks, at + 64) * 512)
    probabilities.set(await detector.detect(part), at)
  }
  detector.close()
  return {
    words: goldWords(finalLines(heard).flat(), clip.language),
    spans: speechSpans(clip.pcm, probabilities),
  }
}
