/** R10, R34: files vanish under a running server: model, native library, temporary directory; and its recognisers die just then. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildNative } from '../../server/asr/native/build.ts'
import type { Fault } from './fault.ts'
import { MAIN } from './kit.ts'
import { compared, countInto, needsEngine, workersOf } from './worker.ts'

const MODEL = join(import.meta.dir, '..', '..', 'models', 'ggml-base-q8_0.bin')

export const goneFaults: Fault[] = [
  {
    id: 'R10',
    name: 'model, native library and temporary directory are removed in mid-meeting, the recognisers killed; then the files are put back',
    runs: 1,
    longRuns: 3,
    missing: needsEngine,
    run: async (seed) => {
      const work = mkdtempSync(join(tmpdir(), 'parley-gone-'))
      const [model, library, temporary, aside] = ['ggml-base-q8_0.bin', 'library.so', 'tmp', 'aside'].map(
        (name) => join(work, name),
      ) as [string, string, string, string]
      copyFileSync(MODEL, model)
      copyFileSync(await buildNative({ progress: () => {} }), library)
      mkdirSync(temporary)
      mkdirSync(aside)
      let alive = true
      try {
        const heard = await countInto(
          seed,
          async (node, _speaking, random) => {
            await Bun.sleep(4000 + random() * 4000)
            for (const path of [model, library]) renameSync(path, join(aside, path.slice(work.length)))
            rmSync(temporary, { recursive: true, force: true })
            for (const pid of workersOf(node.server.process.pid)) process.kill(pid, 'SIGKILL')
            await Bun.sleep(8000)
            alive =
              (await fetch(`${node.server.url}/healthz`)).ok && existsSync(`/proc/${node.server.process.pid}`)
            for (const path of [model, library]) renameSync(join(aside, path.slice(work.length)), path)
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
        return { ...outcome, ok: outcome.ok === true && alive }
      } finally {
        rmSync(work, { recursive: true, force: true })
      }
    },
  },
]
