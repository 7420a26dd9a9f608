/** Timers in the shape the web models take them, moved by hand. */

export function handClock() {
  let now = 0
  let next = 1
  const timers = new Map<number, { at: number; callback: () => void }>()
  return {
    now: () => now,
    /** Returns what calls it off. */
    later(callback: () => void, ms: number): () => void {
      const id = next++
      timers.set(id, { at: now + ms, callback })
      return () => void timers.delete(id)
    },
    /** For ports that call off by what `later` gave them. */
    cancel(timer: unknown): void {
      if (typeof timer === 'function') timer()
    },
    /** Time passes while the page is not called: what falls due is called late, with the next `advance`. */
    standStill(ms: number): void {
      now += ms
    },
    /** Moves on, calling what is due, in order. */
    advance(ms: number): void {
      const end = now + ms
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0]
        if (!due) break
        timers.delete(due[0])
        now = Math.max(now, due[1].at)
        due[1].callback()
      }
      now = end
    },
    get waiting() {
      return timers.size
    },
  }
}
