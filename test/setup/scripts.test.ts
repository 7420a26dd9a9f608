import { describe, expect, test } from 'bun:test'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dependenciesAreStale, ensureDependencies } from '../../server/setup/dependencies.ts'
import { listModule } from '../../server/setup/embed.ts'
import { noticesText } from '../../server/setup/notices.ts'
import { advisoriesFor, componentsOf, sbomText } from '../../server/setup/sbom.ts'
import { selfCommand } from '../../server/setup/self.ts'
import { addSummaries, closingLine, parseSummary } from '../../server/setup/summary.ts'
import { filesOf, GROUPS } from '../../server/setup/tests.ts'
import { temporaryDirectories } from '../models/temporary.ts'

const temporaryDirectory = temporaryDirectories()

const ROOT = join(import.meta.dir, '..', '..')
const RUN = join(ROOT, 'server', 'setup', 'run.ts')

describe('dependencies', () => {
  /** A package without dependencies: installing needs no network. */
  function project(): string {
    const root = temporaryDirectory()
    writeFileSync(join(root, 'package.json'), '{"name":"x","private":true,"dependencies":{"a":"file:./a"}}')
    mkdirSync(join(root, 'a'))
    writeFileSync(join(root, 'a', 'package.json'), '{"name":"a","version":"1.0.0"}')
    Bun.spawnSync([process.execPath, 'install', '--lockfile-only'], { cwd: root })
    return root
  }

  test('[SU10] installed when missing, left alone when present, again when the lockfile has changed', async () => {
    const root = project()
    const said: string[] = []
    const say = (line: string) => said.push(line)
    expect(dependenciesAreStale(root)).toBe(true)
    expect(await ensureDependencies(say, root)).toBe(true)
    expect(said[0]).toContain('Installing the libraries')
    expect(await ensureDependencies(say, root)).toBe(false)
    writeFileSync(join(root, 'bun.lock'), `${readFileSync(join(root, 'bun.lock'), 'utf8')}\n`)
    expect(dependenciesAreStale(root)).toBe(true)
  })

  test('[SU10] a lockfile that does not fit is an error with a remedy, and nothing is called ready', async () => {
    const root = project()
    const broken = '{"name":"x","private":true,"dependencies":{"a":"file:./a","b":"file:./b"}}'
    writeFileSync(join(root, 'package.json'), broken)
    await expect(ensureDependencies(() => {}, root)).rejects.toThrow(/could not be installed/)
    expect(dependenciesAreStale(root)).toBe(true)
  })
})

describe('the closing line', () => {
  const output = '\n 12 pass\n 2 skip\n 1 todo\n 3 fail\n 40 expect() calls\nRan 18 tests across 4 files.'

  test('[SU11] sums come from the last lines of every run', () => {
    expect(parseSummary(output, 1)).toEqual({ passed: 12, failed: 3, skipped: 3 })
    const both = addSummaries([parseSummary(output, 1), parseSummary(' 5 pass\n 0 fail\n', 0)])
    expect(closingLine(both)).toBe('17 passed, 3 failed, 3 skipped')
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
  })

  test('[SU11] a run that ends badly without naming a failure counts as one', () => {
    expect(parseSummary('', 137)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(parseSummary(' 5 pass\n 0 fail\n', 1)).toEqual({ passed: 5, failed: 1, skipped: 0 })
  })

  async function run(...args: string[]) {
    // Any file will do as the native library: the samples do not use it, and no build is waited for.
    const env = { ...process.env, PARLEY_NATIVE_LIBRARY: RUN }
    const child = Bun.spawn([process.execPath, RUN, 'test', ...args], {
      env,
      cwd: ROOT,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [out, , code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    return { last: out.trimEnd().split('\n').at(-1), code }
  }

  function sample(body: string): string {
    const path = join(temporaryDirectory(), 'sample.test.ts')
    writeFileSync(path, `import { expect, test } from 'bun:test'\n${body}`)
    return path
  }

  test('[SU12] `run test` closes with the sums alone on the last line and the right exit code', async () => {
    const good = sample(`test('a', () => {}); test.skip('b', () => {})`)
    expect(await run(good)).toEqual({ last: '1 passed, 0 failed, 1 skipped', code: 0 })
    const bad = sample(`test('a', () => {}); test('b', () => { expect(1).toBe(2) })`)
    expect(await run('--', bad)).toEqual({ last: '1 passed, 1 failed', code: 1 })
  })

  test('[SU12] a file that cannot be loaded, and no test at all, are failures', async () => {
    expect(await run(sample(`import './nowhere.ts'`))).toMatchObject({
      last: expect.stringMatching(/^0 passed, [12] failed$/),
      code: 1,
    })
    expect(await run(sample(''))).toMatchObject({
      last: expect.stringMatching(/^0 passed, [01] failed$/),
      code: 1,
    })
    expect(await run('no-such-test-file')).toMatchObject({ last: '0 passed, 1 failed', code: 1 })
  })
})

test('[SU17] every test file is run, and by one group alone', () => {
  const all = [...new Bun.Glob('test/**/*.test.{ts,tsx}').scanSync(ROOT)].sort()
  expect(GROUPS.flatMap(filesOf).sort()).toEqual(all)
})

test('[SU13] the program starts itself again from source with Bun and main.ts', () => {
  expect(selfCommand('worker', '--x')).toEqual([
    process.execPath,
    join(ROOT, 'server', 'main.ts'),
    'worker',
    '--x',
  ])
})

test('[SU14] the list of embedded libraries is a module with one import per file', () => {
  const text = listModule([
    { variant: 'zen4', path: '/a "b"/l.so', sha256: 'ff' },
    { variant: 'avx2', path: '/c.so', sha256: 'ee', gpu: 'vulkan' },
  ])
  expect(text).toContain('{ variant: "avx2", path: library1, sha256: "ee", gpu: "vulkan" }')
  expect(text).toContain(`import library0 from "/a \\"b\\"/l.so" with { type: 'file' }`)
  expect(text).toContain('{ variant: "zen4", path: library0, sha256: "ff" }')
})

test('[SU27] the bill of materials names everything inside with version and hash, and no known advisory applies', () => {
  const components = componentsOf(ROOT)
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const [name, version] of Object.entries(dependencies))
    if (name !== 'nodejs-whisper')
      expect(components.find((each) => each.name === name)).toMatchObject({
        version,
        hash: { alg: 'SHA-512' },
      })
  expect(components.find(({ name }) => name === 'whisper.cpp')).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    hash: { alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) },
  })
  expect(components.find(({ name }) => name === 'ggml-base-q8_0.bin')?.hash?.content).toMatch(
    /^[0-9a-f]{64}$/,
  )
  expect(components.filter(({ name, hash }) => !hash && name !== 'bun')).toEqual([])
  const document = JSON.parse(sbomText(ROOT, 'ff'))
  expect(document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
  const refs = document.components.map((each: { 'bom-ref': string }) => each['bom-ref'])
  expect(new Set(refs).size).toBe(refs.length)
  expect(sbomText(ROOT)).toBe(sbomText(ROOT))
  expect(advisoriesFor(components)).toEqual([])
  expect(advisoriesFor([{ name: 'preact', version: '10.27.0' }])).toHaveLength(1)
})

test('[SU15] THIRD_PARTY.md lists what is installed, with a licence for everything', () => {
  const text = noticesText(ROOT)
  const committed = readFileSync(join(ROOT, 'THIRD_PARTY.md'), 'utf8')
  expect({ current: committed === text, remedy: 'bun run build writes it anew' }).toMatchObject({
    current: true,
  })
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    if (name !== 'nodejs-whisper') expect(text).toContain(`| ${name} | ${dependencies[name]} |`)
  }
  expect(text).not.toMatch(/\| (see text|undefined) \|/)
})
