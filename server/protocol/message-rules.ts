/** Who may send which message of Parley's own protocol: one row each. A message without a row does not compile. */
import type { ClientMessage } from '../core/wire.ts'

/**
 * newcomer — before the greeting; what its link is good for is decided there.
 * anyone — whoever has greeted.
 * speaker — joined as a speaker.
 * host — holds the room's host link, or is the owner.
 */
export type Need = 'newcomer' | 'anyone' | 'speaker' | 'host'

export const MESSAGE_RULES: Record<ClientMessage['type'], Need> = {
  hello: 'newcomer',
  ping: 'anyone',
  'audio-start': 'speaker',
  'audio-end': 'speaker',
  'audio-lost': 'speaker',
  mute: 'speaker',
  rename: 'speaker',
  title: 'host',
  'off-the-record': 'host',
  mark: 'host',
  unmark: 'host',
  translate: 'anyone',
  'follow-summary': 'anyone',
  settings: 'host',
  'end-session': 'host',
}

/** `me` is the sender's participant, or null for a reader. */
export function needOf(message: ClientMessage, me: string | null): Need {
  const about = message.type === 'rename' || message.type === 'mute' ? message.participantId : undefined
  // Naming or muting somebody else is the host's.
  if (about !== undefined && about !== me) return 'host'
  return MESSAGE_RULES[message.type]
}
