/** Which build of the library a CPU gets. Pure. */
import { expect, test } from 'bun:test'
import { parseCpuFlags, pickVariant, releaseVariants } from '../../../server/asr/native/variants.ts'

const V2 = ['sse4_1', 'sse4_2', 'ssse3', 'popcnt', 'cx16']
const V3 = [...V2, 'avx', 'avx2', 'fma', 'f16c', 'bmi1', 'bmi2', 'movbe']
const V4 = [...V3, 'avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl']
const ZEN4 = [...V4, 'avx512_vnni', 'avx512vbmi', 'avx512_bf16']
const linux = { arch: 'x64', platform: 'linux' } as const

test('[NA1] each x86 level gets its own variant', () => {
  expect(pickVariant(V2, linux)).toBe('x86-64-v2')
  expect(pickVariant(V3, linux)).toBe('x86-64-v3')
  expect(pickVariant(V4, linux)).toBe('x86-64-v4')
  expect(pickVariant(ZEN4, linux)).toBe('zen4')
})

test('[NA1] one missing instruction set means the level below', () => {
  expect(
    pickVariant(
      V3.filter((flag) => flag !== 'fma'),
      linux,
    ),
  ).toBe('x86-64-v2')
  expect(
    pickVariant(
      ZEN4.filter((flag) => flag !== 'avx512_bf16'),
      linux,
    ),
  ).toBe('x86-64-v4')
  expect(pickVariant(['sse2'], linux)).toBeNull()
})

test('[NA1] only what was built is picked', () => {
  expect(pickVariant(ZEN4, { ...linux, available: ['x86-64-v2', 'x86-64-v3'] })).toBe('x86-64-v3')
})

test('[NA1] arm64 and Apple have their own', () => {
  expect(pickVariant(['asimd', 'fphp', 'asimdhp', 'asimddp'], { arch: 'arm64', platform: 'linux' })).toBe(
    'armv8.2',
  )
  expect(pickVariant(['asimd'], { arch: 'arm64', platform: 'linux' })).toBe('armv8')
  expect(pickVariant([], { arch: 'arm64', platform: 'darwin' })).toBe('apple')
  expect(releaseVariants('linux', 'arm64')).toEqual(['armv8', 'armv8.2'])
})

test('[NA1] flags are read from cpuinfo of both architectures', () => {
  expect(parseCpuFlags('processor\t: 0\nflags\t\t: fpu sse4_2 avx2\nbugs\t: x\n')).toEqual([
    'fpu',
    'sse4_2',
    'avx2',
  ])
  expect(parseCpuFlags('Features\t: fp asimd\n')).toEqual(['fp', 'asimd'])
  expect(parseCpuFlags('')).toEqual([])
})
