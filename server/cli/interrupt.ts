/** Ctrl+C and SIGTERM: a command stops in order, keeps what is finished, and ends with the status shells expect. */
import { constants } from 'node:os'

/** Why a command was aborted. Shells know who was stopped by 128 and the signal's number: 130 or 143. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super('Stopped.')
    this.exitCode = 128 + constants.signals[signal]
  }
}

export interface Interrupts {
  /** Aborted, with an `Interrupted` as its reason, by the first signal. */
  signal: AbortSignal
  abort(reason: Error): void
  release(): void
}

/** The first signal aborts; the second ends the program at once. Let go with `release`. */
export function catchInterrupts(): Interrupts {
  const stop = new AbortController()
  const release = () => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
  const interrupt = (name: 'SIGINT' | 'SIGTERM') => {
    release()
    stop.abort(new Interrupted(name))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return { signal: stop.signal, abort: (reason) => stop.abort(reason), release }
}
