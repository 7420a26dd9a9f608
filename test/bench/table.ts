/** Figures of several takes as one row: the columns every benchmark prints. */
import { percentile, type TakeFigures } from './measure.ts'
import { addErrors, type Errors, noErrors, rate } from './wer.ts'

export interface RunFigures {
  figures: TakeFigures[]
  audioSeconds: number
  cpuSeconds: number
  /** MB. */
  memory: number
  /** Audio that never reached the disk, as the senders were told. */
  lostSeconds: number
}

export function summarise(run: RunFigures): Record<string, string> {
  const { figures, audioSeconds, cpuSeconds, memory } = run
  const all = (pick: (figures: TakeFigures) => number[]) => pair(figures.flatMap(pick))
  const words = sum(figures, (each) => each.words)
  const perWord = (pick: (figures: TakeFigures) => number) => (sum(figures, pick) / words).toFixed(3)
  const errors = (pick: (figures: TakeFigures) => Errors) =>
    rate(figures.reduce((total, each) => addErrors(total, pick(each)), noErrors)).toFixed(2)
  const most = (pick: (figures: TakeFigures) => number) => (Math.max(...figures.map(pick)) / 1000).toFixed(1)
  return {
    'WER fast': errors((each) => each.fast),
    'WER refined': errors((each) => each.refined),
    'WER as file': errors((each) => each.asFile),
    shown: all((each) => each.shown),
    'shown by default': all((each) => each.shownByDefault),
    committed: all((each) => each.committed),
    stable: all((each) => each.stable),
    'first word': all((each) => each.firstWord),
    'final after speech': all((each) => each.afterSpeech),
    erased: perWord(({ erased }) => erased.drafts + erased.finals),
    'erased by default': perWord(({ erasedByDefault: erased }) => erased.drafts + erased.finals),
    'erased by steady': perWord((each) => each.erasedSteadily),
    'committed changed': perWord(({ erased }) => erased.committed),
    revised: perWord(({ erased }) => erased.refinements),
    lag: most((each) => each.lag),
    'CPU/s': (cpuSeconds / audioSeconds).toFixed(2),
    MB: memory.toFixed(0),
    words: String(words),
    'lost s': run.lostSeconds.toFixed(1),
  }
}

/** Median and 95th percentile, seconds. */
export function pair(list: number[]): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2)
  return `${seconds(percentile(list, 0.5))} / ${seconds(percentile(list, 0.95))}`
}

/** Rows as a Markdown table, with the columns of all of them. */
export function markdown(rows: readonly Record<string, string>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
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
