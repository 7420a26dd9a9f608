/** Where the audio of rooms that keep none goes: nowhere, but it is counted. */
import type { AudioSink } from './seat.ts'

/** The sink of rooms that keep no audio: counts, so that offsets and acknowledgements mean the same there. */
export function createCountingSink(written = 0): AudioSink {
  let count = written
  return {
    get written() {
      return count
    },
    get durable() {
      return count
    },
    append(bytes) {
      count += bytes.length
    },
    sync: () => Promise.resolve(count),
    recover: () => true,
    close: () => Promise.resolve(),
  }
}
