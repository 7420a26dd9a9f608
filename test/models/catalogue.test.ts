import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  CATALOGUE,
  DEFAULT_MODEL,
  findModel,
  findModelByHash,
  HUB_BASE_URL,
  VAD_MODEL,
} from '../../models/catalogue.ts'
import { EMBEDDED_MODELS } from '../../models/embedded.ts'

const ROOT = join(import.meta.dir, '..', '..')

describe('catalogue', () => {
  test('[MO1] names, files and hashes are unique and well formed', () => {
    for (const key of ['name', 'file', 'sha256'] as const) {
      const values = CATALOGUE.map((entry) => entry[key])
      expect(new Set(values).size).toBe(values.length)
    }
    for (const { sha256, sha1, bytes, file, name } of CATALOGUE) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      if (sha1) expect(sha1).toMatch(/^[0-9a-f]{40}$/)
      expect(bytes).toBeGreaterThan(500_000)
      expect(file).toBe(`ggml-${name}.bin`)
    }
  })

  test('[MO1] every official model with a published SHA-1 is there with it', () => {
    const readme = readFileSync(
      join(ROOT, 'node_modules/nodejs-whisper/cpp/whisper.cpp/models/README.md'),
      'utf8',
    )
    const table = [...readme.matchAll(/^\| (\S+)\s+\| ([\d.]+) (MiB|GiB)\s+\| `([0-9a-f]{40})`/gm)]
    const official = table.filter(([, name]) => !name?.endsWith('-tdrz')) // lives in another repository
    expect(official.length).toBe(15)
    for (const [, name = '', size, unit, sha1] of official) {
      const entry = findModel(name)
      expect(entry).toMatchObject({ name, sha1 })
      // The table rounds up, to 75 MiB or 1.1 GiB.
      const published = Number(size) * (unit === 'GiB' ? 1024 : 1) * 1024 * 1024
      expect(Math.abs((entry?.bytes ?? 0) - published) / published).toBeLessThan(0.1)
    }
  })

  test('[MO2] a model is found by name or file name in any letter case', () => {
    for (const text of ['small.en', 'SMALL.EN', 'ggml-small.en.bin', 'small.en.bin']) {
      expect(findModel(text)?.name).toBe('small.en')
    }
    expect(findModel('smal')).toBeNull()
    expect(findModelByHash(findModel('small')?.sha256 ?? '')?.name).toBe('small')
  })

  test('[MO3] the bundled files are in the repository with the size the catalogue says', () => {
    expect(Object.keys(EMBEDDED_MODELS).sort()).toEqual([DEFAULT_MODEL, VAD_MODEL].sort())
    for (const entry of CATALOGUE.filter(({ source }) => source === 'bundled')) {
      expect(statSync(EMBEDDED_MODELS[entry.name] as string).size).toBe(entry.bytes)
    }
  })

  test('[MO4] the address of the hub stands in one line of one file, at a fixed revision', async () => {
    expect(HUB_BASE_URL).toMatch(/\/ggerganov\/whisper\.cpp\/resolve\/[0-9a-f]{40}$/)
    const host = new URL(HUB_BASE_URL).host
    const found: string[] = []
    for (const directory of ['models', 'server', 'web', 'db']) {
      for await (const file of new Bun.Glob('**/*.{ts,tsx,js,json,md}').scan(join(ROOT, directory))) {
        const text = await Bun.file(join(ROOT, directory, file)).text()
        for (const line of text.split('\n')) if (line.includes(host)) found.push(`${directory}/${file}`)
      }
    }
    expect(found).toEqual(['models/catalogue.ts'])
  })
})
