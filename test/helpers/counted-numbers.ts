/**
 * The counted-numbers oracle: sound that says 1, 2, 3 …, a recogniser that hears exactly what is in the samples, and the
 * verdict: every number once. What the recogniser misses or hears twice was lost or doubled on the way to it.
 */

import type {
  SpeechEngine,
  SpeechEvent,
  SpeechOptions,
  SpeechStreamLike,
  SpokenUtterance,
} from '../../server/asr/speech-event.ts'
import { newId } from '../../server/core/id.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import { textOf, utteranceText } from '../../server/core/transcript.ts'

/** Each number is this long, and followed by silence. Samples at 16 kHz. */
const SPOKEN = 6_400 // 400 ms
const SILENT = 3_200 // 200 ms
export const NUMBER_BYTES = (SPOKEN + SILENT) * 2
export const NUMBER_MS = 600

/** Numbers are written as constant samples from this value up; anything smaller is silence. */
const FLOOR = 1_000

/** PCM16LE that says `from`, `from`+1, … `to`. */
export function sayNumbers(from: number, to: number): Uint8Array {
  const samples = new Int16Array((to - from + 1) * (SPOKEN + SILENT))
  for (let n = from; n <= to; n++) {
    const at = (n - from) * (SPOKEN + SILENT)
    samples.fill(FLOOR + n, at, at + SPOKEN)
  }
  return new Uint8Array(samples.buffer)
}

/** A recogniser for `sayNumbers`: content decides, not the clock, so that a restart in the middle is seen for what it is. */
export function createNumberEngine(): SpeechEngine {
  const open = new Set<NumberStream>()
  return {
    open(options) {
      const stream = new NumberStream(options.start, () => open.delete(stream))
      open.add(stream)
      return stream
    },
    status: () => ({
      ready: true,
      detail: '',
      workers: 0,
      model: 'numbers',
      backend: 'numbers',
      realTimeFactor: 1000,
      activeSpeakers: open.size,
      capacity: 1000,
      queued: 0,
    }),
    async close() {
      for (const stream of open) stream.close()
    },
  }
}

class NumberStream implements SpeechStreamLike {
  readonly #start: number
  readonly #listeners = new Set<(event: SpeechEvent) => void>()
  #samples = 0
  #current = 0
  #from = 0
  #id = ''

  constructor(
    start: number,
    private readonly closed: () => void,
  ) {
    this.#start = start
  }

  feed(pcm: Float32Array): void {
    for (const value of pcm) {
      const level = Math.round(value * 32_768)
      const heard = level >= FLOOR ? level - FLOOR : 0
      if (heard !== this.#current) {
        this.#close()
        this.#current = heard
        this.#from = this.#samples
        if (heard) {
          this.#id = newId('utt')
          this.#tell({
            type: 'utterance-updated',
            utterance: { ...this.#spoken(), committed: [], pending: this.#spoken().committed },
          })
        }
      }
      this.#samples++
    }
  }

  #spoken(): SpokenUtterance {
    const start = this.#start + Math.round(this.#from / 16)
    const end = this.#start + Math.round(this.#samples / 16)
    // A number that was cut says so: `7~` is not a 7.
    const whole = this.#samples - this.#from >= SPOKEN - 16
    const text = `${this.#current}${whole ? '' : '~'}`
    return {
      id: this.#id,
      start,
      end,
      language: 'en',
      committed: [{ text, start, end, probability: 1 }],
      pending: [],
    }
  }

  #close(): void {
    if (this.#current) this.#tell({ type: 'utterance-finished', utterance: this.#spoken() })
    this.#current = 0
  }

  #tell(event: SpeechEvent): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener(event)
    })
  }

  flush(): void {
    this.#close()
  }
  clear(): void {
    this.#current = 0
    this.#from = this.#samples
  }
  async finish(): Promise<void> {
    this.#close()
    await new Promise<void>((resolve) => queueMicrotask(resolve))
  }
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => queueMicrotask(resolve))
  }
  configure(_change: Partial<SpeechOptions>): void {}
  /** What was heard of a number that is not finished. */
  backlog(): number {
    return this.#current ? (this.#samples - this.#from) / 16 : 0
  }
  unsettled(): number {
    return this.backlog()
  }
  on(listener: (event: SpeechEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  close(): void {
    this.closed()
    this.#listeners.clear()
  }
}

export interface NumbersVerdict {
  missing: number[]
  doubled: number[]
  /** Numbers of which only a part was heard: cut in two by a flush, or by a loss. */
  cut: number[]
  ordered: boolean
}

/** What became of `from` … `to` in a transcript. */
export function checkNumbers(utterances: readonly Utterance[], from: number, to: number): NumbersVerdict {
  const whole = new Map<number, number>()
  const cut = new Set<number>()
  const order: number[] = []
  for (const utterance of utterances) {
    if (utterance.rev === 0) continue
    for (const word of (utteranceText(utterance) || textOf(utterance.committed)).trim().split(/\s+/)) {
      const number = Number.parseInt(word, 10)
      if (word.endsWith('~')) cut.add(number)
      else whole.set(number, (whole.get(number) ?? 0) + 1)
      if (order.at(-1) !== number) order.push(number)
    }
  }
  const all = Array.from({ length: to - from + 1 }, (_, index) => from + index)
  return {
    missing: all.filter((number) => !whole.has(number) && !cut.has(number)),
    doubled: all.filter((number) => (whole.get(number) ?? 0) > 1 || (whole.has(number) && cut.has(number))),
    cut: [...cut].sort((a, b) => a - b),
    ordered: order.every((number, index) => index === 0 || number > (order[index - 1] as number)),
  }
}
