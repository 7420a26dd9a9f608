/** The last lines, bottom-anchored, for the floating window. */
import type { ReadonlySignal } from '@preact/signals'
import type { CaptionsModelValue } from '../state/captions.ts'
import type { StateLine } from '../state/state-line.ts'
import { SpeakerName } from './speaker.tsx'
import { StateLineView } from './state-line.tsx'
import { LineView } from './turn.tsx'

export function FloatView({
  captions,
  line,
}: {
  captions: CaptionsModelValue
  line: ReadonlySignal<StateLine>
}) {
  const turns = captions.turns.value.slice(-3)
  const people = captions.shown.value.participants
  return (
    <div class="float">
      <div class="float-text">
        {turns.map((turn) => {
          const person = people.get(turn.participantId)
          return (
            <p key={turn.key} dir="auto">
              {person && <SpeakerName person={person} />}{' '}
              {turn.lines.map((each) => (
                <LineView key={each.id} line={each} place={null} show="source" />
              ))}
            </p>
          )
        })}
      </div>
      {line.value.kind !== 'live' && <StateLineView line={line.value} />}
    </div>
  )
}
