/** `setTimeout` that returns how to cancel it. */

/** Calls back after `ms`; returns what calls it off, which may be done at any time. */
export type Later = (callback: () => void, ms: number) => () => void

export const later: Later = (callback, ms) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}
