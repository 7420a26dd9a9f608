/** The stand-in's running meeting: its log, and the script spoken into it word by word. */
import type {
  RoomEnvelope,
  RoomEvent,
  RoomSettings,
  Session,
  Utterance,
} from '../../../server/core/transcript.ts'
import { BEGIN, ENGLISH, LINES, PAUSE, PEOPLE, utteranceOf } from './conversation.ts'

/** Marks that are there from the start, each at a line of the script. */
const MARKS = [
  { line: 5, kind: 'section', text: 'Release' },
  { line: 8, kind: 'action', text: 'Jonas reviews the subtitle timing' },
] as const

export class ScriptedRoom {
  readonly settings: RoomSettings = {
    title: 'Product weekly',
    language: null,
    languages: [],
    task: 'transcribe',
    vocabulary: '',
    keep: { what: 'text+audio', days: 30 },
    locked: false,
  }
  readonly session: Session = {
    id: 'ses_1',
    roomId: 'quiet-otter-4207',
    epoch: 'e1',
    title: this.settings.title,
    startedAt: Date.now() - 65_000,
    endedAt: null,
  }
  /** Stored events. */
  readonly log: RoomEnvelope[] = []
  seq = 0
  /** Where the next line begins, ms of the meeting. */
  #at = BEGIN
  #line = 0
  /** Words of it that are said. */
  #said = 0

  /** `publish` is told of every event. */
  constructor(private readonly publish: (envelope: RoomEnvelope) => void) {
    this.tell({ type: 'session-started', session: this.session }, true)
    this.tell({ type: 'settings-changed', settings: this.settings }, true)
    for (const participant of PEOPLE) this.tell({ type: 'participant-joined', participant }, true)
  }

  tell(event: RoomEvent, stored: boolean): void {
    const envelope: RoomEnvelope = { epoch: this.session.epoch, seq: stored ? ++this.seq : this.seq, event }
    if (stored) this.log.push(envelope)
    this.publish(envelope)
  }

  /** Ms since the meeting began. */
  now(): number {
    return Date.now() - this.session.startedAt
  }

  sayWord(): void {
    const said = ++this.#said
    const utterance = utteranceOf(this.#line, this.#at, said)
    const { participantId } = utterance
    if (utterance.committed.length + utterance.pending.length < said) {
      this.#finish()
      return
    }
    this.tell({ type: 'speaking', participantId, speaking: true }, false)
    this.tell({ type: 'lag', participantId, lag: 1_100 }, false)
    this.tell({ type: 'utterance-updated', utterance }, false)
  }

  /** So many lines at once (the script if not told), a gap in the sound, and marks. */
  sayAll(lines = LINES.length): void {
    const said = Array.from({ length: lines }, () => this.#finish())
    const gap = { id: 'gap_1', participantId: 'par_2', start: this.#at, end: this.#at + 4_000 }
    this.tell({ type: 'gap', gap: { ...gap, reason: 'network' } }, true)
    for (const { line, kind, text } of MARKS) {
      const utterance = said[line]
      if (!utterance) continue
      const { id: utteranceId, participantId, start } = utterance
      this.tell(
        { type: 'mark', mark: { id: `mark_${line}`, kind, start, text, participantId, utteranceId } },
        true,
      )
    }
  }

  #finish(): Utterance {
    const utterance = utteranceOf(this.#line++, this.#at, null)
    const { id: utteranceId, participantId, language } = utterance
    this.#at = utterance.end + PAUSE
    this.#said = 0
    this.tell({ type: 'utterance-finished', utterance }, true)
    this.tell({ type: 'speaking', participantId, speaking: false }, false)
    const text = ENGLISH[language]
    if (text)
      this.tell(
        { type: 'utterance-translated', translation: { utteranceId, language: 'en', rev: 1, text } },
        true,
      )
    return utterance
  }
}
