/** What becomes of my sound in a room: whether it leaves this device, and which meeting takes it. */
import { Refused } from '../../server/core/refusal.ts'
import type { Transcript } from '../../server/core/transcript.ts'
import type { LinkStatus } from '../net/socket.ts'

/**
 * Off the record nothing leaves this device, unless the host has the phrase that ends it listened for. Nor does what is
 * said while waiting for a speaking place (`queued`: the place in that queue, 0 = not waiting).
 */
export function isWithheld(
  { offRecord, settings }: Pick<Transcript, 'offRecord' | 'settings'>,
  queued: number,
): boolean {
  const { commands } = settings ?? {}
  const listening = commands?.on === true && commands.phrases.some(({ does }) => does === 'on-the-record')
  return (offRecord !== null && !listening) || queued > 0
}

/** The meeting that takes sound of mine; null = none does any more, undefined = not known yet. */
export function meetingThatTakes(
  link: LinkStatus,
  { session }: Pick<Transcript, 'session'>,
  caughtUp: boolean,
): string | null | undefined {
  // Taken over by another tab or device of the same person: it can be taken back.
  if (link.kind === 'refused') return link.code === Refused.replaced ? undefined : null
  if (!caughtUp) return undefined
  return session && session.endedAt === null ? session.id : null
}
