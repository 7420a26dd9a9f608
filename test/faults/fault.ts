/** A fault and its verdict: what is broken, how often, and one line of a table about it. */
import type { Outcome } from './meeting.ts'

export interface Fault {
  /** Number in the reliability note's table, and a short name. */
  id: string
  name: string
  /** Runs in the short set and in `--long`; 0 = only there. */
  runs: number
  longRuns: number
  /** So many of them side by side where nothing else is asked for: those that mostly wait. */
  jobs?: number
  /** Its run waits for nearly all of its time (a cut line, a silence): such rows run beside each other, before the rest. */
  waits?: true
  /** Why it cannot run here, or null. */
  missing?(): string | null | Promise<string | null>
  run(seed: number): Promise<Partial<Outcome>>
}

export interface Row {
  fault: Fault
  runs: number
  outcomes: Partial<Outcome>[]
  failures: { seed: number; reason: string }[]
  skipped: string | null
}

export async function runFault(
  fault: Fault,
  runs: number,
  seed: number,
  progress: (text: string) => void,
  /** Runs side by side. */
  jobs = 1,
): Promise<Row> {
  const row: Row = { fault, runs, outcomes: [], failures: [], skipped: (await fault.missing?.()) ?? null }
  if (row.skipped) return row
  let next = 0
  const one = async (own: number) => {
    const began = performance.now()
    const took = () => `(${Math.round((performance.now() - began) / 1000)} s)`
    try {
      const outcome = await fault.run(own)
      row.outcomes.push(outcome)
      if (outcome.ok === false) row.failures.push({ seed: own, reason: describe(outcome) })
      progress(
        `${fault.id} ${fault.name} seed ${own} ${took()}: ${outcome.ok === false ? `FAILED ${describe(outcome)}` : 'ok'}`,
      )
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message.slice(0, 600) : String(thrown)
      row.failures.push({ seed: own, reason })
      progress(`${fault.id} ${fault.name} seed ${own} ${took()}: FAILED ${reason}`)
    }
  }
  const worker = async () => {
    while (next < runs) await one(seed + next++)
  }
  await Promise.all(Array.from({ length: Math.min(jobs, runs) }, worker))
  return row
}

function describe(outcome: Partial<Outcome>): string {
  const { ackedLost, finalsLost, holes, duplicates, numbersMissing, numbersDoubled, note } = outcome
  return JSON.stringify({ ackedLost, finalsLost, holes, duplicates, numbersMissing, numbersDoubled, note })
}

const sum = (
  row: Row,
  key:
    | 'ackedLost'
    | 'finalsLost'
    | 'holes'
    | 'duplicates'
    | 'gaps'
    | 'numbersMissing'
    | 'numbersDoubled'
    | 'numbersCut',
) => row.outcomes.reduce((total, outcome) => total + (outcome[key] ?? 0), 0)

/** The one table. */
export function table(rows: Row[], seed: number): string {
  const head = [
    'fault',
    'runs',
    'acked bytes lost',
    'finals lost',
    'numbers lost',
    'doubled',
    'holes',
    'gaps',
    'recovery p95',
    'verdict',
  ]
  const lines = rows.map((row) => {
    const recoveries = row.outcomes.flatMap((outcome) => outcome.recoveries ?? []).sort((a, b) => a - b)
    const p95 = recoveries.length
      ? `${((recoveries[Math.min(recoveries.length - 1, Math.floor(recoveries.length * 0.95))] as number) / 1000).toFixed(2)} s`
      : '–'
    const notes = [...new Set(row.outcomes.map(({ note }) => note).filter(Boolean))].join('; ')
    const verdict = row.skipped
      ? `not run: ${row.skipped}`
      : row.failures.length
        ? `FAILED ${row.failures.length}: ${row.failures
            .map(({ seed: own, reason }) => `seed ${own}: ${reason}`)
            .join(' | ')
            .slice(0, 1200)}`
        : `ok${notes ? ` (${notes})` : ''}`
    return [
      `${row.fault.id} ${row.fault.name}`,
      row.skipped ? '0' : String(row.runs),
      String(sum(row, 'ackedLost')),
      String(sum(row, 'finalsLost')),
      String(sum(row, 'numbersMissing')),
      String(sum(row, 'duplicates') + sum(row, 'numbersDoubled')),
      String(sum(row, 'holes')),
      String(sum(row, 'gaps')),
      p95,
      verdict,
    ]
  })
  return [
    `Seed ${seed}, Bun ${Bun.version}, ${new Date().toISOString().slice(0, 10)}`,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n')
}
