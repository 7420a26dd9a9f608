/** Before the first words: what will happen here, and the link to bring others. */
import { text } from '../i18n/text.ts'
import { ShareIcon } from './icons-more.tsx'

export function RoomEmpty({
  speaking,
  caughtUp,
  onShare,
}: {
  speaking: boolean
  caughtUp: boolean
  onShare: () => void
}) {
  const t = text.value.room
  if (!caughtUp) return <div class="skeleton" aria-hidden="true" />
  return (
    <div class="empty">
      <div class="waves" aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
        <i />
      </div>
      <h2>{speaking ? t.emptySpeaker : t.emptyViewer}</h2>
      <p class="quiet">{speaking ? t.emptySpeakerHint : t.emptyViewerHint}</p>
      <button type="button" class="button" onClick={onShare}>
        <ShareIcon />
        {t.share}
      </button>
    </div>
  )
}
