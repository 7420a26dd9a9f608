/** The whisper.cpp sources inside the pinned npm package: where they are, which version, and our few patches to a copy. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { AppError } from '../../core/error.ts'

interface Patch {
  file: string
  /** Why upstream cannot stay as it is. */
  reason: string
  /** Text that must occur exactly once. */
  find: string
  replace: string
}

/** Keep these few and small: each one breaks the build, with its reason, when upstream changes the line it touches. */
const PATCHES: readonly Patch[] = [
  {
    file: 'src/whisper.cpp',
    reason: 'The vocabulary projection is computed only for the rows the caller reads (decoder.hpp).',
    find: '    struct ggml_tensor * logits = ggml_mul_mat(ctx0, model.d_te, cur);\n',
    replace:
      '    cur = parley_select_rows(ctx0, cur);\n' +
      '    struct ggml_tensor * logits = ggml_mul_mat(ctx0, model.d_te, cur);\n',
  },
  {
    file: 'ggml/src/ggml-cpu/ggml-cpu.c',
    reason: 'Threads wait for each other as barrier.h says, instead of spinning through their time slices.',
    find: 'void ggml_barrier(struct ggml_threadpool * tp) {\n',
    replace:
      '#include "barrier.h"\nvoid ggml_barrier(struct ggml_threadpool * tp) {\n    int parley_spins = 0;\n',
  },
  {
    file: 'ggml/src/ggml-cpu/ggml-cpu.c',
    reason: 'The waiting side of the barrier.',
    find: '== n_passed) {\n        ggml_thread_cpu_relax();\n',
    replace: '== n_passed) {\n        parley_wait(&tp->n_barrier_passed, n_passed, &parley_spins);\n',
  },
  {
    file: 'ggml/src/ggml-cpu/ggml-cpu.c',
    reason: 'The waking side of the barrier.',
    find: '1, memory_order_seq_cst);\n        return;\n',
    replace: '1, memory_order_seq_cst);\n        parley_wake(&tp->n_barrier_passed);\n        return;\n',
  },
  {
    file: 'ggml/src/ggml-cpu/llamafile/sgemm.cpp',
    reason: 'CPUs with AVX-512 VNNI multiply 8-bit weights about three times as fast with gemm.h.',
    find: '    case GGML_TYPE_Q8_0: {\n        if (Btype != GGML_TYPE_Q8_0)\n           return false;\n',
    replace:
      '    case GGML_TYPE_Q8_0: {\n        if (Btype != GGML_TYPE_Q8_0)\n           return false;\n' +
      '        if (PARLEY_GEMM_Q8(params, m, n, k, A, lda, B, ldb, C, ldc))\n            return true;\n',
  },
  {
    file: 'ggml/src/ggml-cpu/llamafile/sgemm.cpp',
    reason: 'The include for the patch above.',
    find: '#include "simd-mappings.h"\n',
    replace: '#include "simd-mappings.h"\n#include "gemm.h"\n',
  },
]

/** Folders of the copy that a build with only these backends needs. */
const BACKENDS = { cpu: 'ggml-cpu', cuda: 'ggml-cuda', vulkan: 'ggml-vulkan', metal: 'ggml-metal' } as const
export type Backend = keyof typeof BACKENDS

/** The directory of whisper.cpp inside node_modules. */
export function upstreamDir(): string {
  const require = createRequire(import.meta.url)
  const dir = join(dirname(require.resolve('nodejs-whisper/package.json')), 'cpp', 'whisper.cpp')
  if (!existsSync(join(dir, 'src', 'whisper.cpp'))) {
    throw new AppError(
      'not-found',
      `The whisper.cpp sources are missing in ${dir}. Run "bun install" and try again.`,
    )
  }
  return dir
}

/** whisper.cpp's version, as its CMakeLists states it. */
export function upstreamVersion(dir: string): string {
  const text = readFileSync(join(dir, 'CMakeLists.txt'), 'utf8')
  return /project\("whisper\.cpp" VERSION ([\d.]+)\)/.exec(text)?.[1] ?? 'unknown'
}

/** A fingerprint of version and patches: what the compiled ggml depends on besides flags. */
export function upstreamKey(dir: string): string {
  const hash = createHash('sha256').update(upstreamVersion(dir)).update(JSON.stringify(PATCHES))
  for (const file of new Set(PATCHES.map((patch) => patch.file))) hash.update(readFileSync(join(dir, file)))
  return hash.digest('hex')
}

/** Copies what a build needs to `target` and patches the copy; `backends` always includes the CPU. */
export function copyPatched(dir: string, target: string, backends: readonly Backend[]): void {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  const wanted = new Set<string>(backends.map((backend) => BACKENDS[backend]))
  cpSync(join(dir, 'include'), join(target, 'include'), { recursive: true })
  cpSync(join(dir, 'src'), join(target, 'src'), { recursive: true })
  cpSync(join(dir, 'ggml'), join(target, 'ggml'), {
    recursive: true,
    filter: (from) => {
      const folder = /[\\/]ggml[\\/]src[\\/](ggml-[a-z]+)(?:[\\/]|$)/.exec(from)?.[1]
      return folder === undefined || wanted.has(folder)
    },
  })
  for (const patch of PATCHES) {
    const path = join(target, patch.file)
    const text = readFileSync(path, 'utf8')
    const parts = text.split(patch.find)
    if (parts.length !== 2) {
      throw new AppError(
        'internal',
        `whisper.cpp ${upstreamVersion(dir)} changed in ${patch.file}: the text to patch was found ${parts.length - 1} times ` +
          `instead of once. ${patch.reason} Adapt server/asr/native/upstream.ts or pin the previous nodejs-whisper.`,
      )
    }
    writeFileSync(path, parts.join(patch.replace))
  }
}
