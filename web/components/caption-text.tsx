/** The caption lines themselves: the whole flow on a page, or the last lines in a box for kiosk and overlay. */
import { live } from '../i18n/index.ts'
import { clearAfterMs } from '../state/caption-options.ts'
import type { CaptionScreenValue } from '../state/caption-screen.ts'
import { refusalWords } from './refusal-words.ts'
import { SpeakerName } from './speaker.tsx'
import { Transcript } from './transcript.tsx'
import { LineView } from './turn.tsx'

export function CaptionText({ screen }: { screen: CaptionScreenValue }) {
  const options = screen.options.value
  if (options.lines === 0 && !options.overlay)
    return (
      <Transcript
        captions={screen.captions}
        place={screen.place}
        show={options.show}
        empty={<Waiting screen={screen} />}
      />
    )
  return <CaptionBox screen={screen} />
}

function Waiting({ screen }: { screen: CaptionScreenValue }) {
  const t = live.value.captions
  const line = screen.line.value
  if (line.kind === 'connecting') return null
  const words =
    line.kind === 'refused' && line.reason === 'not-found'
      ? t.notFound
      : line.kind === 'refused'
        ? refusalWords(line.reason)
        : line.kind === 'ended'
          ? t.ended
          : t.waiting
  return (
    <div class="empty">
      <h2>{screen.room.title.value}</h2>
      <p>{words}</p>
    </div>
  )
}

function CaptionBox({ screen }: { screen: CaptionScreenValue }) {
  const options = screen.options.value
  const turns = screen.captions.turns.value.slice(-3)
  const people = screen.captions.shown.value.participants
  const last = turns.at(-1)?.lines.at(-1)
  const characters = last ? last.words.reduce((sum, word) => sum + word.text.length, 0) : 0
  const quiet = options.clear > 0 && screen.quietFor.value > clearAfterMs(options.clear, characters)
  if (turns.length === 0) return options.overlay ? null : <Waiting screen={screen} />
  return (
    <div class="caption-box" hidden={quiet}>
      <div class="caption-lines">
        <div class="caption-window">
          {turns.map((turn) => {
            const person = people.get(turn.participantId)
            return (
              <p key={turn.key} class={`caption c${person ? person.colour % 8 : 0}`} dir="auto">
                {person && options.speakers !== '0' && options.speakers !== 'color' && (
                  <>
                    <SpeakerName person={person} />{' '}
                  </>
                )}
                {turn.lines.map((line) => (
                  <LineView key={line.id} line={line} place={null} show={options.show} />
                ))}
              </p>
            )
          })}
        </div>
      </div>
    </div>
  )
}
