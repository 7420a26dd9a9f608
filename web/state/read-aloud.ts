/** ReadAloudModel: finished lines are spoken by the browser, in the reader's language; a queue that never lags far behind. */
import { createModel, effect, type ReadonlySignal, untracked } from '@preact/signals'
import type { Line } from './captions.ts'

export interface ReadAloudPorts {
  /** Speaks; resolves when done, rejects when the browser refuses. */
  speak(text: string, language: string, rate: number): Promise<void>
  cancel(): void
  now(): number
  later(callback: () => void, ms: number): unknown
}

interface Waiting {
  id: string
  since: number
}

/** A line that waited longer is left out: better the present than a growing past. */
export const MOST_LAG_MS = 12_000
/** A translation may come so much later than its line; then the line is left out, too. */
const TRANSLATION_MS = 8_000
const HURRY = 1.25

export const ReadAloudModel = createModel(
  (
    lines: ReadonlySignal<readonly Line[]>,
    /** The language to read in; empty = as spoken. */
    language: ReadonlySignal<string>,
    ports: ReadAloudPorts,
  ) => {
    /** Lines that were there at the start are history. */
    const told = new Set(lines.peek().flatMap((line) => (line.state === 'pending' ? [] : [line.id])))
    let queue: Waiting[] = []
    let speaking = false
    let stopped = false

    function next(): void {
      if (speaking || stopped) return
      const now = ports.now()
      queue = queue.filter(({ since }) => now - since <= MOST_LAG_MS)
      const first = queue[0]
      if (!first) return
      const line = lines.peek().find((each) => each.id === first.id)
      const wanted = language.peek()
      const foreign = wanted !== '' && line !== undefined && line.language !== wanted
      if (foreign && line.translation === '' && now - first.since < TRANSLATION_MS) {
        ports.later(next, 500)
        return
      }
      queue.shift()
      const text = foreign
        ? line.translation
        : (line?.words
            .map((word) => word.text)
            .join('')
            .trim() ?? '')
      if (!text) return next()
      speaking = true
      ports
        .speak(text, foreign ? wanted : (line?.language ?? ''), queue.length > 1 ? HURRY : 1)
        .catch(() => {})
        .then(() => {
          speaking = false
          next()
        })
    }

    effect(() => {
      for (const line of lines.value) {
        if (line.state === 'pending' || told.has(line.id)) continue
        told.add(line.id)
        queue.push({ id: line.id, since: ports.now() })
      }
      untracked(next)
    })

    return {
      waiting: () => queue.length,
      stop() {
        stopped = true
        queue = []
        ports.cancel()
      },
    }
  },
)

export const browserReadAloudPorts: ReadAloudPorts = {
  speak: (text, language, rate) =>
    new Promise((resolve, reject) => {
      const utterance = new SpeechSynthesisUtterance(text)
      utterance.lang = language
      utterance.rate = rate
      utterance.onend = () => resolve()
      utterance.onerror = (event) => reject(new Error(event.error))
      speechSynthesis.speak(utterance)
    }),
  cancel: () => speechSynthesis.cancel(),
  now: () => performance.now(),
  later: (callback, ms) => setTimeout(callback, ms),
}
