/** Audio that the server does not have yet, kept on this device: a reload or a crashed tab loses none of it. */

/** One stream whose end the server has not confirmed. */
export interface SpooledStream {
  stream: string
  roomId: string
  /** Which of the device's voices: microphone or tab sound. */
  part: string
  /** Another meeting has another clock: audio is only delivered into its own. */
  sessionId: string
  /** Wall clock, for throwing away what nobody came back for. */
  createdAt: number
  /** When it was first found too old; the clock may have been set wrong, so it goes a day later at the earliest. */
  oldSince?: number
}

/** Where it is kept: IndexedDB in browsers, a map in tests. Every method may reject; then the memory has to do. */
export interface SpoolStore {
  putStream(stream: SpooledStream): Promise<void>
  streams(): Promise<SpooledStream[]>
  put(stream: string, offset: number, bytes: Uint8Array): Promise<void>
  /** The chunk that holds `offset`, or the first one after it. */
  chunkAt(stream: string, offset: number): Promise<{ offset: number; bytes: Uint8Array } | null>
  end(stream: string): Promise<number>
  /** Removes chunks that end at or before `offset`. */
  deleteBelow(stream: string, offset: number): Promise<void>
  deleteStream(stream: string): Promise<void>
}

/** Unconfirmed audio younger than this is on its way: writing it would only wear the disk. */
const WORTH_KEEPING_MS = 2_500
/** Nobody comes back for a meeting of last week. */
const DAY_MS = 86_400_000
const FORGET_AFTER_MS = 7 * DAY_MS
/** Longest chunk. */
export const CHUNK_BYTES = 32_000

/** What is read of an uplink. */
export interface Spoolable {
  readonly stream: string
  readonly keptMs: number
  readonly acked: number
  readonly ring: {
    readonly end: number
    nextAvailable(offset: number): number
    read(offset: number, length: number): Uint8Array
  }
}

/** Keeps one live stream: call `tick` about twice a second. */
export class StreamSpool {
  /** Written up to here. */
  #written = 0
  #known = false
  #busy = false
  /** The device refused to take the sound (no room, no permission): memory has to do until it takes some again. */
  failing = false
  /** Asked again meanwhile: the last half second before the end of a recording must not be left out. */
  #again = false

  constructor(
    private readonly store: SpoolStore,
    private readonly info: Omit<SpooledStream, 'stream'>,
  ) {}

  async tick(uplink: Spoolable): Promise<void> {
    this.#again = this.#busy
    if (this.#busy) return
    this.#busy = true
    try {
      if (uplink.keptMs > WORTH_KEEPING_MS) await this.#keep(uplink)
      else if (this.#known && uplink.acked >= this.#written) {
        await this.store.deleteStream(uplink.stream)
        this.#known = false
      }
      this.failing = false
    } catch {
      // The ring in memory still has ten minutes, and the next tick tries again.
      this.failing = true
    } finally {
      this.#busy = false
    }
    if (this.#again) await this.tick(uplink)
  }

  async #keep(uplink: Spoolable): Promise<void> {
    if (!this.#known) {
      await this.store.putStream({ stream: uplink.stream, ...this.info })
      this.#known = true
      this.#written = 0
    }
    let at = Math.max(this.#written, uplink.acked)
    for (;;) {
      at = uplink.ring.nextAvailable(at)
      const bytes = uplink.ring.read(at, CHUNK_BYTES)
      if (bytes.length === 0) break
      await this.store.put(uplink.stream, at, bytes)
      at += bytes.length
      this.#written = at
    }
    await this.store.deleteBelow(uplink.stream, uplink.acked)
  }
}

/** Reads a kept stream back for an uplink. */
export function spoolReader(store: SpoolStore, stream: string) {
  return {
    async read(offset: number, length: number): Promise<{ offset: number; bytes: Uint8Array } | null> {
      const chunk = await store.chunkAt(stream, offset)
      if (!chunk) return null
      const skip = Math.max(0, offset - chunk.offset)
      return { offset: chunk.offset + skip, bytes: chunk.bytes.subarray(skip, skip + length) }
    },
  }
}

/** What an earlier page of this device still owes the meeting; forgets what is too old. */
export async function owedStreams(
  store: SpoolStore,
  wanted: { roomId: string; part: string; sessionId: string },
  now: number,
): Promise<{ stream: string; end: number }[]> {
  const owed: { stream: string; end: number }[] = []
  for (const each of await store.streams()) {
    const { oldSince, ...kept } = each
    if (now - each.createdAt > FORGET_AFTER_MS) {
      if (oldSince === undefined) await store.putStream({ ...kept, oldSince: now })
      else if (now - oldSince >= DAY_MS) await store.deleteStream(each.stream)
      continue
    }
    if (oldSince !== undefined) await store.putStream(kept)
    if (each.roomId === wanted.roomId && each.part === wanted.part && each.sessionId === wanted.sessionId)
      owed.push({ stream: each.stream, end: await store.end(each.stream) })
  }
  return owed
}
