/** The links of a room that are in use, each with a button to withdraw it: whoever came by it is sent away at once. */
import { useEffect, useState } from 'preact/hooks'
import { dayAndTime } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import type { RoomLink } from '../net/api-types.ts'
import type { RoomApi } from '../net/room-api.ts'

export function LinkList({
  api,
  roomId,
  changes,
  onWithdrawn,
}: {
  api: RoomApi
  roomId: string
  changes: number
  onWithdrawn: (role: RoomLink['role']) => void
}) {
  const t = text.value.share
  const [links, setLinks] = useState<RoomLink[] | null>(null)
  const load = () =>
    api.roomLinks(roomId).then(
      (got) => setLinks(got.links),
      () => setLinks(null),
    )
  useEffect(() => {
    void load()
  }, [roomId, changes])
  if (!links) return null
  const names = { view: t.view, speak: t.speak, host: t.host }
  return (
    <details class="link-list">
      <summary>{t.inUse(links.length)}</summary>
      <ul>
        {links.map((link) => (
          <li key={link.id} data-role={link.role}>
            <span>
              <strong>{names[link.role]}</strong>{' '}
              <span class="quiet small">
                {link.usedAt ? t.lastUsed(dayAndTime(link.usedAt)) : t.neverUsed(dayAndTime(link.createdAt))}
              </span>
            </span>
            <button
              type="button"
              class="button danger"
              aria-label={`${t.withdraw}: ${names[link.role]}`}
              onClick={() => void api.withdrawLink(roomId, link.id).then(() => onWithdrawn(link.role), load)}
            >
              {t.withdraw}
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet small">{t.withdrawHint}</p>
    </details>
  )
}
