/** What a Realtime session says of turns: found by the server's VAD or committed by the client, announced, told, completed. */
import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import type { Word } from '../core/transcript.ts'
import { type JsonObject, round } from './codec-kit.ts'
import { close, type Item, Items, nextDelta, transcriptOf, wordsAfter } from './realtime-items.ts'
import type { Dialect, RealtimeSession } from './realtime-session.ts'

export interface TurnParts {
  session(): RealtimeSession
  dialect(): Dialect
  newItemId(): string
  /** One server event as text. */
  event(type: string, fields: JsonObject): string
}

/** An item in which no words turn up is completed without any after so long, ms. */
const GIVE_UP = 10_000
const LOGPROBS = 'item.input_audio_transcription.logprobs'

export class Turns {
  readonly #parts: TurnParts
  readonly #items: Items
  /** Where the sound that is not committed yet begins, ms. */
  #from = 0
  /** Speech before this was cleared away. */
  #cleared = -1
  #elapsed = 0
  /** Sound so far, ms; since when (ms since open) and from where in it nobody has spoken. Null before any sound. */
  #heard = 0
  #quiet: { since: number; from: number } | null = null

  constructor(parts: TurnParts) {
    this.#parts = parts
    this.#items = new Items(() => parts.newItemId())
  }

  /** Where the sound that is not committed yet begins, ms. */
  get from(): number {
    return this.#from
  }

  /** Sound arrives, `heard` ms of it so far: where the client commits, it belongs to the item of its next commit. */
  appended(heard: number): void {
    this.#heard = heard
    this.#quiet ??= { since: this.#elapsed, from: 0 }
    if (!this.#parts.session().turns && !this.#items.current) this.#items.open(this.#from, true)
  }

  /** The client commits everything up to `at`. */
  commit(at: number): string[] {
    const item = this.#items.current ?? this.#items.open(this.#from, true)
    item.manual = true
    return this.#committed(item, at)
  }

  /** The client takes back what it has not committed, up to `at`. */
  clear(at: number): void {
    const item = this.#items.current
    if (item) {
      item.dropped = true
      this.#items.done(item)
    }
    this.#cleared = at
    this.#from = at
    this.#quiet = { since: this.#elapsed, from: at }
  }

  retrieve(id: unknown): JsonObject | null {
    const item = this.#items.find(id)
    return item ? renderItem(item) : null
  }

  remove(id: unknown): boolean {
    const item = this.#items.find(id)
    if (item) this.#items.remove(item)
    return item !== undefined
  }

  speech(event: SpeechEvent): string[] {
    const { turns } = this.#parts.session()
    switch (event.type) {
      case 'speech-started':
        return turns && !this.#items.at(event.at) ? this.#speechStarted(event.at)[1] : []
      case 'speech-ended': {
        const item = this.#items.current
        return turns && item ? this.#speechStopped(item, event.at) : []
      }
      case 'utterance-updated': {
        const { utterance } = event
        if (utterance.committed.length === 0 || utterance.start < this.#cleared) return []
        const [item, messages] = this.#itemFor(utterance)
        return [...messages, ...this.#delta(item, utterance.committed)]
      }
      case 'utterance-finished': {
        // Cut for length without a pause: the item ends here, whatever the final says later.
        if (!turns || event.utterance.start < this.#cleared) return []
        const [item, messages] = this.#itemFor(event.utterance)
        return item.committed ? messages : [...messages, ...this.#speechStopped(item, event.utterance.end)]
      }
      default:
        return []
    }
  }

  final(utterance: SpokenUtterance): string[] {
    if (utterance.start < this.#cleared && !this.#items.of(utterance)?.committed) return []
    const [item, messages] = this.#itemFor(utterance)
    messages.push(...this.#delta(item, utterance.committed))
    if (item.manual || !item.committed) {
      close(item, utterance.committed)
      return messages
    }
    item.words = utterance.committed
    // Finals come in order: earlier items without one will never have any.
    for (const earlier of this.#items.waiting) {
      if (earlier === item) break
      if (!earlier.manual && this.#items.isEmpty(earlier)) messages.push(this.#completed(earlier))
    }
    return [...messages, this.#completed(item)]
  }

  /** Everything before the oldest commit of the client is decided. */
  settled(): string[] {
    const item = this.#items.waiting.find((waiting) => waiting.manual)
    return item ? [this.#completed(item)] : []
  }

  finished(): string[] {
    return this.#items.waiting.map((item) => this.#completed(item))
  }

  tick(elapsed: number): string[] {
    this.#elapsed = elapsed
    const late = (item: Item) => !item.manual && elapsed - item.committedAt > GIVE_UP
    const given = this.#items.waiting.filter((item) => late(item) && this.#items.isEmpty(item))
    return [...given.map((item) => this.#completed(item)), ...this.#timeout()]
  }

  /** `idle_timeout_ms`: nobody has spoken for so long, though sound came; the silence becomes an item without words. */
  #timeout(): string[] {
    const limit = this.#parts.session().turns?.idle_timeout_ms
    const quiet = this.#quiet
    if (typeof limit !== 'number' || !quiet || this.#elapsed - quiet.since < limit) return []
    if (this.#items.current || this.#items.waiting.length > 0 || this.#heard <= quiet.from) return []
    const item = this.#items.open(quiet.from, false)
    const fields = {
      item_id: item.id,
      audio_start_ms: Math.round(quiet.from),
      audio_end_ms: Math.round(this.#heard),
    }
    const triggered = this.#parts.event('input_audio_buffer.timeout_triggered', fields)
    return [triggered, ...this.#committed(item, this.#heard), this.#completed(item)]
  }

  #itemFor(utterance: SpokenUtterance): [Item, string[]] {
    const known = this.#items.of(utterance)
    if (known) return [known, []]
    const [item, messages] = this.#parts.session().turns
      ? this.#speechStarted(utterance.start)
      : [this.#items.open(this.#from, true), []]
    this.#items.give(utterance, item)
    return [item, messages]
  }

  #speechStarted(at: number): [Item, string[]] {
    const padding = (this.#parts.session().turns?.prefix_padding_ms as number | undefined) ?? 0
    const item = this.#items.open(at, false)
    const audio_start_ms = Math.max(0, Math.round(at - padding))
    return [
      item,
      [this.#parts.event('input_audio_buffer.speech_started', { item_id: item.id, audio_start_ms })],
    ]
  }

  #speechStopped(item: Item, at: number): string[] {
    const fields = { item_id: item.id, audio_end_ms: Math.round(at) }
    return [this.#parts.event('input_audio_buffer.speech_stopped', fields), ...this.#committed(item, at)]
  }

  #committed(item: Item, end: number): string[] {
    this.#items.commit(item, end, this.#elapsed)
    this.#from = Math.max(this.#from, end)
    this.#quiet = { since: this.#elapsed, from: this.#from }
    const { event, dialect } = this.#parts
    const previous_item_id = item.previous
    const announce = (type: string) => event(type, { previous_item_id, item: renderItem(item) })
    const added =
      dialect() === 'ga'
        ? ['conversation.item.added', 'conversation.item.done']
        : ['conversation.item.created']
    return [
      event('input_audio_buffer.committed', { item_id: item.id, previous_item_id }),
      ...added.map(announce),
    ]
  }

  #delta(item: Item, words: readonly Word[]): string[] {
    const before = item.told
    const delta = item.done ? '' : nextDelta(item, words)
    if (!delta) return []
    return [this.#transcription('delta', item, { delta, ...this.#logprobs(wordsAfter(before, item, words)) })]
  }

  #completed(item: Item): string {
    this.#items.done(item)
    const length = Math.max(0, (item.end ?? item.start) - item.start)
    const usage = { type: 'duration', seconds: round(length / 1000) }
    const logprobs = this.#logprobs(item.words)
    return this.#transcription('completed', item, { transcript: transcriptOf(item), usage, ...logprobs })
  }

  /** What each word is worth, for clients that asked to see it. */
  #logprobs(words: readonly Word[]): JsonObject {
    return this.#parts.session().include.includes(LOGPROBS) ? { logprobs: words.map(logprob) } : {}
  }

  #transcription(what: 'delta' | 'completed', item: Item, fields: JsonObject): string {
    const type = `conversation.item.input_audio_transcription.${what}`
    return this.#parts.event(type, { item_id: item.id, content_index: 0, ...fields })
  }
}

function renderItem(item: Item): JsonObject {
  const content = [{ type: 'input_audio', transcript: item.done ? transcriptOf(item) : null }]
  return { id: item.id, object: 'realtime.item', type: 'message', status: 'completed', role: 'user', content }
}

function logprob(word: Word): JsonObject {
  const bytes = [...new TextEncoder().encode(word.text)]
  return { token: word.text, logprob: round(Math.log(Math.max(word.probability, 1e-9)), 4), bytes }
}
