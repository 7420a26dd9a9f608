/** THIRD_PARTY.md: what other people's work is inside the executable and under which licences, read from node_modules. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Package {
  name: string
  version: string
  licence: string
  homepage: string
  text: string | null
}

interface Manifest {
  version: string
  license?: string
  homepage?: string
  repository?: string | { url?: string }
  dependencies?: Record<string, string>
}

/** Native code inside, whose licences are in the sources nodejs-whisper carries; that package itself is not inside. */
const NATIVE = [
  { name: 'whisper.cpp and ggml', licence: 'MIT', file: 'nodejs-whisper/cpp/whisper.cpp/LICENSE' },
  {
    name: 'tinyBLAS (from llamafile, in ggml)',
    licence: 'MIT',
    file: 'nodejs-whisper/cpp/whisper.cpp/ggml/src/ggml-cpu/llamafile/sgemm.cpp',
  },
] as const

/** C libraries that JavaScript packages of the list carry as WebAssembly. */
const WEBASSEMBLY: readonly (readonly [name: string, licence: string, carrier: string])[] = [
  ['libopus', 'BSD-3-Clause', '@evan/opus'],
  ['libFLAC', 'BSD-3-Clause', '@wasm-audio-decoders/flac'],
  ['libvorbis and libogg', 'BSD-3-Clause', '@wasm-audio-decoders/ogg-vorbis'],
  ['mpg123', 'LGPL-2.1', 'mpg123-decoder'],
]

const MODELS = [
  { name: 'Whisper weights (OpenAI)', licence: 'MIT', holder: 'Copyright (c) 2022 OpenAI' },
  { name: 'Silero VAD weights', licence: 'MIT', holder: 'Copyright (c) 2020-present Silero Team' },
] as const

/** What Bun's own licence page names as linked into its runtime, which is the body of the executable. */
const BUN_PARTS: readonly (readonly [name: string, licence: string])[] = [
  ['JavaScriptCore and WebCore (WebKit)', 'LGPL-2.0, relinkable from the sources Bun publishes'],
  ['BoringSSL', 'OpenSSL, ISC, Apache-2.0'],
  ['SQLite', 'public domain'],
  ['tinycc', 'LGPL-2.1'],
  ['ICU', 'Unicode licence'],
  ['uSockets, uWebSockets, simdutf, highway', 'Apache-2.0'],
  ['brotli, c-ares, libdeflate, lsquic, ls-hpack, ls-qpack, mimalloc, picohttpparser', 'MIT'],
  ['lol-html, libwebp, zstd', 'BSD-3-Clause'],
  ['base64, libspng', 'BSD-2-Clause'],
  ['libjpeg-turbo', 'BSD-3-Clause, IJG, zlib'],
  ['libarchive', 'BSD and others'],
  ['zlib-ng', 'zlib'],
]

/** Writes THIRD_PARTY.md when its text has changed. */
export async function writeNotices(root: string): Promise<void> {
  const text = noticesText(root)
  const path = join(root, 'THIRD_PARTY.md')
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}

/** The whole file; the same for the same lockfile. */
export function noticesText(root: string): string {
  const packages = runtimePackages(root)
  const apache = packages.find(({ licence, text }) => licence === 'Apache-2.0' && text)?.text ?? null
  const rows = packages.map(
    ({ name, version, licence, homepage }) => `| ${name} | ${version} | ${licence} | ${homepage} |`,
  )
  const texts = packages.map(({ name, licence, text }) => {
    const body =
      text ??
      (licence === 'Apache-2.0' && apache
        ? 'Apache License 2.0, as printed for other packages here.'
        : licence)
    return `### ${name}\n\n${fenced(body)}`
  })
  const native = NATIVE.map(({ name, file }) => {
    const text = readFileSync(join(root, 'node_modules', file), 'utf8')
    return `### ${name}\n\n${fenced(file.endsWith('.cpp') ? leadingComment(text) : text)}`
  })
  return `# Third-party notices

Parley itself is under the MIT licence (see LICENSE). The executable contains the work of others, listed here.
Written by \`bun run build\` from the installed packages; do not edit by hand.

## JavaScript packages

The list is the closure of \`dependencies\` in package.json; the bundler may leave some of it out.

| package | version | licence | home |
|---|---|---|---|
${rows.join('\n')}

## Native code

| part | licence |
|---|---|
${NATIVE.map(({ name, licence }) => `| ${name} | ${licence} |`).join('\n')}

## WebAssembly

| part | licence | carried by |
|---|---|---|
${WEBASSEMBLY.filter(([, , carrier]) => packages.some(({ name }) => name === carrier))
  .map(([name, licence, carrier]) => `| ${name} | ${licence} | ${carrier} |`)
  .join('\n')}

Parts under the LGPL can be exchanged: Parley's sources are public, so put your version of the package into
\`node_modules\` and run \`bun run build\`.

## Speech models

| part | licence | |
|---|---|---|
${MODELS.map(({ name, licence, holder }) => `| ${name} | ${licence} | ${holder} |`).join('\n')}

## Runtime

The body of the executable is Bun (MIT, Copyright (c) Oven and the Bun contributors; github.com/oven-sh/bun), which links:

| part | licence |
|---|---|
${BUN_PARTS.map(([name, licence]) => `| ${name} | ${licence} |`).join('\n')}

Bun publishes its sources, those of its WebKit fork, and how to relink them: see LICENSE.md in its repository.

## Licence texts

${[...native, ...texts].join('\n\n')}
`
}

/** Every package that `dependencies` reaches, by name. nodejs-whisper stands for the C++ sources it carries and is left out. */
export function runtimePackages(root: string): Package[] {
  const manifest = readManifest(join(root, 'package.json'))
  const found = new Map<string, Package>()
  const visit = (name: string, from: string) => {
    const directory = resolvePackage(name, from, root)
    if (!directory || name === 'nodejs-whisper' || name.startsWith('@types/')) return
    const own = readManifest(join(directory, 'package.json'))
    const key = `${name}@${own.version}`
    if (found.has(key)) return
    found.set(key, {
      name,
      version: own.version,
      licence: own.license ?? 'see text',
      homepage: home(own),
      text: licenceText(directory),
    })
    for (const next of Object.keys(own.dependencies ?? {})) visit(next, directory)
  }
  for (const name of Object.keys(manifest.dependencies ?? {})) visit(name, root)
  return [...found.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1,
  )
}

/** Node's way: the nearest `node_modules` upwards. */
function resolvePackage(name: string, from: string, root: string): string | null {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (at === root || at === dirname(at)) return null
  }
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}

function home({ homepage, repository }: Manifest): string {
  const url = homepage ?? (typeof repository === 'string' ? repository : repository?.url) ?? ''
  const full = /^[\w.-]+\/[\w.-]+$/.test(url) ? `https://github.com/${url}` : url
  return full
    .replace(/^git\+/, '')
    .replace(/^git:/, 'https:')
    .replace(/\.git$/, '')
    .replace(/#readme$/, '')
}

function licenceText(directory: string): string | null {
  const file = readdirSync(directory)
    .sort()
    .find((name) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name))
  return file ? readFileSync(join(directory, file), 'utf8').replace(/\r\n/g, '\n').trim() : null
}

function leadingComment(source: string): string {
  const lines = source.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('//'))
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n')
}

function fenced(text: string): string {
  return `~~~\n${text.trim()}\n~~~`
}
