/** A past (or running) meeting in a list. */

import type { SessionSummary } from '../../db/store.ts'
import { dayAndTime, languageName } from '../i18n/format.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { serverNow } from '../net/server-time.ts'
import { IconButton } from './icon-button.tsx'
import { StarIcon } from './icons-more.tsx'
import { Avatar } from './speaker.tsx'

const DAY_MS = 86_400_000

export function SessionCard({
  session,
  onStar,
  onKeep,
  chosen,
  onChoose,
}: {
  session: SessionSummary
  onStar?: (starred: boolean) => void
  /** Keeps it although its time would come. */
  onKeep?: () => void
  /** Whether it is chosen, while several are being chosen. */
  chosen?: boolean
  onChoose?: (chosen: boolean) => void
}) {
  const t = text.value
  const title = session.title || session.roomTitle || t.common.untitled
  const days =
    session.expiresAt === null ? null : Math.max(0, Math.ceil((session.expiresAt - serverNow()) / DAY_MS))
  const live = session.endedAt === null
  return (
    <article class="card session-card">
      {onChoose && (
        <input
          type="checkbox"
          class="card-choose"
          aria-label={t.sessions.choose(title)}
          checked={chosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      )}
      <a class="card-link" href={live ? `/r/${session.roomId}` : `/s/${session.id}`}>
        <strong dir="auto">{title}</strong>
      </a>
      <p class="quiet small">
        {live && <span class="live-badge">{t.sessions.running}</span>}
        {dayAndTime(session.startedAt)} · {clock(session.duration)}
        {session.languages.length > 0 && ` · ${session.languages.map(languageName).join(', ')}`}
      </p>
      <div class="card-foot">
        <span class="avatars">
          {session.participants.slice(0, 6).map((person) => (
            <Avatar key={person.id} person={person} />
          ))}
          <span class="visually-hidden">{session.participants.map((person) => person.name).join(', ')}</span>
        </span>
        {days !== null && days <= 30 && (
          <span class="quiet small card-kept">
            {t.sessions.kept(days)}
            {onKeep && (
              <button
                type="button"
                class="button small plain"
                aria-label={`${t.sessions.keepAlways}: ${title}`}
                title={t.sessions.keepAlways}
                onClick={onKeep}
              >
                {t.sessions.keep}
              </button>
            )}
          </span>
        )}
        {onStar && (
          <IconButton
            look={`star${session.starred ? ' on' : ''}`}
            label={session.starred ? t.sessions.unstar : t.sessions.star}
            pressed={session.starred}
            onPress={() => onStar(!session.starred)}
          >
            <StarIcon />
          </IconButton>
        )}
      </div>
    </article>
  )
}
