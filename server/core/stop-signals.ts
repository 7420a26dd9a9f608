/** What the signals to a server mean: the first is a stop in order, and only a person pressing Ctrl+C again is in a hurry. Pure. */

/** npm passes on what the terminal has sent to everybody: a second SIGINT this soon is the same press of the keys, ms. */
const ONE_PRESS = 500

export class StopSignals {
  #stoppingSince: number | null = null

  /** `signal` arrives at `now` (ms): begin to stop, go on with it, or end at once. */
  take(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', now: number): 'stop' | 'go-on' | 'end' {
    if (this.#stoppingSince === null) {
      this.#stoppingSince = now
      return 'stop'
    }
    // SIGTERM comes twice from supervisors, and once more from us when npx has ended (setup/launcher.ts).
    return signal === 'SIGINT' && now - this.#stoppingSince >= ONE_PRESS ? 'end' : 'go-on'
  }
}
