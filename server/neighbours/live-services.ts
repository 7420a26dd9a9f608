/** Translation and the summary so far of running meetings, set up anew when the owner changes an endpoint. */

import { AppError, codeOf } from '../core/error.ts'
import { type Asker, LanguageWishes, tooManyLanguages } from '../core/language-wishes.ts'
import { isShown, type StoredEvent, type Transcript, textOf, translationKey } from '../core/transcript.ts'
import type { ChatSettings } from '../integration/chat.ts'
import { RollingSummaries } from '../integration/rolling.ts'
import { summarize } from '../integration/summarize.ts'
import { Translator, type TranslatorState } from '../integration/translate.ts'
import type { TranslateSettings } from '../integration/translate-text.ts'
import type { Log } from '../log.ts'
import type { Room } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'

export interface LiveServicesDeps {
  /** As they are now; null = not set up. */
  llm(): ChatSettings | null
  translation(): TranslateSettings | null
  transcriptOf(sessionId: string): Promise<Transcript>
  /** The room of a running meeting. */
  roomOf(sessionId: string): Promise<Room | undefined>
  rooms(): Rooms
  log: Log
}

/** Lines before the one that is translated, for its sense. */
const CONTEXT_LINES = 3

export class LiveServices {
  readonly #deps: LiveServicesDeps
  #translator: Translator | null
  readonly #wishes = new LanguageWishes()
  #summaries: RollingSummaries | null

  constructor(deps: LiveServicesDeps) {
    this.#deps = deps
    this.#translator = this.#openTranslator()
    this.#summaries = this.#openSummaries()
  }

  /** Null = no translation is set up. */
  get translation(): TranslatorState | null {
    return this.#translator?.status() ?? null
  }

  /** The endpoints have changed. */
  renew(): void {
    this.close()
    this.#translator = this.#openTranslator()
    this.#summaries = this.#openSummaries()
    for (const sessionId of this.#wishes.sessions()) this.#chooseLater(sessionId)
  }

  heard(sessionId: string, event: StoredEvent): void {
    if (event.type === 'utterance-finished' || event.type === 'utterance-revised') {
      this.#translator?.heard(sessionId, event.utterance.id)
      this.#summaries?.heard(sessionId)
    }
    if (event.type === 'session-ended') {
      this.#wishes.ended(sessionId)
      this.#translator?.ended(sessionId)
      this.#summaries?.ended(sessionId)
    }
  }

  removed(sessionId: string): void {
    this.#wishes.ended(sessionId)
    this.#translator?.removed(sessionId)
    this.#summaries?.ended(sessionId)
  }

  /** Somebody wants the summary so far: it is kept up for a while. */
  followSummary(sessionId: string): void {
    this.#summaries?.follow(sessionId)
  }

  /** Translates the lines that are there, and every later one, for as long as somebody reads them so. */
  async translate(
    sessionId: string,
    language: string,
    asker: Asker,
  ): Promise<{ languages: string[]; waiting: number }> {
    if (!this.#translator)
      throw new AppError('unsupported', 'No translation endpoint is set up (--translate-url or --llm-url).')
    // At once: whoever asked may be gone before the transcript is there.
    this.#wishes.ask(sessionId, language, asker)
    const transcript = await this.#deps.transcriptOf(sessionId)
    this.#choose(sessionId, transcript)
    const languages = this.#wishes.chosen(sessionId)
    if (!languages.includes(language)) throw tooManyLanguages()
    return { languages, waiting: linesWithout(language, transcript).length }
  }

  /** Whoever asked is gone: a language that nobody else reads gives its place back. */
  stopReading(askerId: unknown): void {
    for (const sessionId of this.#wishes.leave(askerId)) this.#chooseLater(sessionId)
  }

  #chooseLater(sessionId: string): void {
    const { log, transcriptOf } = this.#deps
    transcriptOf(sessionId).then(
      (transcript) => this.#choose(sessionId, transcript),
      (cause) => log.warn('languages not chosen', { session: sessionId, code: codeOf(cause) }),
    )
  }

  /** Into which languages the meeting is translated from now on. */
  #choose(sessionId: string, transcript: Transcript): void {
    const translator = this.#translator
    if (!translator) return
    const chosen = this.#wishes.chosen(sessionId)
    for (const language of translator.languages(sessionId)) {
      if (chosen.includes(language)) continue
      translator.unwant(sessionId, language)
      for (const asker of this.#wishes.askersOf(sessionId, language)) asker.displaced?.(language)
    }
    for (const language of chosen) translator.want(sessionId, language, linesWithout(language, transcript))
  }

  close(): void {
    this.#translator?.close()
    this.#summaries?.close()
  }

  #openTranslator(): Translator | null {
    const { translation, transcriptOf, rooms, log } = this.#deps
    const settings = translation()
    if (!settings) return null
    return new Translator({
      settings,
      async line(sessionId, utteranceId) {
        const { utterances } = await transcriptOf(sessionId)
        const at = utterances.findLastIndex((utterance) => utterance.id === utteranceId)
        const utterance = utterances[at]
        if (!utterance || !isShown(utterance)) return null
        const before = utterances.slice(Math.max(0, at - CONTEXT_LINES), at)
        return { utterance, before: before.map((each) => textOf(each.committed)) }
      },
      async record(sessionId, translation) {
        await rooms().record(sessionId, { type: 'utterance-translated', translation })
      },
      report: (message, fields) => log.warn(message, fields),
      onState: (sessionId, failing) => void this.#tellState(sessionId, 'translation', failing),
    })
  }

  #openSummaries(): RollingSummaries | null {
    const { llm, transcriptOf, roomOf } = this.#deps
    const settings = llm()
    if (!settings) return null
    return new RollingSummaries({
      transcript: transcriptOf,
      summarize: (transcript, signal) => summarize(settings, transcript, { signal }),
      tell: (sessionId, summary) =>
        void roomOf(sessionId).then((room) => room?.tell({ type: 'live-summary', summary })),
      report: (sessionId, reason) => void this.#tellState(sessionId, 'summary', reason),
    })
  }

  /** `failing`: why it does not work at present; empty = it does. */
  async #tellState(sessionId: string, what: 'translation' | 'summary', failing: string): Promise<void> {
    const room = await this.#deps.roomOf(sessionId)
    room?.tell({ type: 'neighbour', what, failing: reasonForReaders(failing) })
  }
}

/** An error as whoever is not the owner may know it. */
export function errorForGuests(thrown: unknown): unknown {
  if (!(thrown instanceof AppError) || !thrown.message.startsWith('The language model ')) return thrown
  return new AppError(thrown.code, reasonForReaders(thrown.message), { retryAfter: thrown.retryAfter })
}

/** Why it fails, without the endpoint's name and without its own words, which may hold a key: those are the owner's. */
export function reasonForReaders(reason: string): string {
  if (reason === '') return ''
  const known =
    /^(The (?:language model|translation server)) .*?\b(did not answer in time|cannot be reached|answered \d{3}|cannot read that much at once)\b/.exec(
      reason,
    )
  return known ? `${known[1]} ${known[2]}.` : 'It does not work at present.'
}

/** Ids of lines whose newest version has no translation. */
function linesWithout(language: string, { utterances, translations }: Transcript): string[] {
  return utterances
    .filter((utterance) => utterance.state !== 'pending' && isShown(utterance))
    .filter(({ id, rev }) => translations.get(translationKey(id, language))?.rev !== rev)
    .map(({ id }) => id)
}
