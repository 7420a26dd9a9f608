/** SummaryModel: the summaries of a meeting, newest first, and the questions asked about it in this visit. */
import { computed, createModel, signal } from '@preact/signals'
import type { Summary } from '../../db/store.ts'
import type { AnswerDraft } from '../../server/integration/answer.ts'
import type { Bullet, Moment } from '../../server/integration/citations.ts'
import type { OpenItem } from '../../server/integration/draft.ts'
import type { SummaryBody } from '../../server/integration/summarize.ts'
import { problemText } from '../i18n/problem.ts'
import { text } from '../i18n/text.ts'
import type { Api, ApiError, TemplateName } from '../net/api.ts'

export interface WrittenSummary {
  id: string
  createdAt: number
  model: string
  template: string
  /** Null when it was stored in a shape this page does not know. */
  body: SummaryBody | null
}

/** A summary while it is written. */
export interface Draft {
  body: SummaryBody
  open: OpenItem | null
}

export interface Answered {
  question: string
  bullets: readonly Bullet[]
  partial: boolean
}

type Fields = Record<string, unknown>

const fields = (value: unknown): Fields =>
  value !== null && typeof value === 'object' ? (value as Fields) : {}
const words = (value: unknown): string => (typeof value === 'string' ? value : '')
const amount = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0)

function readMoments(value: unknown): Moment[] {
  return (Array.isArray(value) ? value : [])
    .map(fields)
    .map(({ utteranceId, start, sessionId }) => ({
      utteranceId: words(utteranceId),
      start: amount(start),
      ...(words(sessionId) && { sessionId: words(sessionId) }),
    }))
    .filter((moment) => moment.utteranceId)
}

/** Items with a text and at least one moment; what cites nothing is not shown. */
export function readBullets<T extends object>(value: unknown, more: (item: Fields) => T): (Bullet & T)[] {
  return (Array.isArray(value) ? value : [])
    .map(fields)
    .map((item) => ({ text: words(item.text), moments: readMoments(item.moments), ...more(item) }))
    .filter(({ text, moments }) => text && moments.length > 0)
}

/** The stored JSON as a summary; null when it is none. */
export function readSummary(body: unknown): SummaryBody | null {
  const given = fields(body)
  if (!Array.isArray(given.overview)) return null
  const none = () => ({})
  return {
    overview: readBullets(given.overview, none),
    decisions: readBullets(given.decisions, none),
    actions: readBullets(given.actions, ({ owner, due }) => ({ owner: words(owner), due: words(due) })),
    topics: readBullets(given.topics, none),
    sections: (Array.isArray(given.sections) ? given.sections : [])
      .map(fields)
      .map((section) => ({ title: words(section.title), bullets: readBullets(section.bullets, none) }))
      .filter(({ title, bullets }) => title && bullets.length > 0),
    covered: amount(given.covered),
    total: amount(given.total),
    dropped: amount(given.dropped),
  }
}

/** “Covers 12 of 15 minutes”: whole minutes, never more than all, and all only when it is all. */
export function coverage({ covered, total }: Pick<SummaryBody, 'covered' | 'total'>): {
  minutes: number
  of: number
  whole: boolean
} {
  const of = Math.max(1, Math.round(total / 60_000))
  const whole = covered >= total
  const minutes = whole ? of : Math.min(Math.floor(covered / 60_000), Math.max(0, of - 1))
  return { minutes, of, whole }
}

export type SummaryApi = Pick<Api, 'summaries' | 'summarize' | 'ask' | 'templateNames'>

/** One request at a time that can be called off; `problem` says why the last one failed. */
export function task() {
  const running = signal(false)
  const problem = signal('')
  /** The last one was called off by the reader. */
  const stopped = signal(false)
  let control: AbortController | null = null
  return {
    running,
    problem,
    stopped,
    stop() {
      if (running.peek()) stopped.value = true
      control?.abort()
      control = null
      running.value = false
    },
    /** What `work` gave, or null: it failed, or was called off, which is no problem. */
    async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
      if (running.peek()) return null
      const mine = new AbortController()
      control = mine
      running.value = true
      problem.value = ''
      stopped.value = false
      try {
        const done = await work(mine.signal)
        return mine.signal.aborted ? null : done
      } catch (error) {
        if (!mine.signal.aborted)
          problem.value =
            (error as Partial<ApiError>).code === 'broken-off'
              ? text.peek().summary.brokenOff
              : problemText(error)
        return null
      } finally {
        if (control === mine) {
          control = null
          running.value = false
        }
      }
    },
  }
}

export const SummaryModel = createModel((api: SummaryApi, id: string) => {
  const written = signal<readonly WrittenSummary[]>([])
  const chosen = signal('')
  const answers = signal<readonly Answered[]>([])
  const loading = task()
  const writing = task()
  const asking = task()
  /** False until it is known what was written before. */
  const loaded = signal(false)
  /** Parts read so far of the summary that is being written. */
  const progress = signal<{ done: number; of: number } | null>(null)
  /** What there is of the summary, or the answer, that is being written; gone when it is whole, or was called off. */
  const draft = signal<Draft | null>(null)
  const answerDraft = signal<AnswerDraft | null>(null)
  const templates = signal<readonly TemplateName[]>([])
  const read = ({ id: summaryId, createdAt, model, template, body }: Summary): WrittenSummary => ({
    id: summaryId,
    createdAt,
    model,
    template: template ?? '',
    body: readSummary(body),
  })

  return {
    written,
    templates,
    progress,
    draft,
    answerDraft,
    answers,
    loaded,
    loadingProblem: loading.problem,
    writing: writing.running,
    writingProblem: writing.problem,
    writingStopped: writing.stopped,
    asking: asking.running,
    askingProblem: asking.problem,
    askingStopped: asking.stopped,
    /** The version that is shown: the chosen one, else the newest. */
    shown: computed(() => written.value.find((each) => each.id === chosen.value) ?? written.value[0] ?? null),
    choose(summaryId: string) {
      chosen.value = summaryId
    },
    async load(): Promise<void> {
      const found = await loading.run(() => api.summaries(id))
      if (!found) return
      written.value = found.summaries.map(read)
      loaded.value = true
      api.templateNames(id).then(
        (answer) => {
          templates.value = answer.templates
        },
        () => {},
      )
    },
    /** Older versions stay; the new one is shown. */
    async write(language: string | null, template = 'minutes'): Promise<void> {
      if (writing.running.peek()) return
      progress.value = null
      const made = await writing.run((signal) =>
        api.summarize(id, { language, template }, signal, {
          onProgress(done, of) {
            progress.value = { done, of }
          },
          onDraft({ body, open }) {
            const readable = readSummary(body)
            if (!signal.aborted && readable) draft.value = { body: readable, open }
          },
        }),
      )
      progress.value = null
      draft.value = null
      if (!made) return
      written.value = [read(made.summary), ...written.peek()]
      chosen.value = made.summary.id
    },
    /** True when there is an answer; the question stays with the asker until then. */
    async ask(question: string): Promise<boolean> {
      const asked = question.trim()
      if (asked.length < 3) return false
      const answer = await asking.run((signal) =>
        api.ask(id, asked, signal, (next) => {
          if (!signal.aborted) answerDraft.value = next
        }),
      )
      answerDraft.value = null
      if (!answer) return false
      const bullets = readBullets(answer.bullets, () => ({}))
      answers.value = [{ question: asked, bullets, partial: answer.partial }, ...answers.peek()]
      return true
    },
    stopWriting: writing.stop,
    stopAsking: asking.stop,
    close() {
      loading.stop()
      writing.stop()
      asking.stop()
    },
  }
})

export type SummaryModelValue = InstanceType<typeof SummaryModel>
