/** What every stream is given by the engine. */
import type { Clock } from '../core/clock.ts'
import type { AsrCapabilities, VoiceDetector } from './backend.ts'
import type { Scheduler } from './scheduler.ts'

export interface StreamServices {
  scheduler: Scheduler
  clock: Clock
  /** A voice detector with its own state; must not reject. */
  openDetector(): VoiceDetector
  capabilities(): AsrCapabilities
  vadThreshold: number
  /** Beam width of careful passes. */
  beamSize: number
  /** Ids of utterances (`utt_…`). */
  newId(): string
  /** Somebody began or stopped speaking in this stream. */
  setActive(stream: object, active: boolean): void
  onClose(stream: object): void
}
