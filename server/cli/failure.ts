/** What a command that failed says on the terminal: one sentence with the remedy; a bug of ours with the lines a report needs. */
import { AppError, codeOf, toAppError } from '../core/error.ts'
import { Interrupted } from './interrupt.ts'

/** What the operating system refuses anywhere, and what helps. `path` is what it was about, where it says so. */
const REFUSALS: Record<string, (path: string) => string> = {
  EMFILE: () => 'Too many files are open for this user. Allow more first: ulimit -n 4096',
  ENFILE: () => 'Too many files are open on this machine. End some programs first.',
  EAGAIN: () => 'This user may not start more processes. Allow more first: ulimit -u 512',
  ENOMEM: () => 'There is not enough memory. End some programs, or choose a smaller --model.',
  ENOSPC: (path) => `The disk is full${path && `: ${path} cannot be written`}. Free some space.`,
  EACCES: (path) => `This user may not use ${path || 'what is needed here'}. Check its permissions.`,
  EPERM: (path) => `This user may not use ${path || 'what is needed here'}. Check its permissions.`,
  ENOENT: (path) => `There is no ${path || 'such file'}.`,
  EROFS: (path) => `${path || 'What is needed here'} is on a read-only disk.`,
}

/** Ends the command. Who has read enough (`| head`) closes the pipe: that is no failure. */
export function fail(thrown: unknown): never {
  if (codeOf(thrown) === 'EPIPE') process.exit(0)
  if (thrown instanceof Interrupted) {
    process.stderr.write(`${thrown.message}\n`)
    process.exit(thrown.exitCode)
  }
  process.stderr.write(failureText(thrown, process.env.PARLEY_LOG_LEVEL === 'debug'))
  process.exit(1)
}

/** The text for standard error. `debug` adds the cause of what is no bug, too. */
export function failureText(thrown: unknown, debug: boolean): string {
  const refusal = refusalOf(thrown)
  const error = refusal ?? toAppError(thrown)
  if (error.code !== 'internal') return `parley: ${error.message}\n${debug ? traceOf(error.cause) : ''}`
  return `parley: Something went wrong inside Parley. A report of it needs these lines:\n${traceOf(error.cause)}`
}

function refusalOf(thrown: unknown): AppError | null {
  if (!(thrown instanceof Error) || thrown instanceof AppError) return null
  const say = REFUSALS[codeOf(thrown)]
  const path = 'path' in thrown && typeof thrown.path === 'string' ? thrown.path : ''
  return say ? new AppError('unavailable', say(path), { cause: thrown }) : null
}

/** Where it happened, without the lines of source that an executable would print a page of. */
function traceOf(cause: unknown): string {
  if (cause === undefined) return ''
  if (!(cause instanceof Error)) return `  ${String(cause)}\n`
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return `  ${[`${cause.name}: ${cause.message}`, ...frames.map((line) => line.trim())].join('\n  ')}\n`
}
