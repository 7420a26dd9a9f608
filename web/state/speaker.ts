/** SpeakerModel: my voice in a room: microphone frames into one audio stream that survives reconnects. */
import { createModel, signal } from '@preact/signals'
import { AudioUplink } from '../audio/uplink.ts'
import type { RoomLink } from '../net/room-link.ts'
import { randomKey } from './identity.ts'
import type { MicrophoneModelValue } from './microphone.ts'

export interface SpeakerPorts {
  addUplink: RoomLink['addUplink']
  /** Calls back about twice a second; returns the closer. */
  every(ms: number, callback: () => void): () => void
}

export const SpeakerModel = createModel((microphone: MicrophoneModelValue, ports: SpeakerPorts) => {
  const speaking = signal(false)
  /** Audio only this device has, and audio not yet sent, in ms. */
  const kept = signal(0)
  const behind = signal(0)
  let uplink: AudioUplink | null = null
  let stopClock: (() => void) | null = null
  let stopListening: (() => void) | null = null

  function measure(): void {
    kept.value = uplink?.keptMs ?? 0
    behind.value = uplink?.behindMs ?? 0
  }

  function stop(): AudioUplink | null {
    const last = uplink
    uplink = null
    stopListening?.()
    stopListening = null
    last?.finish()
    stopClock?.()
    stopClock = null
    speaking.value = false
    measure()
    return last
  }

  return {
    speaking,
    kept,
    behind,
    /** Starts a new stream; the microphone must be on, or come on later. */
    start() {
      if (uplink) return
      const stream = randomKey()
      const started = ports.addUplink((number, sending) => new AudioUplink(stream, number, sending))
      uplink = started
      speaking.value = true
      stopListening = microphone.listen({
        frame: (pcm16) => started.append(pcm16),
        gap: (ms) => started.skip(ms),
      })
      stopClock = ports.every(500, measure)
    },
    /** Ends the stream; resolves when the server has all of it, or after `limit` ms at the latest. */
    async finish(limit: number): Promise<void> {
      const last = stop()
      if (!last) return
      await Promise.race([last.whenEnded, new Promise((resolve) => setTimeout(resolve, limit))])
    },
  }
})

export type SpeakerModelValue = InstanceType<typeof SpeakerModel>
