/** The server's time of day, from the heads of its answers: a reader's own clock may be days off. */

let ahead = 0

/** From an answer's `Date` head, which counts in whole seconds. */
export function learnTime(date: string | null, now = Date.now()): void {
  const told = Date.parse(date ?? '')
  if (!Number.isNaN(told)) ahead = told - now
}

/** ms since 1970, by the server's clock as far as it is known. */
export function serverNow(now = Date.now()): number {
  return now + ahead
}
