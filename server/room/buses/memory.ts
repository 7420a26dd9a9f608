/** The Bus within one process: a set of listeners per room. */
import type { RoomEnvelope } from '../../core/transcript.ts'
import type { Bus, BusListener } from '../bus.ts'

export function createMemoryBus(): Bus {
  const rooms = new Map<string, Set<BusListener>>()
  return {
    publish(roomId: string, envelope: RoomEnvelope) {
      const listeners = rooms.get(roomId)
      if (!listeners) return
      for (const listener of [...listeners]) {
        try {
          listener(envelope)
        } catch {
          listeners.delete(listener) // it catches up by seq when it comes back
        }
      }
    },
    subscribe(roomId, listener) {
      const listeners = rooms.get(roomId) ?? new Set()
      rooms.set(roomId, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && rooms.get(roomId) === listeners) rooms.delete(roomId)
      }
    },
    async close() {
      rooms.clear()
    },
  }
}
