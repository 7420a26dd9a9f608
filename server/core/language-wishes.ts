/** Who reads a meeting in which language, and into which languages it is translated when more are asked for than there may be. Pure. */

import { AppError } from './error.ts'

/** In rising order: what a host chose comes before what speakers read, and that before what readers read. */
const RANKS = ['reader', 'speaker', 'host'] as const
export type AskerRank = (typeof RANKS)[number]

export interface Asker {
  /** The same for everything that one screen or program asks: it holds one place. */
  id: unknown
  rank: AskerRank
  /** The language it asked for was translated, and is not any more: others are read by more, or chosen by the host. */
  displaced?(language: string): void
}

/** More cost the owner's endpoint more than they help. */
const MOST_LANGUAGES = 6

interface Wish {
  asker: Asker
  language: string
  /** Which of all wishes it was. */
  number: number
}

export class LanguageWishes {
  /** Per meeting, by who asked. */
  readonly #wishes = new Map<string, Map<unknown, Wish>>()
  #count = 0

  /** Whoever asks for another language does not read the one of before any more. */
  ask(sessionId: string, language: string, asker: Asker): void {
    const wishes = this.#wishes.get(sessionId) ?? new Map<unknown, Wish>()
    this.#wishes.set(sessionId, wishes)
    const before = wishes.get(asker.id)
    const number = before?.language === language ? before.number : this.#count++
    wishes.set(asker.id, { asker, language, number })
  }

  /** It reads no more; the meetings that this concerns. */
  leave(askerId: unknown): string[] {
    const concerned: string[] = []
    for (const [sessionId, wishes] of this.#wishes) if (wishes.delete(askerId)) concerned.push(sessionId)
    return concerned
  }

  ended(sessionId: string): void {
    this.#wishes.delete(sessionId)
  }

  sessions(): string[] {
    return [...this.#wishes.keys()]
  }

  askersOf(sessionId: string, language: string): Asker[] {
    return this.#of(sessionId)
      .filter((wish) => wish.language === language)
      .map(({ asker }) => asker)
  }

  /**
   * At most six: by the highest rank of those who read one, then by how many they are, then the one that was asked for
   * first; of several that hosts chose the newest come first, so that a host's choice always counts.
   */
  chosen(sessionId: string): string[] {
    const languages = Map.groupBy(this.#of(sessionId), ({ language }) => language)
    return [...languages]
      .map(([language, wishes]) => {
        const rank = Math.max(...wishes.map(({ asker }) => RANKS.indexOf(asker.rank)))
        const numbers = wishes.map(({ number }) => number)
        const hosts = RANKS[rank] === 'host'
        return {
          language,
          rank,
          readers: hosts ? 0 : wishes.length,
          order: hosts ? -Math.max(...numbers) : Math.min(...numbers),
        }
      })
      .sort((a, b) => b.rank - a.rank || b.readers - a.readers || a.order - b.order)
      .slice(0, MOST_LANGUAGES)
      .map(({ language }) => language)
  }

  #of(sessionId: string): Wish[] {
    return [...(this.#wishes.get(sessionId)?.values() ?? [])]
  }
}

/** For whoever asked for a language that is not translated, now or any more. */
export function tooManyLanguages(): AppError {
  return new AppError(
    'too-many',
    `A meeting is translated into ${MOST_LANGUAGES} languages at once. Yours follows when there is a place.`,
  )
}
