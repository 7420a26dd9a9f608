/** A ParleyClient with a memory: every acknowledgement, final, status and oddity, for comparison with what was stored. */
import { ParleyClient } from '../../server/client/client.ts'
import type { ClientEvent, ClientOptions } from '../../server/client/events.ts'
import type { OutgoingAudio } from '../../server/client/outgoing-audio.ts'
import { isStored, type RoomEnvelope } from '../../server/core/transcript.ts'
import { BYTES_PER_SECOND } from '../../server/core/wire.ts'

export interface Recorder {
  client: ParleyClient
  /** Every stored event as this screen saw it, across meetings. */
  stored: RoomEnvelope[]
  events: ClientEvent[]
  /** Highest acknowledged offset per stream. */
  acknowledged: Map<string, number>
  lost: { from: number; to: number }[]
  notices: { code: string; message: string }[]
  /** Resolves when `condition` holds after an event; rejects after `timeout` ms. */
  until(condition: () => boolean, timeout?: number): Promise<void>
  close(): void
}

export function record(options: ClientOptions): Recorder {
  const client = new ParleyClient(options)
  const recorder: Recorder = {
    client,
    stored: [],
    events: [],
    acknowledged: new Map(),
    lost: [],
    notices: [],
    async until(condition, timeout = 20_000) {
      const until = performance.now() + timeout
      while (!condition()) {
        if (performance.now() > until) throw new Error(`waited ${timeout} ms: ${condition.toString()}`)
        await Bun.sleep(10)
      }
    },
    close: () => client.close(),
  }
  client.on((event) => {
    if (event.type === 'event') {
      if (isStored(event.envelope.event)) recorder.stored.push(event.envelope)
      return
    }
    if (event.type === 'acknowledged') {
      const before = recorder.acknowledged.get(event.stream) ?? 0
      recorder.acknowledged.set(event.stream, Math.max(before, event.offset))
      return
    }
    if (event.type === 'lost') recorder.lost.push({ from: event.from, to: event.to })
    if (event.type === 'notice') recorder.notices.push({ code: event.code, message: event.message })
    recorder.events.push(event)
  })
  return recorder
}

/** Writes `pcm16` into a recording in steps of 100 ms, at `speed` × real time. Resolves when all is written. */
export async function speak(
  recording: OutgoingAudio,
  pcm16: Uint8Array,
  speed = 1,
  stop?: () => boolean,
): Promise<void> {
  const step = BYTES_PER_SECOND / 10
  const began = performance.now()
  for (let at = 0; at < pcm16.length; at += step) {
    if (stop?.()) return
    recording.write(pcm16.subarray(at, at + step))
    const due = began + ((at + step) / BYTES_PER_SECOND / speed) * 1000
    const wait = due - performance.now()
    if (wait > 1) await Bun.sleep(wait)
  }
}
