/** Where the benchmark keeps what it fetches, builds and measures: outside the checkout. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { cacheDir } from '../../server/asr/native/build.ts'

/** `${XDG_CACHE_HOME:-~/.cache}/parley/bench` */
export const BENCH_CACHE = join(dirname(cacheDir()), 'bench')

/** One line of figures as it was measured. */
export interface Result {
  at: string
  commit: string
  machine: string
  /** Of the machine when the measurement began, one minute. */
  load: string
  model: string
  /** Rows with the same title make one table. */
  table: string
  row: Record<string, string>
}

const FILE = join(BENCH_CACHE, 'results.jsonl')
const loadAtStart = (loadavg()[0] ?? 0).toFixed(1)

/** The commit that is being measured, with a star when files differ from it. */
export function commit(): string {
  const git = (...args: string[]) =>
    Bun.spawnSync(['git', ...args], { cwd: import.meta.dir, stderr: 'ignore' })
      .stdout.toString()
      .trim()
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '../../server') ? '*' : '')
}

/** Prints a row's JSON and keeps it for `bun run bench report`. */
export function keep(table: string, row: Record<string, string>, model = 'base-q8_0'): void {
  const machine = `${cpus()[0]?.model} × ${cpus().length}`
  const result: Result = {
    at: new Date().toISOString().slice(0, 16),
    commit: commit(),
    machine,
    load: loadAtStart,
    model,
    table,
    row,
  }
  mkdirSync(BENCH_CACHE, { recursive: true })
  appendFileSync(FILE, `${JSON.stringify(result)}\n`)
  console.log(JSON.stringify(row))
}

/** Everything measured here so far, oldest first. */
export function results(): Result[] {
  if (!existsSync(FILE)) return []
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result)
}
