/** One socket as the recordings of a client use it: announcing them and sending their frames. */
import { type ClientMessage, packAudioFrame } from '../core/wire.ts'
import type { Line } from './outgoing-audio.ts'
import type { Reconnecting } from './reconnecting.ts'

export function lineOver(socket: Reconnecting): Line {
  const say = (message: ClientMessage) => socket.send(JSON.stringify(message))
  return {
    start: (stream, number) => say({ type: 'audio-start', stream, number }),
    end: (number, length) => say({ type: 'audio-end', number, length }),
    lost: (number, from, to) => say({ type: 'audio-lost', number, from, to }),
    frame: (frame) => socket.send(packAudioFrame(frame) as Uint8Array<ArrayBuffer>),
    waiting: () => socket.waiting,
  }
}
