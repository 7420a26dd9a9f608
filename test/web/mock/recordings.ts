/** Sound that reached the stand-in, kept as a real server would: bytes in order, and the holes that were declared. */

import type { ServerMessage } from '../../../server/core/wire.ts'
import { unpackAudioFrame } from '../../../server/core/wire.ts'
import type { ClientMessage } from '../../../server/core/wire-schema.ts'

/** What arrived of one stream. */
export interface Received {
  bytes: number
  lost: [from: number, to: number][]
  ended: boolean
}

type AudioMessage = Extract<ClientMessage, { type: 'audio-start' | 'audio-lost' | 'audio-end' }>

/** Of one socket: it calls its streams by numbers of its own. */
export class Recordings {
  readonly #streams = new Map<number, string>()

  /** `received` is shared by all sockets, by the streams' own names: they go on in the next one. */
  constructor(private readonly received: Map<string, Received>) {}

  frame(data: Uint8Array): ServerMessage {
    const frame = unpackAudioFrame(data)
    if (typeof frame === 'string') return { type: 'error', code: 'invalid', message: frame, fatal: false }
    const stream = this.#stream(frame.number)
    if (!stream) return { type: 'error', code: 'invalid', message: 'Unknown stream.', fatal: false }
    if (frame.offset > stream.bytes) return ready(frame.number, stream)
    stream.bytes = Math.max(stream.bytes, frame.offset + frame.pcm16.length)
    return { type: 'ack', number: frame.number, offset: stream.bytes }
  }

  message(message: AudioMessage): ServerMessage | undefined {
    const { number } = message
    if (message.type === 'audio-start') {
      this.#streams.set(number, message.stream)
      const stream = this.received.get(message.stream) ?? { bytes: 0, lost: [], ended: false }
      this.received.set(message.stream, stream)
      return ready(number, stream)
    }
    const stream = this.#stream(number)
    if (message.type === 'audio-lost') {
      if (!stream) return
      stream.lost.push([message.from, message.to])
      stream.bytes = message.to
      return ready(number, stream)
    }
    if (stream && stream.bytes < message.length) return ready(number, stream)
    if (stream) stream.ended = true
    return { type: 'audio-ended', number }
  }

  #stream(number: number): Received | undefined {
    return this.received.get(this.#streams.get(number) ?? '')
  }
}

function ready(number: number, { bytes }: Received): ServerMessage {
  return { type: 'audio-ready', number, offset: bytes }
}
