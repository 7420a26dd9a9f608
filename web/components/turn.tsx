/** What one person says, as it grows: settled words never move, the tentative tail is dotted. */
import { Fragment } from 'preact'
import type { Mark } from '../../server/core/mark.ts'
import type { Gap, Participant } from '../../server/core/transcript.ts'
import { clock, live } from '../i18n/index.ts'
import type { Line, Turn } from '../state/captions.ts'
import type { Place } from '../state/place.ts'
import type { Settings } from '../state/settings.ts'
import { Avatar, SpeakerName } from './speaker.tsx'
import { steady } from './steady.ts'

const unknown = { id: '', name: '…', role: 'speaker', colour: 0, muted: false } as const

function OneTurn({
  turn,
  person = unknown,
  place,
  show,
}: {
  turn: Turn
  person?: Participant
  place: Place | null
  show: Show
}) {
  return (
    <article class="turn" data-turn={turn.key}>
      <header class="turn-head">
        <Avatar person={person} />
        <SpeakerName person={person} />
        <time class="turn-time">{clock(turn.start)}</time>
      </header>
      <p class="turn-text" dir="auto">
        {turn.lines.map((line) => (
          <LineView key={line.id} line={line} place={place?.lineId === line.id ? place : null} show={show} />
        ))}
      </p>
    </article>
  )
}

export const TurnView = steady(OneTurn)

/** Original, translation, or both. */
export type Show = Settings['show']

function OneLine({ line, place, show }: { line: Line; place: Place | null; show: Show }) {
  if (line.translation !== '' && show === 'translation')
    return (
      <span class="line" data-line={line.id}>
        {line.translation}{' '}
      </span>
    )
  if (line.translation !== '' && show === 'both')
    return (
      <>
        <LineView line={line} place={place} show="source" />
        <span class="translation" dir="auto">
          {line.translation}
        </span>
      </>
    )
  return (
    <span class={`line ${line.state}`} lang={line.language || undefined} data-line={line.id}>
      {line.words.map((word, index) => (
        <Fragment key={word.key}>
          {/^\s/.test(word.text) ? ' ' : ''}
          <span
            data-k={word.key}
            class={`w${index >= line.settled ? ' tail' : ''}${place?.key === word.key ? ' place' : ''}`}
          >
            {word.text.trim()}
          </span>
        </Fragment>
      ))}{' '}
    </span>
  )
}

export const LineView = steady(OneLine)

export function MarkView({ mark }: { mark: Mark }) {
  const t = live.value.reader
  return mark.kind === 'section' ? (
    <h2 class="mark-section" dir="auto">
      {mark.text || t.section}
    </h2>
  ) : (
    <p class="mark-action" dir="auto">
      <span>{t.action}</span> {mark.text}
    </p>
  )
}

export function GapView({ gap }: { gap: Gap }) {
  const t = live.value.reader
  const duration = clock(gap.end - gap.start)
  return <p class="gap">{gap.reason === 'off-the-record' ? t.offTheRecord(duration) : t.gap(duration)}</p>
}
