/** A recogniser that says what its script says: for tests, development without a model, and other engineers' rooms. */
import { SAMPLES_PER_MS } from '../../core/audio.ts'
import { newId } from '../../core/id.ts'
import type { Word } from '../../core/transcript.ts'
import type {
  EngineStatus,
  SpeechEngine,
  SpeechEvent,
  SpeechOptions,
  SpeechStreamLike,
  SpokenUtterance,
} from '../speech-event.ts'

/** Times are milliseconds from the stream's first sample. `text` is given without a leading space. */
export interface FakeWord {
  text: string
  start: number
  end: number
}

export interface FakeUtterance {
  words: FakeWord[]
  language?: string
  /** What the careful second pass makes of it; left out = the same text, so no `utterance-refined`. */
  refined?: string[]
}

/** What every stream hears, whatever is fed to it: only the amount of audio counts. */
export interface FakeScript {
  utterances: FakeUtterance[]
}

/** The times at which an endless default speaker says `word1 word2 …`: five words of 300 ms in each 2 s. */
const WORDS_PER_UTTERANCE = 5
const UTTERANCE_MS = 2000

/** The n-th thing the default speaker says. */
function defaultUtterance(index: number): FakeUtterance {
  const words: FakeWord[] = []
  for (let i = 0; i < WORDS_PER_UTTERANCE; i++) {
    const start = index * UTTERANCE_MS + 100 + i * 320
    const end = i === WORDS_PER_UTTERANCE - 1 ? '.' : ''
    words.push({ text: `word${index * WORDS_PER_UTTERANCE + i + 1}${end}`, start, end: start + 300 })
  }
  return { words }
}

/** A script from JSON, as in the environment of development mode; null when it is none. */
export function parseFakeScript(json: string): FakeScript | null {
  try {
    const value: unknown = JSON.parse(json)
    const utterances = (value as FakeScript | null)?.utterances
    return Array.isArray(utterances) && utterances.every((each) => Array.isArray(each.words))
      ? { utterances }
      : null
  } catch {
    return null
  }
}

/** Evenly spaced words from a plain sentence, starting at `start`: the short way to write a script. */
export function say(text: string, start: number, wordMs = 300, language?: string): FakeUtterance {
  const words = text.split(' ').map((word, index) => ({
    text: word,
    start: start + index * wordMs,
    end: start + (index + 1) * wordMs,
  }))
  return language === undefined ? { words } : { words, language }
}

/** A whole SpeechEngine without child processes. Events come in a microtask after the `feed` that reached them. */
export function createFakeEngine(script?: FakeScript): SpeechEngine & { opened: FakeStream[] } {
  const opened: FakeStream[] = []
  return {
    opened,
    open(options) {
      const stream = new FakeStream(options, script)
      opened.push(stream)
      return stream
    },
    status(): EngineStatus {
      return {
        ready: true,
        detail: '',
        workers: 0,
        model: 'scripted',
        backend: 'fake',
        realTimeFactor: 1000,
        activeSpeakers: opened.filter((stream) => stream.speaking).length,
        capacity: 1000,
        queued: 0,
      }
    },
    async close() {
      for (const stream of opened) stream.close()
    },
  }
}

/** One scripted stream; counts what was asked of it. */
class FakeStream implements SpeechStreamLike {
  readonly asked = { feeds: 0, samples: 0, flushes: 0, clears: 0, configures: 0 }
  options: SpeechOptions
  speaking = false
  finished = false
  closed = false
  #listeners = new Set<(event: SpeechEvent) => void>()
  #start: number
  #script: FakeScript | undefined
  #index = 0
  /** Words of the open utterance said so far; `flush` starts the count of what is skipped. */
  #shown = 0
  #from = 0
  #open: SpokenUtterance | null = null

  constructor(options: SpeechOptions & { start: number }, script?: FakeScript) {
    this.options = options
    this.#start = options.start
    this.#script = script
  }

  feed(pcm: Float32Array): void {
    if (this.closed || this.finished) return
    this.asked.feeds++
    this.asked.samples += pcm.length
    this.#advance()
  }

  flush(): void {
    if (this.closed) return
    this.asked.flushes++
    this.#close()
  }

  clear(): void {
    if (this.closed) return
    this.asked.clears++
    const open = this.#open
    this.#from = this.#shown
    this.#open = null
    this.speaking = false
    if (!open) return
    this.emit({ type: 'speech-ended', at: open.end })
    this.emit({ type: 'utterance-finished', utterance: { ...open, committed: [], pending: [] } })
  }

  async finish(): Promise<void> {
    this.#close()
    this.finished = true
    await new Promise<void>((resolve) => queueMicrotask(resolve))
  }

  async settle(): Promise<void> {}

  configure(change: Partial<SpeechOptions>): void {
    this.asked.configures++
    this.options = { ...this.options, ...change }
  }

  backlog(): number {
    return 0
  }

  unsettled(): number {
    return this.#open ? this.asked.samples / SAMPLES_PER_MS - this.#open.start : 0
  }

  on(listener: (event: SpeechEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.closed = true
    this.#listeners.clear()
  }

  /** Say any event at once, as if recognised: for tests of what a room does with it. */
  emit(event: SpeechEvent): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener(event)
    })
  }

  #utterance(): FakeUtterance | undefined {
    return this.#script ? this.#script.utterances[this.#index] : defaultUtterance(this.#index)
  }

  #advance(): void {
    const now = this.asked.samples / SAMPLES_PER_MS
    for (let said = this.#utterance(); said; said = this.#utterance()) {
      const before = this.#shown
      while (this.#shown < said.words.length && (said.words[this.#shown] as FakeWord).end <= now)
        this.#shown++
      if (this.#shown > before) this.#update(said)
      if (this.#shown < said.words.length) return
      this.#close()
    }
  }

  #update(said: FakeUtterance): void {
    const words = said.words.slice(this.#from, this.#shown).map((word, index) => this.#word(word, index))
    const first = words[0]
    if (!first) return
    if (!this.#open) {
      this.speaking = true
      this.emit({ type: 'speech-started', at: first.start })
    }
    this.#open = {
      id: this.#open?.id ?? newId('utt'),
      start: first.start,
      end: words.at(-1)?.end ?? first.end,
      language: said.language ?? this.options.language ?? 'en',
      committed: words.slice(0, -1),
      pending: words.slice(-1),
    }
    if (this.options.drafts) this.emit({ type: 'utterance-updated', utterance: this.#open })
  }

  /** Finish the open utterance with the words said so far; a script's later words of it start the next one. */
  #close(): void {
    const said = this.#utterance()
    const open = this.#open
    const whole = said !== undefined && this.#from === 0 && this.#shown === said.words.length
    if (said && this.#shown === said.words.length) {
      this.#index++
      this.#shown = 0
      this.#from = 0
    } else this.#from = this.#shown
    if (!open) return
    this.#open = null
    this.speaking = false
    const final = { ...open, committed: open.committed.concat(open.pending), pending: [] }
    this.emit({ type: 'speech-ended', at: final.end })
    this.emit({ type: 'utterance-finished', utterance: final })
    const refined = whole ? said.refined : undefined
    if (!refined || !this.options.refine) return
    const span = (final.end - final.start) / refined.length
    const committed = refined.map((text, index) =>
      this.#word(
        {
          text,
          start: final.start - this.#start + Math.round(index * span),
          end: final.start - this.#start + Math.round((index + 1) * span),
        },
        index,
      ),
    )
    this.emit({ type: 'utterance-refined', utterance: { ...final, committed } })
  }

  #word(word: FakeWord, index: number): Word {
    return {
      text: index === 0 ? word.text : ` ${word.text}`,
      start: this.#start + word.start,
      end: this.#start + word.end,
      probability: 0.9,
    }
  }
}
