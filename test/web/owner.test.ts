/** What the page knows of whether its user is the owner. */
import { expect, test } from 'bun:test'
import { signal } from '@preact/signals'
import { ApiError } from '../../web/net/api.ts'
import { noteOwner } from '../../web/state/owner.ts'

test('[WB76] whoever is refused is a guest; a failure of another kind says nothing', () => {
  const known = signal<boolean | null>(null)
  noteOwner(new ApiError(0, 'offline', 'away'), known)
  noteOwner(new ApiError(500, 'internal', 'broken'), known)
  expect(known.value).toBeNull()
  noteOwner(new ApiError(401, 'not-allowed', 'no'), known)
  expect(known.value).toBe(false)
  noteOwner(null, known)
  noteOwner(new ApiError(404, 'not-found', 'gone'), known)
  expect(known.value).toBe(true)
})
