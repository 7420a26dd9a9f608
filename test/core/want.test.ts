/** What an open utterance wants decoded. */
import { expect, test } from 'bun:test'
import { ENDPOINT } from '../../server/core/endpointing.ts'
import { FIRST_DRAFT, PAUSE, PRE_ROLL } from '../../server/core/live.ts'
import { type WantState, wants } from '../../server/core/want.ts'

const speaking: WantState = {
  voiced: 2000,
  silence: 0,
  finalKnown: false,
  sentenceHeard: false,
  fresh: 0,
  first: false,
  shown: true,
  cadence: 500,
  crowded: false,
  finalsOnly: false,
}
const want = (change: Partial<WantState>) => wants({ ...speaking, ...change }, ENDPOINT)

test('[WN1] nothing before there is enough voice, finals in a pause, nothing twice', () => {
  expect(want({ voiced: ENDPOINT.minVoiced - 1, fresh: 5000, silence: 300 })).toBe('nothing')
  expect(want({ silence: ENDPOINT.speculateSilence, fresh: 5000 })).toBe('final')
  expect(want({ silence: PAUSE + 200, finalKnown: true, fresh: 5000 })).toBe('nothing')
})

test('[WN2] drafts come quickest until the first word is shown, then at the cadence of the load', () => {
  expect(want({ first: true, shown: false, fresh: FIRST_DRAFT + PRE_ROLL - 1 })).toBe('nothing')
  expect(want({ first: true, shown: false, fresh: FIRST_DRAFT + PRE_ROLL })).toBe('draft')
  expect(want({ shown: false, fresh: 300 })).toBe('draft')
  expect(want({ fresh: 499 })).toBe('nothing')
  expect(want({ fresh: 500 })).toBe('draft')
  expect(want({ first: true, shown: false, fresh: 5000, finalsOnly: true })).toBe('draft')
})

test('[WN3] under the worst load who never pauses is still shown every few seconds', () => {
  expect(want({ fresh: 2000, finalsOnly: true })).toBe('nothing')
  expect(want({ fresh: 3000, finalsOnly: true })).toBe('draft')
  expect(want({ fresh: 3000, shown: false, finalsOnly: true })).toBe('draft')
})

test('[WN4] while others wait for the machine a final is asked for when the pause has lasted', () => {
  const soon = { silence: ENDPOINT.speculateSilence, fresh: 300 }
  expect(want(soon)).toBe('final')
  expect(want({ ...soon, crowded: true })).not.toBe('final')
  expect(want({ silence: 400, fresh: 300, crowded: true })).toBe('final')
  // A sentence ends sooner.
  expect(want({ silence: 260, fresh: 300, crowded: true })).not.toBe('final')
  expect(want({ silence: 260, fresh: 300, crowded: true, sentenceHeard: true })).toBe('final')
  // Never later than the silence that ends the utterance.
  const short = { ...ENDPOINT, openSilence: 200, speculateSilence: 100 }
  expect(wants({ ...speaking, silence: 130, crowded: true }, short)).toBe('final')
})
