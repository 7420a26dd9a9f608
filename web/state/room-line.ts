/** The state line of a room page: gathers what its models know; state-line.ts decides what it says. */
import { computed, type ReadonlySignal } from '@preact/signals'
import type { MicrophoneModelValue } from './microphone.ts'
import type { RoomModelValue } from './room.ts'
import type { SpeakerModelValue } from './speaker.ts'
import { type StateLine, stateLine } from './state-line.ts'

export function roomLine(
  room: RoomModelValue,
  speaker: SpeakerModelValue,
  microphone: MicrophoneModelValue,
): ReadonlySignal<StateLine> {
  return computed(() => {
    const link = room.link.value
    const { session } = room.transcript.value
    const mic = microphone.state.value.kind
    const speaking = speaker.speaking.value
    const microphoneState = !speaking
      ? 'none'
      : mic === 'paused'
        ? 'paused'
        : !microphone.muted.value
          ? 'on'
          : microphone.speakingWhileMuted.value
            ? 'muted-speaking'
            : 'muted'
    return stateLine({
      link:
        link.kind === 'connecting' && (link.attempt > 0 || room.caughtUp.value) ? 'reconnecting' : link.kind,
      refusedCode: link.kind === 'refused' ? link.code : 0,
      queued: room.queued.value,
      keptMs: speaker.kept.value,
      onlyHere: speaker.onlyHere.value,
      behindMs: speaker.behind.value,
      endedAt: session?.endedAt ?? null,
      started: session !== null,
      offRecord: room.transcript.value.offRecord !== null,
      microphone: microphoneState,
      silentFor: microphone.level.value.quietFor,
      lag: room.lag.value,
    })
  })
}
