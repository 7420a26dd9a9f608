/** What one screen is told of a Room: first everything since its seq, then events as they happen, without hole or repetition. */
import { isStored, type RoomEnvelope } from '../core/transcript.ts'
import type { ServerMessage } from '../core/wire.ts'
import type { Bus } from '../room/bus.ts'
import type { Room } from '../room/room.ts'

/** The sending half of a socket. */
export interface ReaderSocket {
  send(data: string): number
  getBufferedAmount(): number
}

const PAGE = 200
/** A screen that is this far behind (bytes) is left without passing events, and a catch-up waits for it. */
const BEHIND = 256 * 1024

const encoded = new WeakMap<RoomEnvelope, string>()
function encode(envelope: RoomEnvelope): string {
  let text = encoded.get(envelope)
  if (text === undefined) {
    text = JSON.stringify({ type: 'event', envelope } satisfies ServerMessage)
    encoded.set(envelope, text)
  }
  return text
}

export class RoomReader {
  readonly #socket: ReaderSocket
  readonly #room: Room
  readonly #unsubscribe: () => void
  #told = { epoch: '', seq: 0 }
  /** Held back while catching up; null = up to date. */
  #held: RoomEnvelope[] | null = []
  #drained: PromiseWithResolvers<void> | null = null
  #closed = false
  readonly #failed: (cause: unknown) => void

  /** Begins to listen at once, so that nothing falls between this moment and the catch-up. */
  constructor(socket: ReaderSocket, room: Room, bus: Bus, failed: (cause: unknown) => void) {
    this.#socket = socket
    this.#room = room
    this.#failed = failed
    const leave = room.attend()
    const unsubscribe = bus.subscribe(room.id, (envelope) => this.#tell(envelope))
    this.#unsubscribe = () => {
      unsubscribe()
      leave()
    }
  }

  /** Everything after `since` of the log `epoch`, then what happened meanwhile, then the lines still open. */
  async catchUp(epoch: string, since: number): Promise<void> {
    let from = since
    for (let more = true; more && !this.#closed; ) {
      const events = await this.#room.eventsSince(epoch, from, PAGE)
      from = events.at(-1)?.seq ?? from
      more = events.length === PAGE
      this.#socket.send(JSON.stringify({ type: 'events', events, more } satisfies ServerMessage))
      await this.#untilDrained()
    }
    if (this.#closed) return
    this.#told = { epoch, seq: from }
    const held = this.#held ?? []
    this.#held = null
    for (const utterance of this.#room.transcript.utterances) {
      if (utterance.state !== 'pending') continue
      this.#socket.send(encode({ epoch, seq: from, event: { type: 'utterance-updated', utterance } }))
    }
    for (const envelope of held) this.#tell(envelope)
  }

  /** The client reads again. */
  drained(): void {
    this.#drained?.resolve()
    this.#drained = null
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
    this.drained()
  }

  #tell(envelope: RoomEnvelope): void {
    if (this.#held) {
      this.#held.push(envelope)
      return
    }
    if (isStored(envelope.event)) {
      const same = envelope.epoch === this.#told.epoch
      // A correction or a late translation of a meeting before: this screen shows the one that runs.
      if (!same && envelope.epoch !== this.#room.transcript.epoch) return
      if (same && envelope.seq <= this.#told.seq) return
      if (envelope.seq > (same ? this.#told.seq : 0) + 1)
        return this.#repair(envelope, same ? this.#told.seq : 0)
      this.#told = { epoch: envelope.epoch, seq: envelope.seq }
    } else if (this.#socket.getBufferedAmount() > BEHIND) return
    this.#socket.send(encode(envelope))
  }

  /** The bus lost something: the store has it. */
  #repair(envelope: RoomEnvelope, since: number): void {
    this.#held = [envelope]
    this.catchUp(envelope.epoch, since).catch(this.#failed)
  }

  async #untilDrained(): Promise<void> {
    if (this.#socket.getBufferedAmount() <= BEHIND || this.#closed) return
    this.#drained ??= Promise.withResolvers<void>()
    await this.#drained.promise
  }
}
