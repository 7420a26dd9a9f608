/** Messages that came while something is being opened: handled afterwards, in order, within a limit. */

export type Message = string | Uint8Array

export class Inbox {
  readonly #limit: number
  #messages: Message[] = []
  #bytes = 0
  #closed = true

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether messages have to wait. */
  get holds(): boolean {
    return this.#closed
  }

  hold(): void {
    this.#closed = true
  }

  /** False when too much waits. */
  push(message: Message): boolean {
    this.#messages.push(message)
    this.#bytes += message.length
    return this.#bytes <= this.#limit
  }

  /** Hands over what waits until the handler has something to wait for again. */
  open(handle: (message: Message) => void): void {
    this.#closed = false
    while (!this.#closed) {
      const next = this.#messages.shift()
      if (next === undefined) return
      this.#bytes -= next.length
      handle(next)
    }
  }

  clear(): void {
    this.#messages = []
    this.#bytes = 0
  }
}
