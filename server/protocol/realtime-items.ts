/**
 * The items of an OpenAI Realtime session: which stretch of sound, which utterances, what was told of it. A turn found by
 * the server's VAD is one utterance; a turn the client commits may hold several.
 */
import type { SpokenUtterance } from '../asr/speech-event.ts'
import { textOf, type Word } from '../core/transcript.ts'
import { UNSPACED_LETTER } from '../core/word.ts'

export interface Item {
  readonly id: string
  /** Ms of the input sound; `end` is known at the end of speech or at the commit. */
  start: number
  end: number | null
  previous: string | null
  committed: boolean
  /** The client commits it: it may hold several utterances, and is complete when everything up to `end` is decided. */
  manual: boolean
  /** Its transcript was told, or it was cleared away. */
  done: boolean
  /** Taken back by input_audio_buffer.clear: nothing of it is told. */
  dropped: boolean
  /** Final words of its utterances so far. */
  words: Word[]
  /** Told as deltas of its newest utterance. */
  told: string
  /** Ms since open at which it was committed, for items in which no words are found. */
  committedAt: number
}

/** An utterance may begin this much before the moment the VAD named, and the VAD may name it late: ms. */
const SLACK = 700
/** Done items kept for conversation.item.retrieve. */
const KEEP = 200

export class Items {
  readonly #newId: () => string
  readonly #byUtterance = new Map<string, Item>()
  #items: Item[] = []
  #lastCommitted: string | null = null

  constructor(newId: () => string) {
    this.#newId = newId
  }

  open(start: number, manual: boolean): Item {
    const item: Item = {
      id: this.#newId(),
      start,
      end: null,
      previous: null,
      committed: false,
      manual,
      done: false,
      dropped: false,
      words: [],
      told: '',
      committedAt: 0,
    }
    this.#items.push(item)
    return item
  }

  /** The chain of previous_item_id is the order of commits. */
  commit(item: Item, end: number, now: number): void {
    item.committed = true
    item.end ??= end
    item.committedAt = now
    item.previous = this.#lastCommitted
    this.#lastCommitted = item.id
  }

  /** The newest item that still takes sound. */
  get current(): Item | undefined {
    return this.#items.findLast((item) => !item.committed && !item.dropped && !item.done)
  }

  /** Items that are committed and not told yet, oldest first. */
  get waiting(): Item[] {
    return this.#items.filter((item) => item.committed && !item.done)
  }

  /** The item sound at `at` belongs to, if there is one that is not done. */
  at(at: number): Item | undefined {
    return this.#items.findLast(
      (item) => !item.done && item.start <= at + SLACK && (item.end === null || at < item.end),
    )
  }

  /** The item of this utterance: the one it was given before, else the free one it lies in. */
  of(utterance: SpokenUtterance): Item | undefined {
    const known = this.#byUtterance.get(utterance.id)
    if (known) return known
    const taken = new Set(this.#byUtterance.values())
    const free = (item: Item) => !item.done && (item.manual || !taken.has(item))
    const found = this.#items.findLast((item) => free(item) && covers(item, utterance))
    if (found) this.#byUtterance.set(utterance.id, found)
    return found
  }

  give(utterance: SpokenUtterance, item: Item): void {
    this.#byUtterance.set(utterance.id, item)
  }

  /** True when no utterance was found in it. */
  isEmpty(item: Item): boolean {
    return ![...this.#byUtterance.values()].includes(item)
  }

  done(item: Item): void {
    item.done = true
    for (const [id, owner] of this.#byUtterance) if (owner === item) this.#byUtterance.delete(id)
    if (this.#items.length > KEEP) this.#items = this.#items.slice(-KEEP)
  }

  find(id: unknown): Item | undefined {
    return this.#items.find((item) => item.id === id && item.committed && !item.dropped)
  }

  remove(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item)
  }
}

function covers(item: Item, { start }: SpokenUtterance): boolean {
  return item.start <= start + SLACK && (item.end === null || start < item.end)
}

/**
 * What can be told of `item` now, given the stable words of its newest utterance: deltas only ever append. Where the final
 * says otherwise than was told, the rest of that utterance is left to the transcript; the next one is told again.
 */
export function nextDelta(item: Item, words: readonly Word[]): string {
  const text = textOf(joinWords(item.words, words)).slice(textOf(item.words).length)
  if (!text.startsWith(item.told) || text.length === item.told.length) return ''
  const delta = text.slice(item.told.length)
  item.told = text
  return delta
}

/** The words of what was told of `item` last, given what had been told of this utterance before. */
export function wordsAfter(told: string, item: Item, words: readonly Word[]): Word[] {
  const own = joinWords(item.words, words).slice(item.words.length)
  const length = told.trim().length
  const before = own.findIndex((_, count) => textOf(own.slice(0, count + 1)).length > length)
  return before < 0 ? [] : own.slice(before)
}

/** An utterance of `item` is final: what follows is told from its own beginning. */
export function close(item: Item, words: readonly Word[]): void {
  item.words = joinWords(item.words, words)
  item.told = ''
}

export function transcriptOf(item: Item): string {
  return textOf(item.words)
}

/** Words of one utterance after those of another, with a space between them where the script has spaces. */
function joinWords(before: readonly Word[], words: readonly Word[]): Word[] {
  const [first, ...rest] = words
  if (!first || before.length === 0) return [...before, ...words]
  const [letter = ''] = first.text
  const spaced = /\s/u.test(letter) || UNSPACED_LETTER.test(letter)
  return [...before, spaced ? first : { ...first, text: ` ${first.text}` }, ...rest]
}
