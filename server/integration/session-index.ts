/** Which meeting an event belongs to, and what has been said in it: what neighbours ask again and again. */
import type { Archive } from '../../db/store.ts'
import type { RoomEnvelope, Transcript } from '../core/transcript.ts'

export interface SessionIndexDeps {
  store: Pick<Archive, 'sessions' | 'transcript'>
  /** The transcript of a running meeting; null = it is over. */
  live(sessionId: string): Promise<Transcript | null>
  now(): number
}

/** A folded transcript of an ended meeting is kept so long for the next question about the same meeting, ms. */
const FRESH = 30_000
/** Logs whose meeting is remembered. */
const MOST = 1_000

export class SessionIndex {
  readonly #deps: SessionIndexDeps
  /** Meetings by the epoch of their log. */
  readonly #sessions = new Map<string, Promise<string | null>>()
  /** Of one ended meeting: questions about it come in a row. */
  #folded: { sessionId: string; at: number; transcript: Transcript } | null = null

  constructor(deps: SessionIndexDeps) {
    this.#deps = deps
  }

  /** Null = unknown. Looked up once per meeting; answers come back in order. */
  sessionOf(roomId: string, { event, epoch }: RoomEnvelope): Promise<string | null> {
    const known = this.#sessions.get(epoch)
    if (known) return known
    const found =
      event.type === 'session-started' ? Promise.resolve(event.session.id) : this.#find(roomId, epoch)
    this.#sessions.set(epoch, found)
    if (this.#sessions.size > MOST) this.#sessions.delete(this.#sessions.keys().next().value as string)
    return found
  }

  async transcriptOf(sessionId: string): Promise<Transcript> {
    const live = await this.#deps.live(sessionId)
    if (live) return live
    const now = this.#deps.now()
    if (this.#folded?.sessionId === sessionId && now - this.#folded.at < FRESH) return this.#folded.transcript
    const transcript = await this.#deps.store.transcript(sessionId)
    this.#folded = { sessionId, at: now, transcript }
    return transcript
  }

  /** Its text has changed. */
  changed(sessionId: string): void {
    if (this.#folded?.sessionId === sessionId) this.#folded = null
  }

  async #find(roomId: string, epoch: string): Promise<string | null> {
    try {
      const sessions = await this.#deps.store.sessions({ roomId, limit: 50 })
      return sessions.find((session) => session.epoch === epoch)?.id ?? null
    } catch {
      // A neighbour goes without this event; the store says elsewhere what is wrong with it. The next event asks again.
      this.#sessions.delete(epoch)
      return null
    }
  }
}
