/** Which instruction sets we compile the native library for, and which of them a given CPU can run. */

/** One build of the library. `native` is for development only: it may not run on any other machine. */
export type Variant =
  | 'native'
  | 'x86-64-v2'
  | 'x86-64-v3'
  | 'x86-64-v4'
  | 'zen4'
  | 'armv8'
  | 'armv8.2'
  | 'apple'

/** Compiler flags per variant, used for ggml and for our own code alike. */
export const VARIANT_FLAGS: Readonly<Record<Variant, readonly string[]>> = {
  native: ['-march=native'],
  // SSE4.2 and SSSE3: every 64-bit x86 since about 2009.
  'x86-64-v2': ['-march=x86-64-v2', '-mtune=generic'],
  // AVX2, FMA, F16C: Haswell (2013), Zen 1 (2017) and newer.
  'x86-64-v3': ['-march=x86-64-v3', '-mtune=generic'],
  // AVX-512 F/BW/CD/DQ/VL: Skylake-X (2017) and newer.
  'x86-64-v4': ['-march=x86-64-v4', '-mtune=generic', '-mprefer-vector-width=512'],
  // AVX-512 with VNNI, VBMI and BF16: Zen 4, Sapphire Rapids and newer.
  zen4: ['-march=x86-64-v4', '-mavx512vnni', '-mavx512vbmi', '-mavx512bf16', '-mprefer-vector-width=512'],
  armv8: ['-march=armv8-a'],
  // Dot product and half-precision arithmetic: Cortex-A76, Neoverse N1, Raspberry Pi 5 and newer.
  'armv8.2': ['-march=armv8.2-a+dotprod+fp16'],
  apple: ['-mcpu=apple-m1'],
}

/** Best first; every feature of a row must be there. Names as Linux spells them in /proc/cpuinfo. */
const REQUIREMENTS: readonly (readonly [Variant, 'x64' | 'arm64', readonly string[]])[] = [
  [
    'zen4',
    'x64',
    ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl', 'avx512_vnni', 'avx512vbmi', 'avx512_bf16'],
  ],
  [
    'x86-64-v4',
    'x64',
    ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl', 'avx2', 'fma', 'f16c', 'bmi2'],
  ],
  ['x86-64-v3', 'x64', ['avx', 'avx2', 'fma', 'f16c', 'bmi1', 'bmi2', 'movbe']],
  ['x86-64-v2', 'x64', ['sse4_1', 'sse4_2', 'ssse3', 'popcnt', 'cx16']],
  ['armv8.2', 'arm64', ['asimddp', 'asimdhp', 'fphp']],
  ['armv8', 'arm64', []],
]

/** The variants a release for this platform carries, slowest first. */
export function releaseVariants(platform: NodeJS.Platform, arch: string): Variant[] {
  if (arch === 'arm64') return platform === 'darwin' ? ['apple'] : ['armv8', 'armv8.2']
  return ['x86-64-v2', 'x86-64-v3', 'x86-64-v4', 'zen4']
}

/**
 * The fastest variant a CPU with these flags can run, or null when it lacks even SSE4.2.
 * `available` limits the choice to what was built.
 */
export function pickVariant(
  cpuFlags: Iterable<string>,
  {
    arch = process.arch as string,
    platform = process.platform as NodeJS.Platform,
    available,
  }: {
    arch?: string
    platform?: NodeJS.Platform
    available?: readonly Variant[]
  } = {},
): Variant | null {
  const offered = available ?? releaseVariants(platform, arch)
  if (arch === 'arm64' && platform === 'darwin') return offered.includes('apple') ? 'apple' : null
  const flags = new Set(cpuFlags)
  for (const [variant, wanted, needs] of REQUIREMENTS) {
    if (wanted === arch && offered.includes(variant) && needs.every((flag) => flags.has(flag))) return variant
  }
  return null
}

/** The flags line of a Linux /proc/cpuinfo text (`flags` on x86, `Features` on ARM). */
export function parseCpuFlags(cpuinfo: string): string[] {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)
  return line?.[1]?.trim().split(/\s+/) ?? []
}
