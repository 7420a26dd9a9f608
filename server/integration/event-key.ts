/** The name by which a receiver knows an event again that it is told twice. */
import type { RoomEnvelope } from '../core/transcript.ts'

/** With the log's epoch: after a restore from a backup the meeting goes on with numbers that stood for other events before. */
export function eventKey(sessionId: string, { epoch, seq }: Pick<RoomEnvelope, 'epoch' | 'seq'>): string {
  return `${sessionId}:${epoch}:${seq}`
}
