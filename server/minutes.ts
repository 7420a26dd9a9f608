/** Summaries and answers from the store's meetings: written when asked or by themselves at the end, one after the other. Part of the wiring. */
import type { Archive, Summary } from '../db/store.ts'
import { newId } from './core/id.ts'
import type { Transcript } from './core/transcript.ts'
import type { AskedMeeting } from './http/neighbours.ts'
import type { AutoSummary } from './http/settings.ts'
import { type AnswerBody, type AnswerDraft, askAcross, type Excerpt } from './integration/answer.ts'
import type { ChatSettings } from './integration/chat.ts'
import { retrieve } from './integration/retrieval.ts'
import { type SummaryDraft, summarize } from './integration/summarize.ts'
import { MINUTES, TEMPLATES, type Template } from './integration/templates.ts'
import type { Log } from './log.ts'

export interface MinutesDeps {
  store: Pick<Archive, 'marks' | 'saveSummary' | 'templates' | 'search' | 'session'>
  log: Log
  transcriptOf(sessionId: string): Promise<Transcript>
  /** Rejects when no language model is set up. */
  llm(): ChatSettings
}

export interface SummaryWish {
  language: string | null
  /** Id of a template; unknown or left out = minutes. */
  template?: string
  signal: AbortSignal
  onProgress?(done: number, of: number): void
  onDraft?(draft: SummaryDraft): void
}

export interface SummaryProgress {
  done: number
  of: number
}

/** Meetings read for one question at most. */
const MOST_MEETINGS = 12
/** Lines looked at per word of a question. */
const LINES_PER_WORD = 60

export function createMinutes({ store, log, transcriptOf, llm }: MinutesDeps) {
  const running = new Map<string, SummaryProgress>()
  const stop = new AbortController()
  let tail: Promise<unknown> = Promise.resolve()

  const templates = async (): Promise<(Template & { own: boolean })[]> => [
    ...TEMPLATES.map((template) => ({ ...template, own: false })),
    ...(await store.templates()).map((template) => ({ ...template, own: true })),
  ]

  async function write(sessionId: string, wish: SummaryWish): Promise<Summary> {
    const settings = llm()
    const template =
      TEMPLATES.find(({ id }) => id === wish.template) ??
      (await store.templates()).find(({ id }) => id === wish.template) ??
      MINUTES
    const marks = await store.marks(sessionId)
    const starred = new Set(marks.flatMap((mark) => (mark.utteranceId === null ? [] : [mark.utteranceId])))
    running.set(sessionId, { done: 0, of: 1 })
    try {
      const body = await summarize(settings, await transcriptOf(sessionId), {
        language: wish.language,
        template,
        starred,
        signal: wish.signal,
        onDraft: wish.onDraft,
        onProgress(done, of) {
          running.set(sessionId, { done, of })
          wish.onProgress?.(done, of)
        },
      })
      const summary: Summary = {
        id: newId('sum'),
        sessionId,
        createdAt: Date.now(),
        model: `${settings.model || 'model'} @ ${new URL(settings.url).host}`,
        // Built in ones are named in the reader's language; of one's own the name stays even when it is removed.
        template: TEMPLATES.includes(template) ? template.id : template.name,
        body,
      }
      await store.saveSummary(summary)
      return summary
    } finally {
      running.delete(sessionId)
    }
  }

  return {
    templates,
    write,
    progress: (sessionId: string): SummaryProgress | null => running.get(sessionId) ?? null,
    /** At the end of a meeting: in the background, one after the other; a failure is only logged. */
    later(sessionId: string, { template, language }: AutoSummary): void {
      tail = tail
        .then(() => write(sessionId, { template, language, signal: stop.signal }))
        .then(
          () => log.info('summary written', { session: sessionId }),
          (cause) => {
            if (!stop.signal.aborted)
              log.warn('no summary written', {
                session: sessionId,
                code: (cause as { code?: string }).code ?? '',
              })
          },
        )
    },
    /** A question over every meeting: the search finds where it may be answered, the model reads only that. */
    async askAll(
      question: string,
      signal: AbortSignal,
      onDraft?: (draft: AnswerDraft) => void,
    ): Promise<AnswerBody & { meetings: AskedMeeting[] }> {
      const settings = llm()
      const found = await retrieve(question, {
        async search(word) {
          const hits = await store.search({ text: word, limit: LINES_PER_WORD, perSession: 12 })
          return hits.map((hit) => ({ sessionId: hit.session.id, utteranceId: hit.utteranceId }))
        },
      })
      const ids = [...new Set(found.map(({ sessionId }) => sessionId))].slice(0, MOST_MEETINGS)
      const excerpts: Excerpt[] = []
      const meetings: AskedMeeting[] = []
      for (const sessionId of ids) {
        signal.throwIfAborted()
        const session = await store.session(sessionId)
        if (!session) continue
        const title = session.title || session.roomTitle || 'Meeting'
        meetings.push({ id: sessionId, title, startedAt: session.startedAt })
        excerpts.push({
          sessionId,
          title: `${title}, ${new Date(session.startedAt).toISOString().slice(0, 10)}`,
          transcript: await transcriptOf(sessionId),
          found: new Set(
            found.filter((each) => each.sessionId === sessionId).map((each) => each.utteranceId),
          ),
        })
      }
      const answer = await askAcross(settings, excerpts, question, { signal, onDraft })
      const cited = new Set(
        answer.bullets.flatMap(({ moments }) => moments.map((moment) => moment.sessionId)),
      )
      return { ...answer, meetings: meetings.filter(({ id }) => cited.has(id)) }
    },
    close: () => stop.abort(new Error('stopped')),
  }
}
