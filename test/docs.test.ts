/** The pages for people: what they point to is there. */
import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }

const ROOT = join(import.meta.dir, '..')
const PAGES = ['README.md', 'SECURITY.md', 'models/README.md', ...new Bun.Glob('docs/*.md').scanSync(ROOT)]
const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8')

test('[RE3] every file a page links to or names with its folder exists', () => {
  const missing = PAGES.flatMap((page) => {
    const text = textOf(page)
    const linked = [...text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)].map(([, path = '']) =>
      normalize(join(dirname(page), path)),
    )
    const named = [
      ...text.matchAll(/`((?:server|web|db|models|test|docs)\/[\w./-]+\.(?:tsx?|js|md|sql|cpp|hpp))`/g),
    ].map(([, path = '']) => path)
    return [...linked, ...named]
      .filter((path) => !existsSync(join(ROOT, path)))
      .map((path) => `${page}: ${path}`)
  })
  expect(missing).toEqual([])
})

test('[RE4] every command of ours that a page names exists', () => {
  const unknown = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/\bbun(?:@[\d.]+)? run ([\w:]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !(name in packageJson.scripts))
      .map((name) => `${page}: bun run ${name}`),
  )
  expect(unknown).toEqual([])
})

test('[RE5] no table is cut in two by an empty line: a row without a head above it is no table', () => {
  const cut = PAGES.flatMap((page) => {
    const lines = textOf(page).split('\n')
    return lines
      .map((line, i) => ({ line, before: lines[i - 1], next: lines[i + 1], number: i + 1 }))
      .filter(
        ({ line, before, next }) =>
          line.startsWith('|') && !before?.startsWith('|') && !/^\|[\s|:-]+$/.test(next ?? ''),
      )
      .map(({ number }) => `${page}:${number}`)
  })
  expect(cut).toEqual([])
})
