/** The player at the bottom: play, position with speaker lanes, speed. */

import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { type PlayerModelValue, SPEEDS } from '../state/player.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { IconButton } from './icon-button.tsx'
import { PauseIcon, PlayIcon } from './icons.tsx'
import { Timeline } from './timeline.tsx'

export function PlayerBar({
  player,
  review,
  id,
}: {
  player: PlayerModelValue
  review: ReviewModelValue
  id: string
}) {
  const t = text.value.review
  const playing = player.playing.value
  const duration = review.session.value?.duration ?? 0
  return (
    <footer class="player">
      <Timeline player={player} review={review} id={id} duration={duration} />
      {/* Time runs as in the timeline above, in every language. */}
      <div class="player-row" dir="ltr">
        <span class="player-time">
          {clock(player.position.value)} <span class="quiet">/ {clock(duration)}</span>
        </span>
        <div class="player-keys">
          <IconButton label={t.back} title={`${t.back} (J)`} onPress={() => player.skip(-5_000)}>
            <span class="skip-label" aria-hidden="true">
              −5
            </span>
          </IconButton>
          <button
            type="button"
            class="play-button"
            aria-label={playing ? t.pause : t.play}
            onClick={() => player.toggle()}
          >
            {playing ? <PauseIcon size={24} /> : <PlayIcon size={24} />}
          </button>
          <IconButton label={t.forward} title={`${t.forward} (L)`} onPress={() => player.skip(5_000)}>
            <span class="skip-label" aria-hidden="true">
              +5
            </span>
          </IconButton>
        </div>
        <label class="player-speed">
          <span class="visually-hidden">{t.speed}</span>
          <select
            class="input"
            value={player.speed.value}
            onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
          >
            {SPEEDS.map((speed) => (
              <option key={speed} value={speed}>
                {speed}×
              </option>
            ))}
          </select>
        </label>
      </div>
    </footer>
  )
}
