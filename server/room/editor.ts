/** Edits of recorded meetings: carried out one after the other, remembered, undone and done again; nothing earlier is lost. */
import type { Archive, Edit } from '../../db/store.ts'
import { type Changes, changesOf, type EditOperation } from '../core/editing.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import type { Participant, StoredEvent, Transcript, Utterance } from '../core/transcript.ts'
import { originalOf, revisionsOf, seenBy } from './revisions.ts'
import { TranscriptCache } from './transcript-cache.ts'

export interface EditorDeps {
  store: Pick<
    Archive,
    | 'transcript'
    | 'eventsSince'
    | 'revisions'
    | 'edits'
    | 'saveEdit'
    | 'dropUndone'
    | 'versions'
    | 'saveVersion'
  >
  /** Through the running room if there is one, so that every screen sees the changes; else into the log, as one commit. */
  recordAll(sessionId: string, events: readonly StoredEvent[]): Promise<void>
  now?: () => number
}

/** What an edit (or taking it back) changed, for the screen that asked. */
export interface EditResult {
  kind: Edit['kind'] | null
  utterances: Utterance[]
  participants: Participant[]
  undo: Edit['kind'] | null
  redo: Edit['kind'] | null
}

/** Typing in one line is one edit while it goes on: pauses up to this, ms. */
const TYPING = 15_000
/** Lines stored in one commit: about a tenth of a second. */
const PORTION = 12

export class Editor {
  readonly #deps: EditorDeps
  readonly #tails = new Map<string, Promise<unknown>>()
  readonly #transcripts: TranscriptCache

  constructor(deps: EditorDeps) {
    this.#deps = deps
    this.#transcripts = new TranscriptCache(deps.store, deps.now)
  }

  edit(sessionId: string, operation: EditOperation): Promise<EditResult> {
    return this.inOrder(sessionId, async () => {
      const { store } = this.#deps
      const transcript = await this.transcript(sessionId)
      const original =
        operation.kind === 'restore'
          ? originalOf(await store.revisions(sessionId, operation.utteranceId))
          : null
      const seen = await seenBy(store, sessionId, operation)
      const changes = changesOf(transcript, operation, { newId, original: () => original, seen: () => seen })
      return this.carryOut(sessionId, operation.kind, changes)
    })
  }

  /** Stores changes that somebody worked out and remembers them as one edit. Call it only `inOrder`. */
  async carryOut(
    sessionId: string,
    kind: Edit['kind'],
    changes: Changes,
    version: Edit['version'] = null,
  ): Promise<EditResult> {
    const { store, now = Date.now } = this.#deps
    const known = await store.edits(sessionId)
    if (changes.lines.length + changes.people.length === 0 && version === null)
      return result(null, changes, known)
    const last = known.filter((edit) => !edit.undone).at(-1)
    const [line] = changes.lines
    const goesOn =
      kind === 'text' &&
      last?.kind === 'text' &&
      last.lines[0]?.id === line?.before?.id &&
      now() - last.at < TYPING &&
      known.at(-1) === last
    const edit: Edit =
      goesOn && last && line
        ? { ...last, at: now(), lines: last.lines.map((each) => ({ ...each, to: line.after.rev })) }
        : {
            id: newId('edit'),
            sessionId,
            number: (last?.number ?? 0) + 1,
            kind,
            at: now(),
            undone: false,
            lines: changes.lines.map(({ before, after }) => ({
              id: after.id,
              from: before?.rev ?? null,
              to: after.rev,
            })),
            people: changes.people,
            version,
          }
    if (!goesOn) await store.dropUndone(sessionId)
    // Remembered first: if the machine dies in between, undoing restores what was never changed.
    await store.saveEdit(edit)
    await this.#record(sessionId, changes)
    return result(kind, changes, [...known.filter((each) => !each.undone && each.id !== edit.id), edit])
  }

  undo(sessionId: string): Promise<EditResult> {
    return this.inOrder(sessionId, async () => {
      const edits = await this.#deps.store.edits(sessionId)
      const edit = edits.filter((each) => !each.undone).at(-1)
      if (!edit) throw new AppError('conflict', 'There is nothing to undo.')
      return this.#turn(sessionId, edits, edit, true)
    })
  }

  redo(sessionId: string): Promise<EditResult> {
    return this.inOrder(sessionId, async () => {
      const edits = await this.#deps.store.edits(sessionId)
      const edit = edits.find((each) => each.undone)
      if (!edit) throw new AppError('conflict', 'There is nothing to do again.')
      return this.#turn(sessionId, edits, edit, false)
    })
  }

  async history(sessionId: string): Promise<Pick<EditResult, 'undo' | 'redo'>> {
    return ends(await this.#deps.store.edits(sessionId))
  }

  /** Lines go back to what they were (a new revision with the old words), people to what they were called. */
  async #turn(sessionId: string, edits: Edit[], edit: Edit, back: boolean): Promise<EditResult> {
    const transcript = await this.transcript(sessionId)
    const now = new Map(transcript.utterances.map((line) => [line.id, line]))
    const revision = await revisionsOf(this.#deps.store, sessionId, edit.lines.length)
    const changes: Changes = { lines: [], people: [] }
    for (const { id, from, to } of edit.lines) {
      const before = now.get(id)
      if (!before) continue // removed for good since
      const wanted = back ? from : to
      const then = wanted === null ? null : await revision(id, wanted)
      const after: Utterance = then
        ? { ...then, rev: before.rev + 1 }
        : { ...before, rev: before.rev + 1, state: 'edited', committed: [] }
      changes.lines.push({ before, after })
    }
    for (const { before, after } of edit.people) {
      const wanted = back ? (before ?? { ...after, role: 'viewer' as const }) : after
      changes.people.push({ before: transcript.participants.get(after.id) ?? null, after: wanted })
    }
    await this.#record(sessionId, changes)
    const turned = { ...edit, undone: back }
    await this.#deps.store.saveEdit(turned)
    if (edit.version) await this.#choose(sessionId, back ? edit.version.before : edit.version.after)
    return result(
      edit.kind,
      changes,
      edits.map((each) => (each.id === edit.id ? turned : each)),
    )
  }

  /** The choice of a text version is undone, or done again: its lines are back already. */
  async #choose(sessionId: string, versionId: string): Promise<void> {
    const { store } = this.#deps
    for (const version of await store.versions(sessionId))
      await store.saveVersion({ ...version, chosen: version.id === versionId })
  }

  /** The transcript as it is now. */
  transcript(sessionId: string): Promise<Transcript> {
    return this.#transcripts.now(sessionId)
  }

  /**
   * In portions, between which others are served: taking a line's old words out of the search costs milliseconds. Cut
   * short, undoing restores what was changed and leaves the rest.
   */
  async #record(sessionId: string, changes: Changes): Promise<void> {
    const events = eventsOf(changes)
    for (let at = 0; at < events.length; at += PORTION) {
      await this.#deps.recordAll(sessionId, events.slice(at, at + PORTION))
      await Bun.sleep(0)
    }
  }

  /** Edits of one meeting wait for each other. */
  inOrder<T>(sessionId: string, step: () => Promise<T>): Promise<T> {
    const done = (this.#tails.get(sessionId) ?? Promise.resolve()).then(step)
    const tail = done.catch(() => {})
    this.#tails.set(sessionId, tail)
    void tail.then(() => {
      if (this.#tails.get(sessionId) === tail) this.#tails.delete(sessionId)
    })
    return done
  }
}

function eventsOf({ lines, people }: Changes): StoredEvent[] {
  return [
    ...people.map(({ after }): StoredEvent => ({ type: 'participant-changed', participant: after })),
    ...lines.map(
      ({ before, after }): StoredEvent => ({
        type: before ? 'utterance-revised' : 'utterance-finished',
        utterance: after,
      }),
    ),
  ]
}

function ends(edits: readonly Edit[]): Pick<EditResult, 'undo' | 'redo'> {
  return {
    undo: edits.filter((edit) => !edit.undone).at(-1)?.kind ?? null,
    redo: edits.find((edit) => edit.undone)?.kind ?? null,
  }
}

function result(kind: Edit['kind'] | null, { lines, people }: Changes, edits: readonly Edit[]): EditResult {
  return {
    kind,
    utterances: lines.map(({ after }) => after),
    participants: people.map(({ after }) => after),
    ...ends(edits),
  }
}
