/** The path `/`: WhisperLive when the client speaks first in text, whisper.cpp's stream when its first frame is binary. */
import type {
  ClientCommand,
  Codec,
  CodecContext,
  ConnectionEvent,
  Protocol,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'
import { refuseFormat, WhisperStreamCodec } from './whisper-stream.ts'
import { WhisperLiveCodec } from './whisperlive.ts'

export const root: Protocol = {
  name: 'root',
  paths: ['/'],
  hush: true,
  refuse: refuseFormat,
  open: (request, context) => new RootCodec(request, context),
}

class RootCodec implements Codec {
  readonly #request: UpgradeRequest
  readonly #context: CodecContext
  #codec: Codec | null = null
  /** Told again to the codec that is chosen. */
  #opened: ConnectionEvent | null = null

  constructor(request: UpgradeRequest, context: CodecContext) {
    this.#request = request
    this.#context = context
  }

  receive(message: string | Uint8Array): ClientCommand[] {
    if (this.#codec) return this.#codec.receive(message)
    const Chosen = typeof message === 'string' ? WhisperLiveCodec : WhisperStreamCodec
    this.#codec = new Chosen(this.#request, this.#context)
    const messages = this.#opened ? this.#codec.send(this.#opened) : []
    const commands = this.#codec.receive(message)
    return messages.length > 0 ? [{ type: 'reply', messages }, ...commands] : commands
  }

  send(event: ConnectionEvent): WireMessage[] {
    if (this.#codec) return this.#codec.send(event)
    if (event.type === 'opened') this.#opened = event
    return []
  }
}
