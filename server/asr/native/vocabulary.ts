/** Tokens ↔ text of one model, and the previous-text prompt built from them. */
import type { DecodeKind } from '../backend.ts'
import type { NativeLibrary, Pointer } from './library.ts'

/** Most tokens of room vocabulary and of earlier text in a prompt: each costs a row of the first batch. */
const BUDGETS: Readonly<Record<DecodeKind, { vocabulary: number; context: number }>> = {
  draft: { vocabulary: 32, context: 24 },
  final: { vocabulary: 32, context: 24 },
  refine: { vocabulary: 80, context: 100 },
}

/** Characters worth tokenizing: no budget above holds more. */
const LONGEST_TEXT = 1_200

export class Vocabulary {
  readonly #library: NativeLibrary
  readonly #model: Pointer
  readonly #bytes = new Map<number, Uint8Array>()
  readonly #tokenized = new Map<string, Int32Array>()

  constructor(library: NativeLibrary, model: Pointer) {
    this.#library = library
    this.#model = model
  }

  /** The UTF-8 bytes of a token; a token may hold part of a character. */
  bytes(id: number): Uint8Array {
    const known = this.#bytes.get(id)
    if (known) return known
    const buffer = new Uint8Array(256)
    const length = this.#library.symbols.parley_token_bytes(this.#model, id, buffer, buffer.length)
    const bytes = buffer.slice(0, Math.max(0, Math.min(length, buffer.length)))
    this.#bytes.set(id, bytes)
    return bytes
  }

  tokenize(text: string): Int32Array {
    const known = this.#tokenized.get(text)
    if (known) return known
    const utf8 = new TextEncoder().encode(text.toWellFormed())
    if (utf8.length === 0) return new Int32Array(0)
    const ids = new Int32Array(utf8.length)
    const count = this.#library.symbols.parley_tokenize(this.#model, utf8, utf8.length, ids, ids.length)
    const tokens = ids.slice(0, count)
    if (this.#tokenized.size > 64) this.#tokenized.clear()
    this.#tokenized.set(text, tokens)
    return tokens
  }

  /** Vocabulary (its beginning is kept) before context (its end is kept, from a word's beginning). */
  prompt(kind: DecodeKind, vocabulary: string, context: string): number[] {
    const budget = BUDGETS[kind]
    const names = vocabulary.trim().slice(0, LONGEST_TEXT)
    const said = context.trim().slice(-LONGEST_TEXT)
    const head = names ? Array.from(this.tokenize(` ${names}`).subarray(0, budget.vocabulary)) : []
    const tail = said ? this.tokenize(` ${said}`) : new Int32Array(0)
    let from = Math.max(0, tail.length - budget.context)
    if (from > 0) {
      const word = tail.subarray(from).findIndex((id) => this.bytes(id)[0] === 0x20)
      if (word > 0 && word < budget.context / 2) from += word
    }
    return [...head, ...tail.subarray(from)]
  }
}

/** Joins the bytes of successive tokens into text: an incomplete character waits for the token that completes it. */
export class TokenText {
  #waiting: number[] = []

  /** The text this token adds: '' while a character is incomplete. */
  next(bytes: Uint8Array): string {
    const all = this.#waiting.length ? Uint8Array.from([...this.#waiting, ...bytes]) : bytes
    const whole = completeLength(all)
    this.#waiting = Array.from(all.subarray(whole))
    return new TextDecoder().decode(all.subarray(0, whole))
  }
}

/** How many leading bytes form whole characters (broken sequences count as whole and become U+FFFD). */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return bytes.length
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return back < needed ? bytes.length - back : bytes.length
    }
  }
  return bytes.length
}
