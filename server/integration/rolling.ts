/** The summary so far of a running meeting, made only while somebody reads it: each request sends one new portion of the transcript. */
import type { LiveSummary } from '../core/live-summary.ts'
import type { Transcript } from '../core/transcript.ts'
import { numberedLines, portions } from './citations.ts'

type Notes = Pick<LiveSummary, 'overview' | 'decisions' | 'actions'>

export interface RollingDeps {
  transcript(sessionId: string): Promise<Transcript>
  /** Notes of a transcript that fits the model; every bullet with its moments. */
  summarize(transcript: Transcript, signal: AbortSignal): Promise<Notes>
  tell(sessionId: string, summary: LiveSummary): void
  /** Why it does not work now, for people; '' = it does. */
  report(sessionId: string, reason: string): void
  /** Ms that only run forward. */
  now?(): number
  later?(callback: () => void, ms: number): unknown
}

/** A screen that shows it says so more often than this, ms. */
const FOLLOWED_FOR = 90_000
/** Between two questions about one meeting, ms: speech grows slowly, language models cost much. */
const EVERY = 45_000
/** After a failure. */
const REST = 60_000
/** New lines worth a question. */
const FEWEST_LINES = 2
/** Tokens of transcript per question: what is full is asked about once and never again. */
const PORTION = 2_500

interface Meeting {
  until: number
  lines: number
  /** Notes of full portions by the id of their last line. */
  done: Map<string, Notes>
  last: LiveSummary | null
  running: boolean
  next: number
}

export class RollingSummaries {
  readonly #deps: RollingDeps
  readonly #meetings = new Map<string, Meeting>()
  readonly #stop = new AbortController()
  readonly #now: () => number

  constructor(deps: RollingDeps) {
    this.#deps = deps
    this.#now = deps.now ?? (() => performance.now())
  }

  /** Somebody reads it: what is there is told again, and it is kept up for a while. */
  follow(sessionId: string): void {
    const meeting = this.#meetings.get(sessionId) ?? {
      until: 0,
      lines: 0,
      done: new Map(),
      last: null,
      running: false,
      next: 0,
    }
    this.#meetings.set(sessionId, meeting)
    meeting.until = this.#now() + FOLLOWED_FOR
    if (meeting.last) this.#deps.tell(sessionId, meeting.last)
    void this.#look(sessionId)
  }

  /** A line is final or was corrected. */
  heard(sessionId: string): void {
    void this.#look(sessionId)
  }

  ended(sessionId: string): void {
    this.#meetings.delete(sessionId)
  }

  close(): void {
    this.#stop.abort()
    this.#meetings.clear()
  }

  async #look(sessionId: string): Promise<void> {
    const meeting = this.#meetings.get(sessionId)
    const now = this.#now()
    if (!meeting || meeting.running || now > meeting.until || now < meeting.next) return
    meeting.running = true
    try {
      const transcript = await this.#deps.transcript(sessionId)
      const lines = numberedLines(transcript)
      if (lines.length < meeting.lines + FEWEST_LINES) return
      meeting.last = await this.#summary(meeting, transcript)
      meeting.lines = lines.length
      meeting.next = this.#now() + EVERY
      if (!this.#meetings.has(sessionId)) return
      this.#deps.tell(sessionId, meeting.last)
      this.#deps.report(sessionId, '')
      // What is said meanwhile is looked at when the pause is over, also if nobody says anything more.
      ;(this.#deps.later ?? laterUnref)(() => void this.#look(sessionId), EVERY)
    } catch (thrown) {
      if (this.#stop.signal.aborted) return
      meeting.next = this.#now() + REST
      this.#deps.report(sessionId, thrown instanceof Error ? thrown.message : 'It failed.')
    } finally {
      meeting.running = false
    }
  }

  async #summary(meeting: Meeting, transcript: Transcript): Promise<LiveSummary> {
    const lines = numberedLines(transcript)
    const parts = portions(lines, PORTION)
    const summary: LiveSummary = { overview: [], decisions: [], actions: [], until: lines.at(-1)?.end ?? 0 }
    for (const [i, part] of parts.entries()) {
      const key = part.at(-1)?.utteranceId ?? ''
      const full = i < parts.length - 1
      const ids = new Set(part.map(({ utteranceId }) => utteranceId))
      const some = { ...transcript, utterances: transcript.utterances.filter(({ id }) => ids.has(id)) }
      const notes = meeting.done.get(key) ?? (await this.#deps.summarize(some, this.#stop.signal))
      if (full) meeting.done.set(key, notes)
      // Long meetings: of what is long past only what was decided and is to be done.
      if (i >= parts.length - 2) summary.overview.push(...notes.overview)
      summary.decisions.push(...notes.decisions)
      summary.actions.push(...notes.actions)
    }
    return summary
  }
}

const laterUnref = (callback: () => void, ms: number) => setTimeout(callback, ms).unref()
