/** The sums of a test run: read from what `bun test` prints, added up, and said in one line. */

export interface Summary {
  passed: number
  failed: number
  /** Skipped and `todo` tests. */
  skipped: number
}

export const NO_RESULT: Summary = { passed: 0, failed: 0, skipped: 0 }

/**
 * Reads the closing lines of `bun test` (` 12 pass`, ` 1 fail`, …). A run that ends badly without naming a failure, such as
 * one that was killed or found no test, counts as one failure.
 */
export function parseSummary(output: string, exitCode: number): Summary {
  const plain = Bun.stripANSI(output)
  const count = (word: string) => {
    const found = [...plain.matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))].at(-1)
    return found ? Number(found[1]) : 0
  }
  const summary = { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') }
  return exitCode !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary
}

export function addSummaries(parts: readonly Summary[]): Summary {
  return parts.reduce(
    (sum, part) => ({
      passed: sum.passed + part.passed,
      failed: sum.failed + part.failed,
      skipped: sum.skipped + part.skipped,
    }),
    NO_RESULT,
  )
}

/** `12 passed, 0 failed`, and `, 3 skipped` when there are any. */
export function closingLine(total: Summary): string {
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
  return `${total.passed} passed, ${total.failed} failed${skipped}`
}
