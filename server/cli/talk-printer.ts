/** What a talking client shows: finals on stdout, the words still growing on the terminal's last line, the rest on stderr. */
import type { Heard } from './dialects.ts'
import { printable } from './print.ts'

export interface Output {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export interface PrinterOptions {
  stdout: Output
  stderr: Output
  /** Every message as it came, one JSON line each, with ms since the start. */
  json: boolean
  /** Also where stdout is no terminal. */
  partials: boolean
}

export class TalkPrinter {
  readonly #options: PrinterOptions
  readonly #began = performance.now()
  #partial = false
  /** Finals so far. */
  readonly finals: string[] = []

  constructor(options: PrinterOptions) {
    this.#options = options
  }

  message(message: string | Uint8Array): void {
    if (!this.#options.json) return
    const ms = Math.round(performance.now() - this.#began)
    const data = typeof message === 'string' ? parsed(message) : { bytes: message.length }
    this.#options.stdout.write(`${JSON.stringify({ ms, message: data })}\n`)
  }

  heard(heard: Heard): void {
    if (heard.type === 'final') this.finals.push(heard.text)
    const { stdout, stderr, json, partials } = this.#options
    const text = 'text' in heard ? printable(heard.text) : ''
    if (heard.type === 'error') stderr.write(`${this.#clear()}error: ${text}\n`)
    if (heard.type === 'watch') stderr.write(`Read along: ${printable(heard.url)}\n`)
    if (json) return
    if (heard.type === 'final') stdout.write(`${this.#clear()}${text}\n`)
    if (heard.type !== 'partial') return
    if (stdout.isTTY) {
      const room = (stdout.columns ?? 80) - 2
      const tail = text.length > room ? `…${text.slice(1 - room)}` : text
      stdout.write(`${this.#clear()}\u001b[2m${tail}\u001b[0m`)
      this.#partial = true
    } else if (partials) stdout.write(`~ ${text}\n`)
  }

  /** Something people should know about the connection. */
  note(text: string): void {
    this.#options.stderr.write(`${this.#clear()}${printable(text)}\n`)
  }

  end(): void {
    this.#options.stdout.write(this.#clear())
  }

  #clear(): string {
    if (!this.#partial) return ''
    this.#partial = false
    return '\r\u001b[K'
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
