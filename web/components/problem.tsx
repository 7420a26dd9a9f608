/** What did not work, and why: one way to catch it and one way to show it. */
import { useState } from 'preact/hooks'
import { problemText } from '../i18n/problem.ts'
import { text } from '../i18n/text.ts'
import { ApiError } from '../net/json-call.ts'

/** A sentence for people: the server's own, or that it cannot be reached. */
export function reasonOf(error: unknown): string {
  const { common } = text.peek()
  if (!(error instanceof ApiError)) return common.somethingWrong
  return error.status > 0 ? problemText(error) : common.offline
}

export function Problem({ reason }: { reason: string }) {
  if (!reason) return null
  return (
    <p class="notice warn" role="alert">
      {reason}
    </p>
  )
}

/** For a form or a list whose requests may fail: try them with `attempt`, show `reason` in a `Problem`. */
export function useProblem() {
  const [reason, setReason] = useState('')
  return {
    reason,
    /** True when it worked; `done` has its result. */
    async attempt<T>(work: Promise<T>, done?: (result: T) => void): Promise<boolean> {
      setReason('')
      try {
        const result = await work
        done?.(result)
        return true
      } catch (error) {
        setReason(reasonOf(error))
        return false
      }
    },
  }
}
