/** The summary so far, where a language model is set up; asked for only while it is open. */
import { useEffect, useState } from 'preact/hooks'
import type { LiveBullet } from '../../server/core/live-summary.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'

/** The server keeps it up for longer than this. */
const AGAIN_MS = 60_000

export function SummarySoFar({ screen }: { screen: RoomScreenValue }) {
  const { room } = screen
  const t = text.value
  const [open, setOpen] = useState(false)
  const able = room.abilities.value.summary
  const running = room.transcript.value.session?.endedAt === null
  const connected = room.link.value.kind === 'open'
  useEffect(() => {
    if (!open || !able || !connected || !running) return
    const ask = () => room.send({ type: 'follow-summary' })
    ask()
    const timer = setInterval(ask, AGAIN_MS)
    return () => clearInterval(timer)
  }, [open, able, connected, running])
  if (!able) return null
  const { liveSummary, failing } = room.transcript.value
  return (
    <details class="so-far" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.tools.soFar}</summary>
      {failing.summary ? (
        <p class="notice warn" role="status">
          {t.tools.soFarFails}
        </p>
      ) : (
        !liveSummary && <p class="quiet small">{t.tools.soFarWaits}</p>
      )}
      {liveSummary && (
        <>
          <Bullets bullets={liveSummary.overview} />
          {liveSummary.decisions.length > 0 && <h3>{t.summary.decisions}</h3>}
          <Bullets bullets={liveSummary.decisions} />
          {liveSummary.actions.length > 0 && <h3>{t.summary.actions}</h3>}
          <Bullets bullets={liveSummary.actions} />
          <p class="quiet small">{t.tools.soFarUntil(clock(liveSummary.until))}</p>
        </>
      )}
    </details>
  )
}

function Bullets({ bullets }: { bullets: readonly (LiveBullet & { owner?: string; due?: string })[] }) {
  if (bullets.length === 0) return null
  return (
    <ul>
      {bullets.map((bullet) => (
        <li key={`${bullet.moments[0]?.utteranceId} ${bullet.text}`} dir="auto">
          {[bullet.text, bullet.owner, bullet.due].filter(Boolean).join(' · ')}{' '}
          {bullet.moments.slice(0, 3).map((moment) => (
            <button
              key={moment.utteranceId}
              type="button"
              class="moment"
              aria-label={text.value.summary.moment(clock(moment.start))}
              onClick={() =>
                document
                  .querySelector(`[data-line="${CSS.escape(moment.utteranceId)}"]`)
                  ?.scrollIntoView({ block: 'center' })
              }
            >
              {clock(moment.start)}
            </button>
          ))}
        </li>
      ))}
    </ul>
  )
}
