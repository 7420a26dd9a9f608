/** The copy of whisper.cpp and its patches. Reads node_modules, compiles nothing. */
import { afterAll, expect, test } from 'bun:test'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyPatched, upstreamDir, upstreamVersion } from '../../../server/asr/native/upstream.ts'

const scratch = mkdtempSync(join(tmpdir(), 'parley-upstream-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('[NA3] the pinned version takes every patch', () => {
  const target = join(scratch, 'good')
  copyPatched(upstreamDir(), target, ['cpu'])
  expect(upstreamVersion(upstreamDir())).toMatch(/^\d+\.\d+\.\d+$/)
  expect(readFileSync(join(target, 'src', 'whisper.cpp'), 'utf8')).toContain('parley_select_rows(ctx0, cur)')
  expect(readFileSync(join(target, 'ggml', 'src', 'ggml-cpu', 'ggml-cpu.c'), 'utf8')).toContain(
    'parley_wake(',
  )
})

test('[NA3] a changed line stops the build with its file and reason', () => {
  const changed = join(scratch, 'changed')
  for (const part of ['include', 'src', 'ggml/src/ggml-cpu']) {
    mkdirSync(join(changed, part), { recursive: true })
    cpSync(join(upstreamDir(), part), join(changed, part), { recursive: true })
  }
  cpSync(join(upstreamDir(), 'CMakeLists.txt'), join(changed, 'CMakeLists.txt'))
  const file = join(changed, 'src', 'whisper.cpp')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      'ggml_mul_mat(ctx0, model.d_te, cur)',
      'ggml_mul_mat(ctx0, cur, model.d_te)',
    ),
  )
  expect(() => copyPatched(changed, join(scratch, 'bad'), ['cpu'])).toThrow(/src\/whisper\.cpp.*0 times/)
})
