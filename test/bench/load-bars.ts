/** The bars of the load table (reliability note §7) and its verdict: several runs of one row against them. */

export type Figures = Record<string, number>

interface Bar {
  figure: string
  most?: number
  least?: number
}

const BARS: Record<string, Bar[]> = {
  L1: [
    { figure: 'p50, ms', most: 10 },
    { figure: 'p99, ms', most: 50 },
    { figure: 'max, ms', most: 250 },
    { figure: 'delivered, %', least: 100 },
  ],
  L2: [
    { figure: 'p99, ms', most: 250 },
    { figure: 'memory +, MB', most: 60 },
  ],
  L3: [{ figure: 'p99, ms', most: 250 }],
  L4: [
    { figure: 'p99, ms', most: 500 },
    { figure: 'delivered, %', least: 100 },
    { figure: 'connected, s', most: 10 },
  ],
  L7: [{ figure: 'all back, s', most: 15 }],
  L8: [
    { figure: 'insert p99, ms', most: 20 },
    { figure: 'search p95, ms', most: 50 },
  ],
  L9: [
    { figure: 'pages/s', least: 500 },
    { figure: 'p99, ms', most: 100 },
  ],
  L10: [{ figure: 'first lines, ms', most: 1000 }],
}

/** One line of a Markdown table: every figure as median (worst), and every bar with its verdict. */
export function loadRow(name: string, runs: readonly Figures[]): string {
  const bars = BARS[name] ?? []
  const figures = Object.keys(runs[0] ?? {}).map((figure) => {
    const { median, worst } = spread(runs, figure, bars.find((bar) => bar.figure === figure)?.least)
    return `${figure} ${short(median)} (${short(worst)})`
  })
  return `| ${[name, figures.join('; '), bars.map((bar) => verdict(bar, runs)).join('; ')].join(' | ')} |`
}

/** With a least the smallest is the worst. */
function spread(runs: readonly Figures[], figure: string, least?: number): { median: number; worst: number } {
  const sorted = runs.map((run) => run[figure] ?? 0).sort((a, b) => a - b)
  const worst = (least === undefined ? sorted.at(-1) : sorted[0]) ?? 0
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, worst }
}

function verdict({ figure, most, least }: Bar, runs: readonly Figures[]): string {
  const { median, worst } = spread(runs, figure, least)
  const holds = (value: number) => value <= (most ?? value) && value >= (least ?? value)
  const words = holds(worst) ? 'met' : holds(median) ? 'met by the median' : '**missed**'
  return `${figure} ${most === undefined ? `≥ ${least}` : `≤ ${most}`}: ${words}`
}

function short(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1)
}
