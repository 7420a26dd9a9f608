/** Versions of a meeting's text, one for each pass over its recordings: which one is shown, and where another says other words. */
import type { Archive, TextVersion } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { isShown, type Utterance } from '../core/transcript.ts'
import {
  chooseVersion,
  type Difference,
  differences,
  type Revisions,
  withoutStretch,
} from '../core/version.ts'
import type { Editor, EditResult } from './editor.ts'

export interface VersionsDeps {
  store: Pick<Archive, 'versions' | 'saveVersion' | 'deleteVersion' | 'eventsSince' | 'revisions'>
  editor: Editor
}

const MOST_DIFFERENCES = 500

export class Versions {
  readonly #store: VersionsDeps['store']
  readonly #editor: Editor

  constructor({ store, editor }: VersionsDeps) {
    this.#store = store
    this.#editor = editor
  }

  /** Oldest first. */
  all(sessionId: string): Promise<TextVersion[]> {
    return this.#store.versions(sessionId)
  }

  /** Rejects with `not-found` when the meeting has no such version. */
  async one(sessionId: string, versionId: string): Promise<TextVersion> {
    const version = (await this.all(sessionId)).find((each) => each.id === versionId)
    if (!version) throw new AppError('not-found', 'There is no such version.')
    return version
  }

  /** Where it says other words than what is shown, in order of time. */
  async differences(version: TextVersion): Promise<Difference[]> {
    const transcript = await this.#editor.transcript(version.sessionId)
    const shown = transcript.utterances.filter((line) => line.state !== 'pending')
    const other = version.shown ? await this.#leftAs(version, version.shown) : version.lines
    return differences(shown, other, MOST_DIFFERENCES)
  }

  /** From now on everybody reads this one; lines that people edited stay. An edit like others, and undone like them. */
  choose({ sessionId, id }: TextVersion): Promise<EditResult> {
    return this.#editor.inOrder(sessionId, async () => {
      const versions = await this.all(sessionId)
      const [from, to] = [versions.find(({ chosen }) => chosen), versions.find((each) => each.id === id)]
      if (!from || !to) throw new AppError('not-found', 'There is no such version.')
      if (to.state !== 'ready' && to.state !== 'live')
        throw new AppError('conflict', 'This version is not finished.')
      if (from.id === to.id) return this.#editor.carryOut(sessionId, 'version', { lines: [], people: [] })
      const transcript = await this.#editor.transcript(sessionId)
      const lines = chooseVersion(transcript, to, await this.#revisions(sessionId))
      const shown = transcript.utterances
        .filter((line) => line.state !== 'pending' && isShown(line))
        .map(({ id, rev }) => ({ id, rev }))
      const change = { before: from.id, after: to.id }
      const result = await this.#editor.carryOut(sessionId, 'version', { lines, people: [] }, change)
      await this.#store.saveVersion({ ...from, chosen: false, shown })
      await this.#store.saveVersion({ ...to, chosen: true })
      return result
    })
  }

  /** Rejects with `conflict` for the one that is shown, and for the text made live. */
  async remove(version: TextVersion): Promise<void> {
    if (version.chosen || version.state === 'live')
      throw new AppError('conflict', 'Choose another version first; the text made live always stays.')
    await this.#store.deleteVersion(version.id)
  }

  /** What somebody wants unsaid is taken out of every other version too. */
  async unsay(sessionId: string, line: Utterance): Promise<void> {
    const [first] = await this.#store.revisions(sessionId, line.id)
    const voice = first?.participantId ?? line.participantId
    for (const version of await this.all(sessionId)) {
      const lines = withoutStretch(version.lines, voice, line.start, line.end)
      if (lines.length !== version.lines.length || lines.some((each, i) => each !== version.lines[i]))
        await this.#store.saveVersion({ ...version, lines })
    }
  }

  async #revisions(sessionId: string): Promise<Revisions> {
    const found = new Map<string, Utterance[]>()
    for (const { event } of await this.#store.eventsSince(sessionId, 0, Number.MAX_SAFE_INTEGER)) {
      if (event.type !== 'utterance-finished' && event.type !== 'utterance-revised') continue
      const { utterance } = event
      const all = found.get(utterance.id)
      if (all) all.push(utterance)
      else found.set(utterance.id, [utterance])
    }
    return found
  }

  /** Its lines as they were when another was chosen. */
  async #leftAs({ sessionId }: TextVersion, shown: NonNullable<TextVersion['shown']>): Promise<Utterance[]> {
    const revisions = await this.#revisions(sessionId)
    return shown.flatMap(({ id, rev }) => revisions.get(id)?.find((each) => each.rev === rev) ?? [])
  }
}
