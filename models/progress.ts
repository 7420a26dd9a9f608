/** How fast a download is and how long it will take: pure sums over (time, bytes) samples. */

/** Speed is taken over the last few seconds, so that it follows the line and not the history. */
const WINDOW_MS = 5000
/** The first bytes after a pause come in one lump and would look like a fast line. */
const SETTLE_MS = 500

export interface Pace {
  bytesPerSecond: number
  /** Null while nothing can be said. */
  secondsLeft: number | null
}

/** Counts bytes as they arrive; the clock comes from outside. */
export class PaceMeter {
  private samples: { at: number; bytes: number }[] = []

  /** `bytes` = received in total so far; calling it again after a restart from zero begins a new measurement. */
  add(at: number, bytes: number): void {
    const last = this.samples.at(-1)
    if (last && bytes < last.bytes) this.samples = []
    this.samples.push({ at, bytes })
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) >= WINDOW_MS) this.samples.shift()
  }

  pace(total: number): Pace {
    const first = this.samples[0]
    const last = this.samples.at(-1)
    if (!first || !last || last.at - first.at < SETTLE_MS) return { bytesPerSecond: 0, secondsLeft: null }
    const bytesPerSecond = ((last.bytes - first.bytes) * 1000) / (last.at - first.at)
    return { bytesPerSecond, secondsLeft: bytesPerSecond > 0 ? (total - last.bytes) / bytesPerSecond : null }
  }
}

/** `1.6 GB`, `487.6 MB`, `0.9 MB`: decimal units, as disks and shops use them. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  if (bytes >= 1e3) return `${Math.round(bytes / 1e3)} kB`
  return `${bytes} B`
}

/** `45 s`, `3 min 20 s`, `1 h 05 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}
