/** How far a transcription is: part done, speed against real time, time left; one line that renews itself on a terminal. */
import { clockTime } from '../core/timecode.ts'

export interface ProgressSink {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

const DRAW_EVERY = 200
const LOG_EVERY = 10_000
/** Speed is told after so much work (ms): before it says more about start-up than about the machine. */
const WARM_UP = 2000

/** `sink` null = say nothing. */
export function createProgress(
  name: string,
  sink: ProgressSink | null,
  now: () => number = () => performance.now(),
) {
  const begun = now()
  let total: number | null = null
  let drawn = Number.NEGATIVE_INFINITY
  let open = false
  let failure: unknown = null
  const clear = () => {
    if (open) sink?.write('\r\u001b[K')
    open = false
  }
  return {
    /** The length became known, ms. */
    total(ms: number) {
      total = ms
    },
    /** So many ms of the audio are recognised. */
    at(done: number) {
      const time = now()
      if (!sink || time - drawn < (sink.isTTY ? DRAW_EVERY : LOG_EVERY)) return
      drawn = time
      const text = describeProgress(name, done, total, time - begun)
      if (sink.isTTY) sink.write(`\r\u001b[K${text.slice(0, (sink.columns ?? 80) - 1)}`)
      else sink.write(`${text}\n`)
      open = sink.isTTY === true
    },
    end(duration: number) {
      clear()
      const elapsed = now() - begun
      sink?.write(`${name}: ${clockTime(duration)} in ${clockTime(elapsed)}, ${speed(duration, elapsed)}\n`)
    },
    clear,
    failed(thrown: unknown) {
      failure ??= thrown
    },
    throwIfFailed() {
      if (failure) throw failure
    },
  }
}

export function describeProgress(name: string, done: number, total: number | null, elapsed: number): string {
  const part = total ? `${Math.min(100, Math.floor((done / total) * 100))} % ` : ''
  const of = total ? ` / ${clockTime(total)}` : ''
  const warm = elapsed >= WARM_UP && done > 0
  const left = warm && total ? `, ${clockTime(((total - done) / done) * elapsed)} left` : ''
  return `${name}: ${part}${clockTime(done)}${of}${warm ? `, ${speed(done, elapsed)}` : ''}${left}`
}

function speed(audio: number, elapsed: number): string {
  const factor = audio / Math.max(1, elapsed)
  return `${factor.toFixed(factor < 10 ? 1 : 0)}× real time`
}
