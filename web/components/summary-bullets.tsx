/** Statements of a summary or an answer, each with the moments it rests on; text only, never markup. */
import type { ComponentChildren } from 'preact'
import type { Bullet, Moment } from '../../server/integration/citations.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'

export function Bullets<T extends Bullet>({
  bullets,
  onMoment,
  more,
  last,
}: {
  bullets: readonly T[]
  onMoment: (moment: Moment) => void
  /** What else is known of a bullet, shown after its text. */
  more?: (bullet: T) => ComponentChildren
  /** One more item after the others. */
  last?: ComponentChildren
}) {
  return (
    <ul class="bullets">
      {bullets.map((bullet, index) => (
        <li key={index}>
          <span dir="auto">{bullet.text}</span>
          {more?.(bullet)}
          <span class="moments">
            {bullet.moments.map((moment) => (
              <button
                key={moment.utteranceId}
                type="button"
                class="moment"
                aria-label={text.value.summary.moment(clock(moment.start))}
                onClick={() => onMoment(moment)}
              >
                {clock(moment.start)}
              </button>
            ))}
          </span>
        </li>
      ))}
      {last}
    </ul>
  )
}

/** The sentence the model is at; where it was said is not known yet. */
export function BeingWritten({ text: soFar }: { text: string }) {
  return (
    <li class="being-written">
      <span dir="auto">{soFar}</span>
    </li>
  )
}
