/** Imports point the permitted way (architecture note §3.3). Type-only imports are free: ports may be named anywhere. */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

const ROOT = join(import.meta.dir, '..')

/** From a folder, what it may import at run time (prefixes). Wiring files may import anything but tests. */
const MAY: Record<string, string[]> = {
  'server/core': ['server/core'],
  'server/export': ['server/core', 'server/export'],
  'server/media': ['server/core', 'server/media', 'server/setup/self.ts', 'server/setup/environment.ts'],
  'server/asr': [
    'server/core',
    'server/asr',
    'server/log.ts',
    'server/names.ts',
    'server/setup/environment.ts',
  ],
  'server/room': ['server/core', 'server/room'],
  'server/access': ['server/core', 'server/access'],
  'server/protocol': ['server/core', 'server/protocol', 'server/room'],
  'server/files': ['server/core', 'server/files', 'server/media', 'server/room'],
  'server/integration': ['server/core', 'server/integration', 'server/names.ts'],
  'server/neighbours': ['server/core', 'server/neighbours', 'server/integration', 'server/export', 'db'],
  'server/http': [
    'server/core',
    'server/access',
    'server/http',
    'server/room',
    'server/protocol',
    'server/export',
    'server/files',
    'server/media',
    'web/',
  ],
  'server/setup': ['server/core', 'server/setup', 'server/asr/native', 'models'],
  'server/client': ['server/core', 'server/client', 'server/media'],
  'server/config.ts': ['server/core', 'server/settings.ts'],
  'server/settings.ts': [],
  'server/log.ts': [],
  'server/names.ts': ['server/core'],
  db: ['server/core', 'db'],
  models: ['server/core', 'models', 'server/names.ts'],
  web: ['server/core', 'web'],
}

/** Files that tie parts together, each with its reason. */
const WIRING: Record<string, string> = {
  'server/main.ts': 'argv → verb',
  'server/app.ts': 'the server',
  'server/meetings.ts': 'rooms + what is done after a meeting',
  'server/network.ts': 'everything between the network and the rooms',
  'server/engine.ts': 'model + library + workers',
  'server/protocol-host.ts': 'foreign protocols → rooms',
  'server/http/app.ts': 'mounts every router',
  'server/metrics.ts': 'what rooms, sockets, bus and log did, as numbers',
  'server/owner-settings.ts': 'settings page to endpoints, disk and doctor',
  'server/model-shelf.ts': 'models and engines to the settings page',
  'server/http/gate.ts': 'the one entrance',
}
/** cli/ verbs tie parts together for one command each. */
const isWiring = (file: string) =>
  file in WIRING || file.startsWith('server/cli/') || file.startsWith('test/')

function sources(): string[] {
  const glob = new Bun.Glob('{server,web,db,models}/**/*.{ts,tsx}')
  return [...glob.scanSync({ cwd: ROOT })].filter((file) => !file.endsWith('.d.ts')).sort()
}

/** Our own files that `file` imports at run time; `kinds` left out = also those it imports only when it needs them. */
function importsOf(file: string, kinds?: readonly string[]): string[] {
  const loader = file.endsWith('x') ? 'tsx' : 'ts'
  const transpiler = new Bun.Transpiler({ loader })
  return transpiler
    .scanImports(readFileSync(join(ROOT, file), 'utf8'))
    .filter(({ path, kind }) => path.startsWith('.') && (!kinds || kinds.includes(kind)))
    .map(({ path }) => normalize(relative(ROOT, join(ROOT, dirname(file), path))))
}

test('[AR1] every source file imports only what its folder may', () => {
  const wrong: string[] = []
  for (const file of sources()) {
    if (isWiring(file)) continue
    const folder = Object.keys(MAY).find((prefix) => file === prefix || file.startsWith(`${prefix}/`))
    if (!folder) {
      wrong.push(`${file}: its folder is not in the house`)
      continue
    }
    for (const path of importsOf(file)) {
      const allowed = (MAY[folder] as string[]).some(
        (prefix) => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`),
      )
      if (!allowed) wrong.push(`${file} → ${path}`)
    }
  }
  expect(wrong).toEqual([])
})

test('[AR2] core touches no clock, no I/O, no platform', () => {
  const forbidden = /\b(Bun\.|process\.|node:|Date\.now\(|document\.|window\.|fetch\()/
  /** id.ts reads the clock and the random source: it makes identifiers, and both come in as arguments where it matters. */
  const except = new Set(['server/core/id.ts'])
  const wrong = sources()
    .filter((file) => file.startsWith('server/core/') && !except.has(file))
    .filter((file) => forbidden.test(withoutComments(readFileSync(join(ROOT, file), 'utf8'))))
  expect(wrong).toEqual([])
})

test('[AR3] every source file says what it is in its first lines', () => {
  const wrong = sources().filter((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8').replace(/^(#!.*\n|\/\/\/ .*\n)+/, '')
    return !text.startsWith('/**')
  })
  expect(wrong).toEqual([])
})

test('[AR4] pages never take innerHTML', () => {
  const wrong = sources()
    .filter((file) => file.startsWith('web/'))
    .filter((file) =>
      /innerHTML|outerHTML|insertAdjacentHTML/.test(withoutComments(readFileSync(join(ROOT, file), 'utf8'))),
    )
  expect(wrong).toEqual([])
})

test('[AR7] every exported value is used: by another file, or here and by a test', () => {
  /** Values that nothing else in the program names, each with its reason. */
  const except = new Set([
    'openMemoryStore', // the store that tests run on
    'markedAudio', // sound that the scripted recogniser can read times from
    'unusedWorkers', // keeps the bundler from dropping what the codec libraries look up by name
  ])
  const exported = /^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm
  const namesIn = (file: string) =>
    withoutComments(readFileSync(join(ROOT, file), 'utf8')).match(/[A-Za-z_]\w*/g) ?? []
  const program = sources().map((file) => ({ file, names: namesIn(file) }))
  /** In how many files of the program each name stands. */
  const files = new Map<string, number>()
  for (const { names } of program)
    for (const name of new Set(names)) files.set(name, (files.get(name) ?? 0) + 1)
  const tested = new Set([...new Bun.Glob('test/**/*.{ts,tsx}').scanSync({ cwd: ROOT })].flatMap(namesIn))
  const wrong = program.flatMap(({ file, names }) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(exported)]
      .map(([, name = '']) => name)
      .filter((name) => !except.has(name) && files.get(name) === 1)
      .filter((name) => !tested.has(name) || names.filter((each) => each === name).length === 1)
      .map((name) => `${file}: ${name}`),
  )
  expect(wrong).toEqual([])
})

test('[AR8] no file imports itself, by whatever way round', () => {
  const imports = new Map(sources().map((file) => [file, importsOf(file, ['import-statement'])]))
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, way: string[]) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '))
    if (way.includes(file) || done.has(file)) return
    for (const path of imports.get(file) ?? []) visit(path, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  expect(circles).toEqual([])
})

test('[AR9] no element is kept in a constant of a module or in a memo of a component', () => {
  const kept =
    /^(?:export )?(?:const|let) [\w$]+(?:: [^=\n]+)? = (?:\w+\(\s*)?<(?!\w*Props)[\w>]|use(?:Memo|Ref|State)\([^\n]*<[A-Za-z]+ [^\n]*\/?>/m
  const files = sources().filter((file) => file.startsWith('web/') && file.endsWith('.tsx'))
  expect(files.length).toBeGreaterThan(50)
  expect(kept.test('const icon = draw(\n  <path d="M1 1" />,\n)')).toBe(true)
  expect(kept.test('  const head = useMemo(() => <Head of={turn} />, [turn])')).toBe(true)
  expect(files.filter((file) => kept.test(withoutComments(readFileSync(join(ROOT, file), 'utf8'))))).toEqual(
    [],
  )
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
