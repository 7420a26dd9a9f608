/** R10, R34: files vanish under a running server: model, native library, temporary directory; and its recognisers die just then. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { buildNative } from '../../server/asr/native/build.ts'
import { speechless } from '../helpers/spoken-numbers.ts'
import type { Fault } from './fault.ts'
import { MAIN } from './kit.ts'
import { compared, countInto, workersOf } from './worker.ts'

const MODEL = join(import.meta.dir, '..', '..', 'models', 'ggml-base-q8_0.bin')

/** Counts aloud while `spoil` does its work and the recognisers are killed; 8 s later `mend` puts everything back. */
async function killedAndSpoilt(
  seed: number,
  spoil: (files: { model: string; library: string; temporary: string; aside: string }) => void,
) {
  const work = mkdtempSync(join(tmpdir(), 'parley-gone-'))
  const files = {
    model: join(work, 'ggml-base-q8_0.bin'),
    library: join(work, 'library.so'),
    temporary: join(work, 'tmp'),
    aside: join(work, 'aside'),
  }
  const { model, library, temporary, aside } = files
  copyFileSync(MODEL, model)
  copyFileSync(await buildNative({ progress: () => {} }), library)
  mkdirSync(temporary)
  mkdirSync(aside)
  let alive = true
  let loaded = 0
  try {
    const heard = await countInto(
      seed,
      async (node, _speaking, random) => {
        await Bun.sleep(4000 + random() * 4000)
        const { pid } = node.server.process
        const before = workersOf(pid)
        for (const path of [model, library]) renameSync(path, join(aside, basename(path)))
        spoil(files)
        for (const worker of before) process.kill(worker, 'SIGKILL')
        await Bun.sleep(8000)
        alive = (await fetch(`${node.server.url}/healthz`)).ok && existsSync(`/proc/${pid}`)
        loaded = workersOf(pid).filter((worker) => mapped(worker)).length
        for (const path of [model, library]) renameSync(join(aside, basename(path)), path)
      },
      {
        command: MAIN,
        args: ['--model', model],
        env: {
          ...(process.env as Record<string, string>),
          PARLEY_NATIVE_LIBRARY: library,
          TMPDIR: temporary,
        },
      },
    )
    const outcome = await compared(heard)
    return { ...outcome, ok: outcome.ok === true && alive && loaded === 0 }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** A recogniser that has a model in its memory is large, MB. */
function mapped(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) > 90_000
}

export const goneFaults: Fault[] = [
  {
    id: 'R10',
    name: 'model, native library and temporary directory are removed in mid-meeting, the recognisers killed; then the files are put back',
    runs: 1,
    longRuns: 3,
    missing: speechless,
    run: (seed) =>
      killedAndSpoilt(seed, ({ temporary }) => rmSync(temporary, { recursive: true, force: true })),
  },
  {
    id: 'R10',
    name: 'another model lies in its place (200 flipped bytes) when the recognisers are killed in mid-meeting: it is not loaded',
    runs: 1,
    longRuns: 3,
    missing: speechless,
    run: (seed) =>
      killedAndSpoilt(seed, ({ model, library, aside }) => {
        copyFileSync(join(aside, basename(library)), library)
        const bytes = readFileSync(join(aside, basename(model)))
        for (let i = 0; i < 200; i++)
          bytes[1_000_000 + i * 300_000] = (bytes[1_000_000 + i * 300_000] ?? 0) ^ 0x10
        writeFileSync(model, bytes)
      }),
  },
]
