/** What somebody who was told a meeting pastes or types, as the meeting's id. */
import { isRoomId } from '../../server/core/room-id.ts'

/** From a link, a path, or the bare name. Null when nothing fits. */
export function roomIdFrom(text: string): string | null {
  const trimmed = text.trim()
  const linked = /\/[rc]\/([^/?#\s]+)/.exec(trimmed)
  const bare = (linked?.[1] ?? trimmed).toLowerCase().replace(/\s+/g, '-')
  return isRoomId(bare) ? bare : null
}
