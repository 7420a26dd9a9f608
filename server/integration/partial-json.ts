/** The beginning of a JSON object as far as it goes: what a language model has written of its answer. Pure. */

export interface PartialJson {
  /** Everything that is there; the string or list that is still being written is in it as far as it goes. */
  value: Record<string, unknown>
  /** Keys and indexes that lead to what is being written; empty once the object is closed. */
  open: (string | number)[]
}

/** Deeper than any answer we ask for: a model that only opens brackets ends here. */
const MOST_DEPTH = 16

/** The first object in `text`, which may end anywhere; null while there is none. */
export function readPartialJson(text: string): PartialJson | null {
  const from = text.indexOf('{')
  if (from < 0) return null
  const reader = new Reader(text, from)
  const value = reader.value(0)
  return { value: value as Record<string, unknown>, open: reader.closed ? [] : reader.path }
}

/** Where nothing more can be read: the value so far is all there is. */
const NOTHING = Symbol('nothing')

class Reader {
  closed = true
  readonly path: (string | number)[] = []
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  value(depth: number): unknown {
    this.#skip()
    const first = this.#text[this.#at]
    if (first === undefined || depth > MOST_DEPTH) return this.#end(NOTHING)
    if (first === '{') return this.#object(depth)
    if (first === '[') return this.#list(depth)
    if (first === '"') return this.#string()
    return this.#word()
  }

  #end<T>(value: T): T {
    this.closed = false
    return value
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  /** True at the closing sign; a comma is passed over. */
  #past(sign: string): boolean {
    this.#skip()
    if (this.#text[this.#at] === ',') this.#at++
    this.#skip()
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    this.#at++
    while (!this.#past('}')) {
      if (this.#text[this.#at] !== '"') return this.#end(object)
      const key = this.#string()
      if (!this.closed) return object
      this.#skip()
      if (this.#text[this.#at] !== ':') return this.#end(object)
      this.#at++
      this.path.push(key)
      const value = this.value(depth + 1)
      // Keys come from a model: never one that means something to the object itself.
      if (value !== NOTHING)
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      if (!this.closed) return object
      this.path.pop()
    }
    return object
  }

  #list(depth: number): unknown[] {
    const list: unknown[] = []
    this.#at++
    while (!this.#past(']')) {
      this.path.push(list.length)
      const value = this.value(depth + 1)
      if (value !== NOTHING) list.push(value)
      if (!this.closed) return list
      this.path.pop()
    }
    return list
  }

  #string(): string {
    const from = this.#at
    for (let at = from + 1; at < this.#text.length; at++) {
      if (this.#text[at] === '\\') at++
      else if (this.#text[at] === '"') {
        this.#at = at + 1
        return parsed(this.#text.slice(from, at + 1))
      }
    }
    // An escape that is not whole yet is left out.
    const rest = this.#text.slice(from).replace(/(^|[^\\])((?:\\\\)*)\\(?:u[0-9a-f]{0,3})?$/i, '$1$2')
    this.#at = this.#text.length
    return this.#end(parsed(`${rest}"`))
  }

  /** A number, true, false or null; one that the text ends with may go on, so it is no value yet. */
  #word(): unknown {
    const found = /^[-+.\w]+/.exec(this.#text.slice(this.#at, this.#at + 40))?.[0] ?? ''
    if (!found || this.#at + found.length >= this.#text.length) return this.#end(NOTHING)
    try {
      const value: unknown = JSON.parse(found)
      this.#at += found.length
      return value
    } catch {
      return this.#end(NOTHING)
    }
  }
}

function parsed(quoted: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    // Models write line breaks into strings as they are.
    return quoted
      .slice(1, -1)
      .replace(/\\n|\p{Cc}/gu, ' ')
      .replace(/\\(.)/g, '$1')
  }
}
