/** A download's progress for people: one line that renews itself on a terminal, a line now and then elsewhere. */
import { formatBytes, formatSeconds } from '../../models/progress.ts'
import type { PullProgress } from '../../models/pull.ts'

/** How often a pipe or log file gets a line, ms, and how often a terminal is redrawn. */
const LOG_EVERY = 5000
const DRAW_EVERY = 100

export interface Output {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

/** `show` takes every report and prints some; `end` leaves a terminal's line. */
export function progressPrinter(
  name: string,
  output: Output = process.stderr,
  now: () => number = () => performance.now(),
) {
  let drawn = Number.NEGATIVE_INFINITY
  let lineOpen = false
  const show = (progress: PullProgress): void => {
    const text = describeProgress(name, progress)
    const receiving = progress.state === 'receiving' && progress.received < progress.total
    if (receiving && now() - drawn < (output.isTTY ? DRAW_EVERY : LOG_EVERY)) return
    drawn = now()
    if (output.isTTY) {
      output.write(`\r\u001b[K${text.slice(0, (output.columns ?? 80) - 1)}`)
      lineOpen = true
    } else output.write(`${text}\n`)
  }
  const end = (): void => {
    if (lineOpen) output.write('\n')
    lineOpen = false
  }
  return { show, end }
}

/** One line, e.g. `small  34 %  165.1 MB of 487.6 MB  4.2 MB/s  1 min 17 s left`. */
export function describeProgress(name: string, progress: PullProgress): string {
  switch (progress.state) {
    case 'receiving': {
      const { received, total, bytesPerSecond, secondsLeft } = progress
      const pace = bytesPerSecond > 0 ? `  ${formatBytes(bytesPerSecond)}/s` : ''
      const left = secondsLeft === null || received === total ? '' : `  ${formatSeconds(secondsLeft)} left`
      return `${name}  ${Math.floor((100 * received) / total)} %  ${formatBytes(received)} of ${formatBytes(total)}${pace}${left}`
    }
    case 'waiting':
      return `${name}  ${progress.reason}; trying again in ${formatSeconds(progress.seconds)}`
    case 'restarting':
      return `${name}  starting again from the beginning: ${progress.reason}`
    case 'checking':
      return `${name}  comparing the SHA-256`
  }
}
