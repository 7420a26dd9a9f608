/** `bun run test`: types, style, then every test in groups, and one closing line with the sums. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { captured } from './captured.ts'
import { ensureChromium } from './chromium.ts'
import { ROOT } from './dependencies.ts'
import { addSummaries, closingLine, NO_RESULT, parseSummary, type Summary } from './summary.ts'

export interface Group {
  title: string
  directory: string
  /** Directories below that have a group of their own. */
  without: string[]
  browser?: boolean
  /**
   * Tries after a failure. Real processes, recognisers and disks have to keep up here: a machine that stood still for a
   * moment is no defect of ours, one that fails twice is. Bun prints each failed try.
   */
  retries?: number
  /** Longest time one test may take, ms, unless it says otherwise itself. */
  timeout: number
}

/** Fast ones first; those that start whole servers and browsers one after the other. */
export const GROUPS: readonly Group[] = [
  {
    title: 'unit and contract tests',
    directory: 'test',
    without: ['e2e', 'faults', 'conformance'],
    timeout: 20_000,
    retries: 1,
  },
  { title: 'faults', directory: 'test/faults', without: [], timeout: 120_000 },
  { title: 'conformance', directory: 'test/conformance', without: [], timeout: 120_000, retries: 1 },
  { title: 'end to end', directory: 'test/e2e', without: [], browser: true, timeout: 240_000, retries: 1 },
]

/** A group that hangs must not eat the whole time of a CI run. */
const GROUP_LIMIT = 20 * 60_000

/**
 * Runs everything, or, with arguments, `bun test` with those arguments. Resolves with the exit code: 0 only when at least
 * one test ran and nothing failed. The last line printed is `N passed, N failed` (and `, N skipped` when there are any).
 */
export async function runTests(args: readonly string[], say: (line: string) => void): Promise<number> {
  const summaries: Summary[] = []
  if (args.length > 0) {
    if (args.some((arg) => arg.includes('e2e'))) await prepareBrowser(say)
    summaries.push(await bunTest('selected tests', ['--timeout', '240000', ...args], say))
  } else {
    for (const [title, command] of CHECKS) summaries.push(await check(title, command, say))
    await prepareBrowser(say)
    for (const group of GROUPS) if (filesOf(group).length > 0) summaries.push(await runGroup(group, say))
  }
  const total = addSummaries(summaries)
  console.log(`\n${closingLine(total)}`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

const BIN = join(ROOT, 'node_modules', '.bin')
const CHECKS: readonly [string, string[]][] = [
  ['types', [join(BIN, 'tsc'), '--noEmit']],
  ['style', [join(BIN, 'biome'), 'check', '--error-on-warnings', '.']],
]

async function check(
  title: string,
  command: readonly string[],
  say: (line: string) => void,
): Promise<Summary> {
  const { code, text } = await captured([process.execPath, ...command], ROOT)
  if (code === 0) {
    say(`${title}: ok`)
    return { ...NO_RESULT, passed: 1 }
  }
  say(`${title}: FAILED\n${text}`)
  return { ...NO_RESULT, failed: 1 }
}

async function prepareBrowser(say: (line: string) => void): Promise<void> {
  const browser = await ensureChromium(say)
  if (browser) process.env.PARLEY_CHROMIUM = browser
}

/** The group's test files, from the root. */
export function filesOf({ directory, without }: Group): string[] {
  if (!existsSync(join(ROOT, directory))) return []
  return [...new Bun.Glob('**/*.test.{ts,tsx}').scanSync(join(ROOT, directory))]
    .filter((file) => !without.some((below) => file.startsWith(`${below}/`)))
    .map((file) => `${directory}/${file}`)
}

function runGroup(group: Group, say: (line: string) => void): Promise<Summary> {
  const ignored = group.without.flatMap((name) => ['--path-ignore-patterns', `${group.directory}/${name}/**`])
  const retry = group.retries ? ['--retry', String(group.retries)] : []
  const options = ['--timeout', String(group.timeout), ...retry, ...ignored]
  return bunTest(group.title, [...options, `./${group.directory}`], say)
}

async function bunTest(
  title: string,
  args: readonly string[],
  say: (line: string) => void,
): Promise<Summary> {
  say(`\n— ${title} —`)
  const child = Bun.spawn([process.execPath, 'test', ...args], {
    cwd: ROOT,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'pipe', // Bun writes results there; passed on below while the sums are read from it
    env: {
      ...process.env,
      FORCE_COLOR: process.stderr.isTTY ? '1' : '0',
      AGENT: undefined,
      CLAUDECODE: undefined,
    },
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), GROUP_LIMIT)
  const decoder = new TextDecoder()
  let tail = ''
  for await (const chunk of child.stderr) {
    process.stderr.write(chunk)
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4000)
  }
  const code = await child.exited
  clearTimeout(limit)
  if (child.signalCode) say(`${title}: ended by ${child.signalCode}`)
  return parseSummary(tail, code)
}
