/** The state line of a room page: gathers what its models know; state-line.ts decides what it says. */
import { computed, type ReadonlySignal } from '@preact/signals'
import type { MicrophoneModelValue } from './microphone.ts'
import type { RoomModelValue } from './room.ts'
import { roomFacts } from './room-facts.ts'
import type { SpeakerModelValue } from './speaker.ts'
import { type StateFacts, type StateLine, stateLine } from './state-line.ts'

export function roomLine(
  room: RoomModelValue,
  speaker: SpeakerModelValue,
  microphone: MicrophoneModelValue,
): ReadonlySignal<StateLine> {
  return computed(() =>
    stateLine({
      ...roomFacts(room),
      queued: room.queued.value,
      keptMs: speaker.kept.value,
      onlyHere: speaker.onlyHere.value,
      behindMs: speaker.behind.value,
      microphone: speaker.speaking.value ? speakingBy(microphone) : 'none',
      silentFor: microphone.level.value.quietFor,
    }),
  )
}

function speakingBy({ state, muted, speakingWhileMuted }: MicrophoneModelValue): StateFacts['microphone'] {
  if (state.value.kind === 'paused') return 'paused'
  if (!muted.value) return 'on'
  return speakingWhileMuted.value ? 'muted-speaking' : 'muted'
}
