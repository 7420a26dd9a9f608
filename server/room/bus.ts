/** Port: carries RoomEnvelopes between the Room that makes them and everyone who listens, on this node or another. */
import type { RoomEnvelope } from '../core/transcript.ts'

export type BusListener = (envelope: RoomEnvelope) => void

export interface Bus {
  /** Fire and forget: the store is the truth, the bus may lose messages (listeners catch up by seq). */
  publish(roomId: string, envelope: RoomEnvelope): void
  /** A listener that throws is dropped. Returns the function that ends the subscription. */
  subscribe(roomId: string, listener: BusListener): () => void
  close(): Promise<void>
}
