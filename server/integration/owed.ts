/** Meetings that something is still owed for elsewhere: a list that outlives the process, each change on the disk before it returns. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

export class Owed {
  readonly #path: string
  readonly #failed: (cause: unknown) => void
  readonly #ids: Set<string>

  /** `failed`: the list could not be written; it holds for this process, and is written with its next change. */
  constructor(path: string, failed: (cause: unknown) => void) {
    this.#path = path
    this.#failed = failed
    this.#ids = new Set(read(path))
  }

  get ids(): readonly string[] {
    return [...this.#ids]
  }

  has(sessionId: string): boolean {
    return this.#ids.has(sessionId)
  }

  add(sessionId: string): void {
    this.#ids.add(sessionId)
    this.#save()
  }

  delete(sessionId: string): void {
    if (this.#ids.delete(sessionId)) this.#save()
  }

  #save(): void {
    const path = this.#path
    try {
      if (this.#ids.size === 0) return rmSync(path, { force: true })
      writeFileSync(`${path}.new`, JSON.stringify([...this.#ids]), { mode: 0o600, flush: true })
      renameSync(`${path}.new`, path)
    } catch (cause) {
      this.#failed(cause)
    }
  }
}

function read(path: string): string[] {
  try {
    const ids: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}
