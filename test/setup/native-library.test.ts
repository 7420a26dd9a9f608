import { describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chooseLibrary, extractLibrary, progressLines } from '../../server/setup/native-library.ts'
import { noise, sha256 } from '../models/fake-model.ts'
import { temporaryDirectories } from '../models/temporary.ts'

const temporaryDirectory = temporaryDirectories()

const BYTES = noise(20_000)

function library(variant = 'x86-64-v3') {
  const path = join(temporaryDirectory(), 'embedded.so')
  writeFileSync(path, BYTES)
  return { variant, path, sha256: sha256(BYTES) }
}

describe('which library', () => {
  const all = ['x86-64-v2', 'x86-64-v3', 'x86-64-v4', 'zen4'].map((variant) => ({
    variant,
    path: '',
    sha256: '',
  }))
  const pick = (flags: string, forced?: string) =>
    chooseLibrary(all, flags.split(' '), forced, 'x64', 'linux').variant
  const haswell = 'sse4_1 sse4_2 ssse3 popcnt cx16 avx avx2 fma f16c bmi1 bmi2 movbe'

  test('[SU1] the best one the CPU can run, never one it cannot', () => {
    expect(pick('sse4_1 sse4_2 ssse3 popcnt cx16')).toBe('x86-64-v2')
    expect(pick('sse4_1 sse4_2 ssse3 popcnt cx16 avx avx2')).toBe('x86-64-v2') // no FMA
    expect(pick(haswell)).toBe('x86-64-v3')
    expect(pick(`${haswell} avx512f avx512bw avx512cd avx512dq avx512vl`)).toBe('x86-64-v4')
  })

  test('[SU1] a CPU that is too old, and a variant that is not there, are said in words', () => {
    expect(() => pick('sse2 ssse3')).toThrow(/too old/)
    expect(() => pick(haswell, 'armv8')).toThrow(/It has: x86-64-v2, /)
    expect(pick(haswell, 'x86-64-v2')).toBe('x86-64-v2')
  })
})

describe('where it goes', () => {
  test('[SU2] extracted once, executable, under a name with its hash', async () => {
    const dataDir = temporaryDirectory()
    const first = await extractLibrary(library(), [join(dataDir, 'lib')])
    expect(readFileSync(first).equals(BYTES)).toBe(true)
    expect(statSync(first).mode & 0o111).not.toBe(0)
    const { ino } = statSync(first)
    expect(await extractLibrary(library(), [join(dataDir, 'lib')])).toBe(first)
    expect(statSync(first).ino).toBe(ino)
    expect(readdirSync(join(dataDir, 'lib'))).toEqual([
      `libparley-x86-64-v3-${sha256(BYTES).slice(0, 16)}.so`,
    ])
  })

  test('[SU3] a changed or cut file is never loaded: it is replaced by the right one', async () => {
    const directory = join(temporaryDirectory(), 'lib')
    const path = await extractLibrary(library(), [directory])
    for (const spoilt of [noise(20_000, 9), BYTES.subarray(0, 100)]) {
      writeFileSync(path, spoilt)
      expect(await extractLibrary(library(), [directory])).toBe(path)
      expect(readFileSync(path).equals(BYTES)).toBe(true)
    }
  })

  test('[SU4] a noexec or unwritable place is passed over for the next one, and that is said', async () => {
    const [noexec, good] = [join(temporaryDirectory(), 'a'), join(temporaryDirectory(), 'b')]
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    const notices: string[] = []
    const say = (line: string) => notices.push(line)
    const path = await extractLibrary(
      library(),
      [join(file, 'x'), noexec, good],
      say,
      (place) => !place.startsWith(noexec),
    )
    expect(path.startsWith(good)).toBe(true)
    expect(notices.join()).toContain(`${noexec} is mounted noexec`)
    expect(notices.join()).toContain(`The speech engine is in ${good} instead`)
  })

  test('[SU4] when no place is left, the message has every reason and the remedy', async () => {
    const directory = join(temporaryDirectory(), 'a')
    const error = await extractLibrary(library(), [directory], undefined, () => false).catch(
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'storage', message: expect.stringMatching(/noexec.*--data-dir/) })
  })

  test('[SU5] a directory of somebody else is not trusted', async () => {
    if (process.getuid?.() !== 0) return // only root can make one
    const { chownSync } = await import('node:fs')
    const directory = join(temporaryDirectory(), 'theirs')
    mkdirSync(directory)
    chownSync(directory, 12_345, 12_345)
    await expect(extractLibrary(library(), [directory])).rejects.toThrow(/belongs to another user/)
  })
})

test('[SU6] build progress is a line for every ten percent, not one for every file', () => {
  const lines: string[] = []
  const progress = progressLines((line) => lines.push(line))
  for (let percent = 0; percent <= 100; percent++) progress(percent, 'compiling')
  expect(lines.length).toBe(11)
  expect(lines[1]).toBe('compiling (10 %)')
})
