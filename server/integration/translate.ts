/** Translations of finished lines, in order, with the lines before as context; a dead endpoint shows its state and delays nobody. */
import { AppError } from '../core/error.ts'
import { type Translation, textOf, type Utterance } from '../core/transcript.ts'
import { type TranslateSettings, translateText } from './translate-text.ts'

export interface TranslatorDeps {
  settings: TranslateSettings
  /** The newest revision of a line, and the texts before it; null when it is gone. */
  line(sessionId: string, utteranceId: string): Promise<{ utterance: Utterance; before: string[] } | null>
  record(sessionId: string, translation: Translation): Promise<void>
  report(message: string, fields: Record<string, string | number>): void
  /** Whether it works for this meeting now, and if not why, for people. */
  onState?(sessionId: string, failing: string): void
  sleep?: (ms: number) => Promise<unknown>
}

export interface TranslatorState {
  state: 'idle' | 'working' | 'failing'
  waiting: number
  /** Why it fails, for people. */
  detail: string
}

/** Lines that may wait per meeting and language; beyond, the oldest are left untranslated. */
const MAX_WAITING = 500
/** Pause after the endpoint failed for good, before it is tried again with the same line. */
const REST = 30_000

interface Queue {
  sessionId: string
  language: string
  ids: string[]
  running: boolean
  /** It gets the lines that are said from now on. */
  open: boolean
}

export class Translator {
  readonly #deps: TranslatorDeps
  readonly #queues = new Map<string, Queue>()
  readonly #stop = new AbortController()
  #detail = ''

  constructor(deps: TranslatorDeps) {
    this.#deps = deps
  }

  /** From now on this meeting is translated into `language`; `ids` are the lines already said, oldest first. */
  want(sessionId: string, language: string, ids: readonly string[]): void {
    const key = `${sessionId} ${language}`
    const known = this.#queues.get(key)
    if (known?.open) return
    const queue = known ?? { sessionId, language, ids: [], running: false, open: true }
    queue.open = true
    this.#queues.set(key, queue)
    for (const id of ids) this.#add(queue, id)
  }

  /** Nobody reads this language any more: what waits is still done. */
  unwant(sessionId: string, language: string): void {
    const key = `${sessionId} ${language}`
    const queue = this.#queues.get(key)
    if (!queue) return
    queue.open = false
    if (queue.ids.length === 0) this.#queues.delete(key)
  }

  languages(sessionId: string): string[] {
    return [...this.#queues.values()]
      .filter((queue) => queue.sessionId === sessionId && queue.open)
      .map((queue) => queue.language)
  }

  /** A line is final or was corrected. */
  heard(sessionId: string, utteranceId: string): void {
    for (const queue of this.#queues.values())
      if (queue.sessionId === sessionId && queue.open) this.#add(queue, utteranceId)
  }

  /** The meeting is over: what waits is still done, then it is forgotten. */
  ended(sessionId: string): void {
    for (const [key, queue] of this.#queues)
      if (queue.sessionId === sessionId && queue.ids.length === 0) this.#queues.delete(key)
  }

  /** The meeting is being removed: none of its words is sent any more. */
  removed(sessionId: string): void {
    for (const [key, queue] of this.#queues) {
      if (queue.sessionId !== sessionId) continue
      queue.ids.length = 0
      this.#queues.delete(key)
    }
  }

  status(): TranslatorState {
    const waiting = [...this.#queues.values()].reduce((sum, queue) => sum + queue.ids.length, 0)
    return {
      state: this.#detail ? 'failing' : waiting > 0 ? 'working' : 'idle',
      waiting,
      detail: this.#detail,
    }
  }

  close(): void {
    this.#stop.abort()
    this.#queues.clear()
  }

  #add(queue: Queue, id: string): void {
    if (!queue.ids.includes(id)) queue.ids.push(id)
    if (queue.ids.length > MAX_WAITING) queue.ids.shift()
    if (!queue.running) this.#work(queue).catch(() => {})
  }

  async #work(queue: Queue): Promise<void> {
    const { signal } = this.#stop
    queue.running = true
    try {
      for (let id = queue.ids[0]; id !== undefined && !signal.aborted; id = queue.ids[0]) {
        const done = await this.#try(queue, id)
        // While it was translated newer lines may have pushed it out.
        if (done && queue.ids[0] === id) queue.ids.shift()
      }
    } finally {
      queue.running = false
      if (!queue.open) this.unwant(queue.sessionId, queue.language)
    }
  }

  /** False = the endpoint cannot be reached, and has had its rest: the same line is tried again. */
  async #try(queue: Queue, id: string): Promise<boolean> {
    const { onState, report, sleep = Bun.sleep } = this.#deps
    const { sessionId: session, language } = queue
    try {
      await this.#translate(queue, id)
      if (this.#detail) onState?.(session, '')
      this.#detail = ''
      return true
    } catch (thrown) {
      if (this.#stop.signal.aborted || queue.ids.length === 0) return false
      const error = thrown instanceof AppError ? thrown : new AppError('internal', 'Translating failed.')
      this.#detail = error.message
      onState?.(session, error.message)
      report('translation failed', { session, language, code: error.code })
      // Any other error is this line's own; the next may work.
      if (error.code !== 'unavailable') return true
      await sleep(REST)
      return false
    }
  }

  async #translate({ sessionId, language }: Queue, id: string): Promise<void> {
    const line = await this.#deps.line(sessionId, id)
    if (!line || line.utterance.state === 'pending' || line.utterance.language === language) return
    const { utterance, before } = line
    const text = await translateText(
      this.#deps.settings,
      { text: textOf(utterance.committed), from: utterance.language, to: language, before },
      this.#stop.signal,
    )
    await this.#deps.record(sessionId, { utteranceId: id, language, rev: utterance.rev, text })
  }
}
