/** What becomes of my sound in a room. */
import { expect, test } from 'bun:test'
import { Refused } from '../../server/core/refusal.ts'
import type { RoomSettings } from '../../server/core/transcript.ts'
import type { LinkStatus } from '../../web/net/socket.ts'
import { isWithheld, meetingThatTakes } from '../../web/state/my-sound.ts'
import { session } from '../db/samples.ts'

const settings = (on: boolean, does: 'on-the-record' | 'off-the-record'): RoomSettings => ({
  title: '',
  language: null,
  languages: [],
  task: 'transcribe',
  vocabulary: '',
  keep: { what: 'text', days: 30 },
  locked: false,
  commands: { on, who: 'host', phrases: [{ phrase: 'back on the record', does }] },
})
const offRecord = { since: 0, participantId: 'par_1' }

test('[RW1] off the record nothing leaves the device, unless the phrase that ends it is listened for', () => {
  expect(isWithheld({ offRecord: null, settings: null }, 0)).toBe(false)
  expect(isWithheld({ offRecord, settings: null }, 0)).toBe(true)
  expect(isWithheld({ offRecord, settings: settings(true, 'on-the-record') }, 0)).toBe(false)
  expect(isWithheld({ offRecord, settings: settings(false, 'on-the-record') }, 0)).toBe(true)
  expect(isWithheld({ offRecord, settings: settings(true, 'off-the-record') }, 0)).toBe(true)
})

test('[RW1] nor does what is said while waiting for a speaking place', () => {
  expect(isWithheld({ offRecord: null, settings: settings(true, 'on-the-record') }, 1)).toBe(true)
})

test('[WB112] the running meeting takes my sound; none does when it has ended or I am shut out', () => {
  const open: LinkStatus = { kind: 'open' }
  const refused = (code: number): LinkStatus => ({ kind: 'refused', code, reason: '' })
  const running = { session: { ...session('ses_a'), endedAt: null } }
  const ended = { session: { ...session('ses_a'), endedAt: 9 } }
  expect(meetingThatTakes(open, running, true)).toBe('ses_a')
  expect(meetingThatTakes(open, ended, true)).toBeNull()
  expect(meetingThatTakes(open, { session: null }, true)).toBeNull()
  expect(meetingThatTakes(open, running, false)).toBeUndefined()
  expect(meetingThatTakes(refused(Refused.withdrawn), running, true)).toBeNull()
  // Another tab of mine took over: it can be taken back.
  expect(meetingThatTakes(refused(Refused.replaced), running, true)).toBeUndefined()
})
