/** Where in the meeting we are, and who spoke when: the sound's shape, a lane per speaker, and a slider over it. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { api } from '../net/browser-api.ts'
import type { PlayerModelValue } from '../state/player.ts'
import type { ReviewModelValue } from '../state/review.ts'

/** Columns of the waveform. */
const COLUMNS = 600
const LANES = 6

export function Timeline({
  player,
  review,
  id,
  duration,
}: {
  player: PlayerModelValue
  review: ReviewModelValue
  id: string
  duration: number
}) {
  const t = text.value.review
  const utterances = review.utterances.value
  const people = [...review.participants.value.values()]
    .filter((person) => utterances.some((each) => each.participantId === person.id))
    .slice(0, LANES)
  const wave = useWave(id, review.tracks.value, duration)
  const lanes = useMemo(
    () =>
      people.map((person, lane) => {
        let path = ''
        for (const utterance of utterances) {
          if (utterance.participantId !== person.id) continue
          const x = (utterance.start / duration) * COLUMNS
          const width = Math.max(1, ((utterance.end - utterance.start) / duration) * COLUMNS)
          path += `M${x.toFixed(1)} ${lane * 4 + 1}h${width.toFixed(1)}v3h-${width.toFixed(1)}z`
        }
        return { person, path }
      }),
    [utterances, duration, people.length],
  )
  const height = Math.max(4, people.length * 4 + 1)
  const at = duration > 0 ? Math.min(1, player.position.value / duration) : 0
  return (
    <div class="timeline">
      {wave !== null && (
        <svg class="wave" viewBox={`0 0 ${COLUMNS} 32`} preserveAspectRatio="none" aria-hidden="true">
          <path d={wave} />
        </svg>
      )}
      <svg
        viewBox={`0 0 ${COLUMNS} ${height}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        style={{ height: `${height}px` }}
      >
        {lanes.map(({ person, path }) => (
          <path key={person.id} class={`lane c${person.colour % 8}`} d={path} />
        ))}
      </svg>
      <div class="playhead" style={{ insetInlineStart: `${(at * 100).toFixed(3)}%` }} aria-hidden="true" />
      <input
        type="range"
        class="timeline-input"
        aria-label={t.position}
        aria-valuetext={clock(player.position.value)}
        min={0}
        max={duration}
        step={1_000}
        value={player.position.value}
        onInput={(event) => player.seek(Number(event.currentTarget.value))}
      />
    </div>
  )
}

/** All tracks on the meeting's clock as one mirrored outline; empty until it is there (its place is kept), null when there is none. */
function useWave(id: string, tracks: ReviewModelValue['tracks']['value'], duration: number): string | null {
  const [path, setPath] = useState<string | null>('')
  useEffect(() => {
    if (duration <= 0 || tracks.length === 0) return setPath(null)
    let stopped = false
    Promise.all(tracks.map((track) => api.peaks(id, track.id, COLUMNS).catch(() => null))).then((all) => {
      if (stopped) return
      const columns = new Float32Array(COLUMNS)
      for (const each of all) {
        if (!each) continue
        each.peaks.forEach((peak, index) => {
          const ms = each.start + ((index + 0.5) / each.peaks.length) * each.duration
          const column = Math.min(COLUMNS - 1, Math.max(0, Math.floor((ms / duration) * COLUMNS)))
          columns[column] = Math.max(columns[column] as number, peak / 255)
        })
      }
      let drawn = ''
      columns.forEach((peak, x) => {
        const half = Math.max(0.4, Math.sqrt(peak) * 15)
        drawn += `M${x} ${(16 - half).toFixed(1)}h.7v${(half * 2).toFixed(1)}h-.7z`
      })
      setPath(columns.some((peak) => peak > 0) ? drawn : null)
    })
    return () => {
      stopped = true
    }
  }, [id, tracks, duration])
  return path
}
