/** When to try again: doubling waits with a random part, so that many clients do not come back at once. Pure. */

export interface RetryRules {
  /** First wait, ms. */
  base: number
  /** Longest wait, ms. */
  most: number
  /** Attempts in all. */
  attempts: number
}

/** For calls somebody waits for. */
export const QUICK: RetryRules = { base: 500, most: 8000, attempts: 3 }
/** For deliveries from the queue: about a day in all. */
export const PATIENT: RetryRules = { base: 2000, most: 3_600_000, attempts: 32 }

/** The wait before attempt `attempt` + 1 (1 = the first has failed), or null: give up. What the neighbour asked for wins over ours. */
export function nextWait(
  attempt: number,
  asked: number | null,
  rules: RetryRules,
  random: () => number = Math.random,
): number | null {
  if (attempt >= rules.attempts) return null
  const own = Math.min(rules.most, rules.base * 2 ** Math.min(30, attempt - 1))
  const spread = own * (0.5 + random())
  return Math.round(Math.max(asked ?? 0, Math.min(rules.most, spread)))
}
