/** The help of every command: examples, and each of them true. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { EXAMPLES } from '../../server/cli/examples.ts'
import { normaliseArguments } from '../../server/cli/options.ts'

const MAIN = join(import.meta.dir, '..', '..', 'server', 'main.ts')
const shown = new Map<string, string>()

function help(...args: string[]): string {
  const key = args.join(' ')
  const known = shown.get(key)
  if (known !== undefined) return known
  const env = { ...process.env, COLUMNS: '200' }
  const said = Bun.spawnSync([process.execPath, MAIN, ...args, '--help'], { env }).stdout.toString()
  shown.set(key, said)
  return said
}

const OWN = ['transcribe', 'client', 'listen']

test('[CN6] every command has examples', () => {
  const verbs = [...help().matchAll(/^ {2}([a-z]+) (?:\[|\s)/gm)].map((match) => match[1] as string)
  expect(verbs).toContain('serve')
  const without = verbs.filter((verb) => verb !== 'help' && !EXAMPLES[verb] && !OWN.includes(verb))
  expect(without).toEqual([])
})

for (const verb of [...Object.keys(EXAMPLES), ...OWN]) {
  test(`[CN6] the examples of ${verb} are understood`, () => {
    const lines = help(...(verb === 'parley' ? [] : [verb]))

      .split('\n')
      .flatMap((line) => /^ {2}(?:\w+=\S+ |.*\| )?(parley( .*)?)$/.exec(line)?.[1] ?? [])
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      // What stands behind two spaces explains.
      const [typed = ''] = line.split(/ {2,}/)
      const words = normaliseArguments(typed.split(' ').slice(1))
      const own = words[0] && !words[0].startsWith('-') ? [words[0]] : ['serve']
      if (['sessions', 'models', 'config'].includes(own[0] as string) && words[1]) own.push(words[1])
      const options = words.filter((word) => word.startsWith('-') && word !== '-')
      const known = help(...own)
      expect(known, `${typed}: no such command`).toContain(`Usage: parley ${own.join(' ')}`)
      for (const option of options) {
        const [name = ''] = option.split('=')
        expect(known, `${typed}: ${name}`).toMatch(new RegExp(`(^|[ ,[])${name}([ ,\\]]|$)`, 'm'))
      }
    }
  }, 20_000)
}

test('[CN7] verbs that list do so by themselves; a misspelt subcommand or protocol gets a suggestion and exit code 2', () => {
  expect(normaliseArguments(['models'])).toEqual(['models', 'list'])
  expect(normaliseArguments(['sessions', '--json', '--limit', '3'])).toEqual([
    'sessions',
    'list',
    '--json',
    '--limit',
    '3',
  ])
  expect(normaliseArguments(['keys', '--help'])).toEqual(['keys', '--help'])
  for (const [wrong, meant] of [
    ['models lst', 'list'],
    ['client --protocol simpel x.wav', 'simple'],
  ] as const) {
    const run = Bun.spawnSync([process.execPath, MAIN, ...wrong.split(' ')])
    expect([run.exitCode, run.stderr.toString()]).toEqual([2, expect.stringContaining(`Did you mean`)])
    expect(run.stderr.toString()).toContain(meant)
  }
}, 20_000)

test('[CN14] the help of serve says what every setting is when nothing is said', () => {
  const unwrapped = help('serve').replace(/\n {10,}/g, ' ')
  const lines = new Map(
    [...unwrapped.matchAll(/^ {2}--(\S+) (?:<value>|\[yes\])? *(.*)$/gm)].map((match) => [
      match[1],
      match[2],
    ]),
  )
  expect(lines.get('port')).toContain('default: 8123')
  expect(lines.get('model')).toMatch(/default: base-q8_0\) \[-m\]$/)
  expect(lines.get('backend')).toContain('(whisper | openai | fake; default: whisper)')
  expect(lines.get('auth')?.match(/open \| link \| key/g)).toHaveLength(1)
  expect(lines.get('no-open')).toStartWith('do not open the browser')
})
