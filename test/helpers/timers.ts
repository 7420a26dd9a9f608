/** Counts timers that are set and have neither fired nor been cleared, since Bun does not tell. Import it before everything else. */

type Handle = ReturnType<typeof setTimeout>
const live = new Set<Handle | number>()
const [setOnce, setEvery, clearOnce, clearEvery] = [setTimeout, setInterval, clearTimeout, clearInterval]

const once = (work: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
  const handle: Handle = setOnce(() => {
    live.delete(handle)
    work(...given)
  }, ms)
  live.add(handle)
  return handle
}
const every = (work: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
  const handle = setEvery(work, ms, ...given)
  live.add(handle)
  return handle
}
const cleared =
  (clear: (handle?: Handle) => void) =>
  (handle?: Handle): void => {
    if (handle !== undefined) live.delete(handle)
    clear(handle)
  }
Object.assign(globalThis, {
  setTimeout: Object.assign(once, setOnce),
  setInterval: every,
  clearTimeout: cleared(clearOnce),
  clearInterval: cleared(clearEvery),
})

export const liveTimers = (): number => live.size
