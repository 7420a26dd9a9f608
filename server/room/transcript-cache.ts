/** The transcript of the meeting that is being edited: folded from its log once, then only brought up to date. */
import type { TranscriptStore } from '../../db/store.ts'
import { applyEvents } from '../core/apply-event.ts'
import type { Transcript } from '../core/transcript.ts'

/** Kept so long for the next edit of the same meeting, ms. */
const KEPT = 5 * 60_000
/** Events read at a time. */
const PAGE = 1000

export class TranscriptCache {
  readonly #store: Pick<TranscriptStore, 'transcript' | 'eventsSince'>
  readonly #now: () => number
  #last: { sessionId: string; transcript: Transcript; at: number } | null = null

  constructor(store: Pick<TranscriptStore, 'transcript' | 'eventsSince'>, now: () => number = Date.now) {
    this.#store = store
    this.#now = now
  }

  /** The transcript as the log has it now. */
  async now(sessionId: string): Promise<Transcript> {
    const known = this.#last
    const kept = known?.sessionId === sessionId && this.#now() - known.at < KEPT
    const transcript = kept
      ? await this.#broughtUpToDate(sessionId, known.transcript)
      : await this.#store.transcript(sessionId)
    this.#last = { sessionId, transcript, at: this.#now() }
    return transcript
  }

  async #broughtUpToDate(sessionId: string, known: Transcript): Promise<Transcript> {
    let transcript = known
    for (;;) {
      const events = await this.#store.eventsSince(sessionId, transcript.seq, PAGE)
      transcript = applyEvents(transcript, events)
      if (events.length < PAGE) return transcript
    }
  }
}
