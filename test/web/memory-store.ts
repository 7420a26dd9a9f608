/** The spool's store on a map instead of IndexedDB. */
import type { SpooledStream, SpoolStore } from '../../web/audio/spool.ts'

export function memoryStore(): SpoolStore & { chunks: Map<string, { offset: number; bytes: Uint8Array }[]> } {
  const streams = new Map<string, SpooledStream>()
  const chunks = new Map<string, { offset: number; bytes: Uint8Array }[]>()
  return {
    chunks,
    putStream: async (stream) => void streams.set(stream.stream, stream),
    streams: async () => [...streams.values()],
    put: async (stream, offset, bytes) => {
      chunks.set(
        stream,
        [...(chunks.get(stream) ?? []), { offset, bytes }].sort((a, b) => a.offset - b.offset),
      )
    },
    chunkAt: async (stream, offset) =>
      chunks.get(stream)?.find((chunk) => chunk.offset + chunk.bytes.length > offset) ?? null,
    end: async (stream) => {
      const last = chunks.get(stream)?.at(-1)
      return last ? last.offset + last.bytes.length : 0
    },
    deleteBelow: async (stream, offset) => {
      chunks.set(
        stream,
        (chunks.get(stream) ?? []).filter((chunk) => chunk.offset + chunk.bytes.length > offset),
      )
    },
    deleteStream: async (stream) => {
      streams.delete(stream)
      chunks.delete(stream)
    },
  }
}
