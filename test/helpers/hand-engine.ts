/** A SpeechEngine moved by hand: the test says what is heard, and sees what was fed. */
import type {
  SpeechEngine,
  SpeechEvent,
  SpeechOptions,
  SpeechStreamLike,
  SpokenUtterance,
} from '../../server/asr/speech-event.ts'

export class HandStream implements SpeechStreamLike {
  samples = 0
  fed: Float32Array[] = []
  flushed = 0
  cleared = 0
  finished = false
  closed = false
  readonly #listeners = new Set<(event: SpeechEvent) => void>()

  constructor(readonly options: SpeechOptions & { start: number; room: string; speaker: string }) {}

  feed(pcm: Float32Array): void {
    this.samples += pcm.length
    this.fed.push(pcm)
  }
  flush(): void {
    this.flushed++
  }
  clear(): void {
    this.cleared++
  }
  async finish(): Promise<void> {
    this.finished = true
  }
  async settle(): Promise<void> {}
  configure(change: Partial<SpeechOptions>): void {
    Object.assign(this.options, change)
  }
  backlog(): number {
    return 0
  }
  /** Set by tests: sound without stored words, ms. */
  open = 0
  unsettled(): number {
    return this.open
  }
  on(listener: (event: SpeechEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  close(): void {
    this.closed = true
  }

  emit(event: SpeechEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
  /** The stream shows a whole sentence that is not final yet. */
  thinks(text: string, start = 0, id = `utt_${start}`): void {
    this.emit({ type: 'utterance-updated', utterance: spoken(text, start, id) })
  }
  /** The stream hears a whole sentence as a fast final. */
  says(text: string, start = 0, id = `utt_${start}`): void {
    this.emit({ type: 'utterance-finished', utterance: spoken(text, start, id) })
  }
}

export interface HandEngine extends SpeechEngine {
  streams: HandStream[]
}

export function createHandEngine(): HandEngine {
  const streams: HandStream[] = []
  return {
    streams,
    open(options) {
      const stream = new HandStream({ ...options })
      streams.push(stream)
      return stream
    },
    status: () => ({
      ready: true,
      detail: '',
      workers: 0,
      model: 'hand',
      backend: 'hand',
      realTimeFactor: 1,
      activeSpeakers: 0,
      capacity: 4,
      queued: 0,
    }),
    async close() {},
  }
}

export function spoken(text: string, start = 0, id = `utt_${start}`): SpokenUtterance {
  const words = text.split(' ').filter(Boolean)
  const committed = words.map((word, index) => ({
    text: index === 0 ? word : ` ${word}`,
    start: start + index * 300,
    end: start + index * 300 + 250,
    probability: 0.9,
  }))
  return { id, start, end: start + words.length * 300, language: 'en', committed, pending: [] }
}
