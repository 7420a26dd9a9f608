/** Translated lines of a WhisperLive client: each completed segment once, in order of speech, when its translation is there. */
export interface TimedText {
  start: number
  end: number
  text: string
}

interface Line extends TimedText {
  id: string
  translated: string | null
}

export class WhisperLiveTranslations {
  readonly #lines: Line[] = []
  /** Translations that came before their line was told. */
  readonly #early = new Map<string, string>()

  /** A segment was told as completed. True when its translation is there already. */
  completed(id: string, { start, end, text }: TimedText): boolean {
    const translated = this.#early.get(id) ?? null
    this.#early.delete(id)
    this.#lines.push({ id, start, end, text, translated })
    return translated !== null
  }

  /** A translation has come; true when there is something new to tell. A later one of the same line is not told. */
  translated(id: string, text: string): boolean {
    const line = this.#lines.find((each) => each.id === id)
    if (!line) this.#early.set(id, text)
    if (!line || line.translated !== null) return false
    line.translated = text
    return true
  }

  /** Lines whose translation is still on its way. */
  get waiting(): number {
    return this.#lines.filter(({ translated }) => translated === null).length
  }

  /** The newest `most` translated lines. */
  newest(most: number): TimedText[] {
    const done = this.#lines.flatMap(({ start, end, translated }) =>
      translated === null ? [] : [{ start, end, text: ` ${translated}` }],
    )
    return done.slice(-most)
  }
}
