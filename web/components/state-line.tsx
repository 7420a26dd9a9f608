/** The line that always says how things stand, in words and a dot. */
import { live } from '../i18n/index.ts'
import { timeOfDay } from '../i18n/time.ts'
import type { StateLine } from '../state/state-line.ts'
import { refusalWords } from './refusal-words.ts'

export function wordsOf(line: StateLine): string {
  const t = live.value.state
  switch (line.kind) {
    // The banner of the room says which place it is.
    case 'queued':
    case 'connecting':
      return t.connecting
    case 'reconnecting':
      if (!line.recording) return t.reconnecting
      return (line.onlyHere ? t.stillRecordingHere : t.stillRecording)(line.keptSeconds)
    case 'replaying':
      return t.replaying(line.seconds)
    case 'refused':
      return refusalWords(line.reason)
    case 'ended':
      return t.ended(timeOfDay(line.at))
    case 'waiting':
      return t.waiting
    case 'paused-by-system':
      return t.pausedBySystem
    case 'off-the-record':
      return t.offRecord
    case 'muted-speaking':
      return t.mutedSpeaking
    case 'no-sound':
      return t.noSound(line.seconds)
    case 'behind':
      return t.behind(line.seconds)
    case 'muted':
      return t.muted
    case 'live':
      return line.lagSeconds === null ? t.live : t.lag(line.lagSeconds.toFixed(1))
  }
}

function toneOf(line: StateLine): 'live' | 'warn' | 'bad' | 'calm' {
  switch (line.kind) {
    case 'live':
      return 'live'
    case 'reconnecting':
    case 'queued':
    case 'no-sound':
    case 'behind':
    case 'muted-speaking':
    case 'paused-by-system':
    case 'replaying':
    case 'off-the-record':
      return 'warn'
    case 'refused':
      return 'bad'
    default:
      return 'calm'
  }
}

/** Figures that tick are no status messages: only the kind is announced, by the page's own status region. */
export function StateLineView({ line }: { line: StateLine }) {
  return (
    <p class={`state-line ${toneOf(line)}`} data-state={line.kind}>
      <span class="dot" aria-hidden="true" />
      <span>{wordsOf(line)}</span>
    </p>
  )
}
