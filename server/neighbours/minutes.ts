/** Summaries of stored meetings: written when asked or by themselves at the end, one after the other. */

import type { Archive, Summary } from '../../db/store.ts'
import { AppError, codeOf } from '../core/error.ts'
import { newId } from '../core/id.ts'
import type { Transcript } from '../core/transcript.ts'
import type { AutoSummary } from '../http/settings.ts'
import type { ChatSettings } from '../integration/chat.ts'
import { type SummaryDraft, summarize } from '../integration/summarize.ts'
import { MINUTES, TEMPLATES, type Template } from '../integration/templates.ts'
import type { Log } from '../log.ts'

export interface MinutesDeps {
  store: Pick<Archive, 'marks' | 'saveSummary' | 'templates'>
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

export function createMinutes({ store, log, transcriptOf, llm }: MinutesDeps) {
  const running = new Map<string, SummaryProgress>()
  const stop = new AbortController()
  /** Those under way, by meeting. */
  const writing = new Map<AbortController, string>()
  let tail: Promise<unknown> = Promise.resolve()

  const templates = async (): Promise<(Template & { own: boolean })[]> => [
    ...TEMPLATES.map((template) => ({ ...template, own: false })),
    ...(await store.templates()).map((template) => ({ ...template, own: true })),
  ]

  async function write(sessionId: string, wish: SummaryWish): Promise<Summary> {
    const settings = llm()
    if (running.has(sessionId))
      throw new AppError('too-many', 'A summary of this meeting is being written already.', {
        retryAfter: 10,
      })
    running.set(sessionId, { done: 0, of: 1 })
    try {
      return await writeNow(sessionId, wish, settings)
    } finally {
      running.delete(sessionId)
    }
  }

  async function writeNow(sessionId: string, wish: SummaryWish, settings: ChatSettings): Promise<Summary> {
    const template =
      TEMPLATES.find(({ id }) => id === wish.template) ??
      (await store.templates()).find(({ id }) => id === wish.template) ??
      MINUTES
    const marks = await store.marks(sessionId)
    const starred = new Set(marks.flatMap((mark) => (mark.utteranceId === null ? [] : [mark.utteranceId])))
    const removal = new AbortController()
    writing.set(removal, sessionId)
    try {
      const body = await summarize(settings, await transcriptOf(sessionId), {
        language: wish.language,
        template,
        starred,
        signal: AbortSignal.any([wish.signal, removal.signal]),
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
      writing.delete(removal)
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
                code: codeOf(cause),
              })
          },
        )
    },
    /** The meeting is being removed: none of its words is sent any more. */
    removed(sessionId: string): void {
      for (const [removal, of] of writing) if (of === sessionId) removal.abort(new Error('removed'))
    },
    close: () => stop.abort(new Error('stopped')),
  }
}
