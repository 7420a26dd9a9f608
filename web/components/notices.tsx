/** What just happened, in a corner for some seconds; whoever may, takes it back there. */

import { text } from '../i18n/text.ts'
import type { Notice } from '../state/notices.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { IconButton } from './icon-button.tsx'
import { CloseIcon } from './icons-more.tsx'
import { consentOf } from './join-card.tsx'

function wordsOf(notice: Notice): string {
  const t = text.value.tools
  switch (notice.kind) {
    case 'mark':
      return notice.mark.kind === 'section' ? t.sectionSet(notice.mark.text) : t.actionSet(notice.mark.text)
    case 'off-the-record':
      return notice.on ? t.offSet(notice.name) : t.onSet
    case 'keep':
      return `${t.keepChanged} ${consentOf(notice.keep)}`
  }
}

export function Notices({ screen }: { screen: RoomScreenValue }) {
  const t = text.value
  const { notices } = screen
  const host = screen.room.me.value?.role === 'host'
  return (
    <div class="notices" role="status">
      {notices.notices.value.map((notice) => (
        <div key={notice.id} class="room-notice">
          <span dir="auto">{wordsOf(notice)}</span>
          {host && notice.kind === 'mark' && (
            <button
              type="button"
              class="button small"
              onClick={() => {
                screen.room.send({ type: 'unmark', markId: notice.mark.id })
                notices.dismiss(notice.id)
              }}
            >
              {t.common.undo}
            </button>
          )}
          <IconButton look="small" label={t.common.close} onPress={() => notices.dismiss(notice.id)}>
            <CloseIcon size={16} />
          </IconButton>
        </div>
      ))}
    </div>
  )
}
