/** Figures of several takes as one row: the columns every benchmark prints. */
import { percentile, type TakeFigures } from './measure.ts'
import { addErrors, noErrors, rate } from './wer.ts'

export interface RunFigures {
  figures: TakeFigures[]
  audioSeconds: number
  cpuSeconds: number
  /** MB. */
  memory: number
}

export function summarise({ figures, audioSeconds, cpuSeconds, memory }: RunFigures): Record<string, string> {
  const all = (pick: (figures: TakeFigures) => number[]) => pair(figures.flatMap(pick))
  const perWord = (pick: (figures: TakeFigures) => number) => (sum(figures, pick) / words).toFixed(3)
  const words = sum(figures, (each) => each.words)
  return {
    'WER fast': rate(figures.reduce((total, each) => addErrors(total, each.fast), noErrors)).toFixed(2),
    'WER refined': rate(figures.reduce((total, each) => addErrors(total, each.refined), noErrors)).toFixed(2),
    shown: all((each) => each.shown),
    committed: all((each) => each.committed),
    stable: all((each) => each.stable),
    final: all((each) => each.final),
    'first word': all((each) => each.firstWord),
    'after speech': all((each) => each.afterSpeech),
    erased: perWord((each) => each.erased),
    broken: perWord((each) => each.broken),
    revised: perWord((each) => each.revised),
    'CPU/s': (cpuSeconds / audioSeconds).toFixed(2),
    MB: memory.toFixed(0),
    words: String(words),
  }
}

/** Median and 95th percentile, seconds. */
export function pair(list: number[]): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2)
  return `${seconds(percentile(list, 0.5))} / ${seconds(percentile(list, 0.95))}`
}

/** Rows as a Markdown table. */
export function markdown(rows: Record<string, string>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
  ].join('\n')
}

function sum(figures: readonly TakeFigures[], pick: (figures: TakeFigures) => number): number {
  return figures.reduce((total, each) => total + pick(each), 0)
}
