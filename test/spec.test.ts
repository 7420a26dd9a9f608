/** Every rule is quoted by a test, and every quoted rule exists. */
import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const TEST = import.meta.dir
const RULE = /^- \*\*([A-Z]{2}\d+)\*\*/gm
const QUOTED = /\[([A-Z]{2}\d+(?:[ ,]+[A-Z]{2}\d+)*)\]/g

function rules(): Map<string, string> {
  const found = new Map<string, string>()
  for (const file of readdirSync(join(TEST, 'spec'))) {
    for (const match of readFileSync(join(TEST, 'spec', file), 'utf8').matchAll(RULE)) {
      const rule = match[1] as string
      if (found.has(rule)) throw new Error(`${rule} stands in ${found.get(rule)} and ${file}`)
      found.set(rule, file)
    }
  }
  return found
}

function quoted(): Set<string> {
  const found = new Set<string>()
  for (const file of new Bun.Glob('**/*.{ts,tsx}').scanSync({ cwd: TEST })) {
    for (const match of readFileSync(join(TEST, file), 'utf8').matchAll(QUOTED)) {
      for (const rule of (match[1] as string).split(/[ ,]+/)) found.add(rule)
    }
  }
  return found
}

test('[AR5] every rule has a test', () => {
  const tests = quoted()
  expect([...rules().keys()].filter((rule) => !tests.has(rule))).toEqual([])
})

test('[AR6] every rule a test quotes exists', () => {
  const known = rules()
  expect([...quoted()].filter((rule) => !known.has(rule))).toEqual([])
})
