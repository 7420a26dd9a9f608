/** Whether this browser belongs to the owner: learned from answers it gets anyway, because a refused question would count against a guest. */
import { signal } from '@preact/signals'
import { ApiError } from '../net/json-call.ts'

/** Null = not known: nothing that only the owner may do was tried yet. */
export const owner = signal<boolean | null>(null)

/** Something that only the owner may do was tried: it went well, or failed with `error`. Other failures say nothing. */
export function noteOwner(error: unknown = null, answer = owner): void {
  if (error === null) answer.value = true
  else if (error instanceof ApiError && (error.status === 401 || error.status === 403)) answer.value = false
}
