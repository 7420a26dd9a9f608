/**
 * `bun test/bench/commands.ts [--directory ../shared/speech] [--limit 420] [--results FILE] [--protocols simple,deepgram]`:
 * `parley transcribe` and `parley client` with every protocol on every clip, and the word error rate of each. What was done
 * is kept in the results file, so that another call goes on where the time was over.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DIALECTS } from '../../server/cli/dialects.ts'
import { startServer, untilReady } from '../helpers/server.ts'
import { type Clip, loadClips, speechDirectory } from './clips.ts'
import { errorRate } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    directory: { type: 'string', default: speechDirectory() },
    limit: { type: 'string', default: '420' },
    results: { type: 'string', default: join(tmpdir(), 'parley-commands.jsonl') },
    protocols: { type: 'string', default: [...Object.keys(DIALECTS), 'native'].join(',') },
  },
})

interface Result {
  clip: string
  door: string
  wer: number | null
  seconds: number
  text: string
  failed?: string
}

const MAIN = join(import.meta.dir, '..', '..', 'server', 'main.ts')
const until = performance.now() + Number(values.limit) * 1000
const known: Result[] = existsSync(values.results)
  ? readFileSync(values.results, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Result)
  : []
const done = new Set(known.map(({ clip, door }) => `${clip} ${door}`))
const clips = loadClips(values.directory).filter(({ reference }) => reference !== '')
const doors = ['transcribe', ...values.protocols.split(',')]

async function run(args: string[]): Promise<{ out: string; failed: string }> {
  const child = Bun.spawn([process.execPath, MAIN, ...args], { stdout: 'pipe', stderr: 'pipe' })
  const [out, said] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { out, failed: (await child.exited) === 0 ? '' : said.trim().slice(-300) }
}

function keep(clip: Clip, door: string, out: string, failed: string, seconds: number): void {
  const text = out.replace(/\s+/g, ' ').trim()
  const wer = failed ? null : errorRate(clip.reference, text, clip.language)
  const result: Result = { clip: clip.id, door, wer, seconds, text, ...(failed && { failed }) }
  known.push(result)
  done.add(`${clip.id} ${door}`)
  appendFileSync(values.results, `${JSON.stringify(result)}\n`)
}

/** Several files in one command, as people do it: the model is loaded once. */
const TOGETHER = 8

async function transcribeAll(): Promise<void> {
  for (;;) {
    const left = clips.filter(({ id }) => !done.has(`${id} transcribe`))
    const language = left[0]?.language
    if (language === undefined || performance.now() > until) return
    const some = left.filter((clip) => clip.language === language).slice(0, TOGETHER)
    const out = mkdtempSync(join(tmpdir(), 'parley-commands-'))
    const files = some.map(({ id }) => join(values.directory, `${id}.wav`))
    const began = performance.now()
    const { failed } = await run(['transcribe', '-q', '-l', language, '-o', `${out}/`, ...files])
    const seconds = (performance.now() - began) / 1000
    const sum = some.reduce((total, clip) => total + clip.seconds, 0)
    for (const clip of some) {
      const file = join(out, `${clip.id}.txt`)
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      keep(clip, 'transcribe', text, failed, (seconds * clip.seconds) / sum)
    }
    rmSync(out, { recursive: true, force: true })
  }
}

async function talkAll(): Promise<void> {
  const server = await startServer({ args: ['--final-wait', '4000', '--max-clients', '10'] })
  try {
    await untilReady(server)
    // Every clip through one protocol before any clip through the next one, beginning with another one for each.
    for (let round = 0; round < doors.length - 1; round++) {
      for (const [index, clip] of clips.entries()) {
        const door = doors[1 + ((index + round) % (doors.length - 1))] as string
        if (done.has(`${clip.id} ${door}`)) continue
        if (performance.now() > until) return
        const uri = `ws://127.0.0.1:${server.port}`
        const file = join(values.directory, `${clip.id}.wav`)
        const began = performance.now()
        const options = ['--protocol', door, '--uri', uri, '--language', clip.language, '--fast', file]
        const { out, failed } = await run(['client', ...options])
        keep(clip, door, out, failed, (performance.now() - began) / 1000)
      }
    }
  } finally {
    await server.dispose()
  }
}

function table(): void {
  const row = (cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`)
  row(['clip', 's', ...doors])
  row(['---', '---', ...doors.map(() => '---')])
  const of = (clip: string, door: string) => known.find((each) => each.clip === clip && each.door === door)
  const cell = (result: Result | undefined) =>
    !result ? '' : result.wer === null ? 'failed' : result.wer.toFixed(1)
  for (const { id, seconds } of clips)
    row([id, seconds.toFixed(0), ...doors.map((door) => cell(of(id, door)))])
  const mean = (door: string) => {
    const both = clips.flatMap(({ id, reference }) => {
      const [here, offline] = [of(id, door), of(id, 'transcribe')]
      if (here?.wer == null || offline?.wer == null) return []
      return [{ here: here.wer, offline: offline.wer, words: reference.split(/\s+/).length }]
    })
    const words = both.reduce((sum, each) => sum + each.words, 0)
    if (words === 0) return ''
    const total = (pick: 'here' | 'offline') =>
      (both.reduce((sum, each) => sum + each[pick] * each.words, 0) / words).toFixed(1)
    return `${total('here')} (offline ${total('offline')}, ${both.length} clips)`
  }
  row(['**by words**', '', ...doors.map(mean)])
  for (const { clip, door, failed } of known) if (failed) console.log(`${clip} ${door}: ${failed}`)
}

await transcribeAll()
if (performance.now() < until) await talkAll()
table()
