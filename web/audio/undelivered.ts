/** Sound kept on this device that came too late for its meeting. Loaded only when there is some. */

import { BYTES_PER_MS } from '../../server/core/wire.ts'
import type { SpoolStore } from './spool.ts'

/** Sound on this device that none but a meeting which is over, or closed to it, was to have. */
export interface Undelivered {
  stream: string
  createdAt: number
  ms: number
}

/** Everything kept of this room that the running meeting (null = none that takes it) does not get. */
export async function undelivered(
  store: SpoolStore,
  roomId: string,
  running: string | null,
): Promise<Undelivered[]> {
  const found: Undelivered[] = []
  for (const { stream, createdAt, ...each } of await store.streams()) {
    if (each.roomId !== roomId || each.sessionId === running) continue
    const first = await store.chunkAt(stream, 0)
    const end = await store.end(stream)
    if (first) found.push({ stream, createdAt, ms: Math.round((end - first.offset) / BYTES_PER_MS) })
  }
  return found.sort((a, b) => a.createdAt - b.createdAt)
}

/** The sound itself, oldest first; what is missing in between is left out. */
export async function soundOf(store: SpoolStore, streams: readonly Undelivered[]): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = []
  for (const { stream } of streams) {
    let at = 0
    for (let chunk = await store.chunkAt(stream, at); chunk; chunk = await store.chunkAt(stream, at)) {
      const skip = Math.max(0, at - chunk.offset)
      parts.push(chunk.bytes.subarray(skip))
      at = chunk.offset + chunk.bytes.length
    }
  }
  return parts
}
