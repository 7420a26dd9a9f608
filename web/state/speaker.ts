/** SpeakerModel: my voice in a room: microphone frames into one audio stream that survives cuts, reloads and crashes. */
import { createModel, signal } from '@preact/signals'
import { randomText } from '../../server/core/id.ts'
import { owedStreams, type SpoolStore, StreamSpool, spoolReader } from '../audio/spool.ts'
import { AudioUplink } from '../audio/uplink.ts'
import type { RoomLink } from '../net/room-link.ts'
import type { MicrophoneModelValue } from './microphone.ts'

export interface SpeakerPorts {
  addUplink: RoomLink['addUplink']
  /** Calls back regularly; returns the closer. */
  every(ms: number, callback: () => void): () => void
  roomId: string
  /** Which of the device's voices. */
  part: string
  /** Null where this device cannot keep anything. */
  spool: SpoolStore | null
  /** Wall clock. */
  wall(): number
}

/** How often what is kept is measured and, if need be, written down, ms. */
const TICK_MS = 500
/** Characters by which a stream is known across reconnects: no other has the same. */
const STREAM_NAME = 26

export const SpeakerModel = createModel((microphone: MicrophoneModelValue, ports: SpeakerPorts) => {
  const speaking = signal(false)
  /** Audio only this device has, and audio not yet sent, in ms. */
  const kept = signal(0)
  const behind = signal(0)
  /** What is kept is in this page's memory alone: it goes when the page is closed. */
  const onlyHere = signal(false)
  let uplink: AudioUplink | null = null
  let keeper: StreamSpool | null = null
  let stopClock: (() => void) | null = null
  let stopListening: (() => void) | null = null
  let sessionId = ''

  function tick(): void {
    onlyHere.value = !ports.spool || keeper?.failing === true
    kept.value = uplink ? (onlyHere.value ? uplink.inMemoryMs : uplink.keptMs) : 0
    behind.value = uplink?.behindMs ?? 0
    if (uplink) void keeper?.tick(uplink)
  }

  function stop(): AudioUplink | null {
    const last = uplink
    stopListening?.()
    stopListening = null
    last?.finish()
    // Offline at the end: what is still here is kept for the next visit.
    if (last) void keeper?.tick(last)
    uplink = null
    keeper = null
    stopClock?.()
    stopClock = null
    speaking.value = false
    tick()
    return last
  }

  /** Sends what an earlier page of this device could not: it was closed, or its tab crashed, while the line was cut. */
  async function deliverOwed(): Promise<void> {
    const { spool } = ports
    if (!spool) return
    const { roomId, part } = ports
    const owed = await owedStreams(spool, { roomId, part, sessionId }, ports.wall())
    for (const { stream, end } of owed) {
      if (stream === uplink?.stream) continue
      const late = ports.addUplink(
        (number, sending) => new AudioUplink(stream, number, sending, spoolReader(spool, stream), end),
      )
      late.finish()
      void late.whenEnded.then(() => spool.deleteStream(stream)).catch(() => {})
    }
  }

  return {
    speaking,
    kept,
    behind,
    onlyHere,
    /** Starts a new stream; the microphone must be on, or come on later. */
    start() {
      if (uplink) return
      const { spool } = ports
      // By its name of the moment: in another meeting it goes on under another.
      const reader = spool && {
        read: (offset: number, length: number) => spoolReader(spool, started.stream).read(offset, length),
      }
      const started = ports.addUplink(
        (number, sending) => new AudioUplink(randomText(STREAM_NAME), number, sending, reader),
      )
      uplink = started
      void started.whenEnded.then(() => ports.spool?.deleteStream(started.stream)).catch(() => {})
      speaking.value = true
      stopListening = microphone.listen({
        frame: (pcm16) => started.append(pcm16),
        gap: (ms) => started.skip(ms),
      })
      stopClock = ports.every(TICK_MS, tick)
    },
    /** The meeting this voice belongs to is known: from now on it can be kept, and what is owed delivered. */
    inSession(id: string) {
      if (id === sessionId) return
      sessionId = id
      if (!ports.spool) return
      const { roomId, part } = ports
      if (uplink?.carriedFrom) void ports.spool.deleteStream(uplink.carriedFrom).catch(() => {})
      keeper = new StreamSpool(ports.spool, { roomId, part, sessionId, createdAt: ports.wall() })
      void deliverOwed().catch(() => {})
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
