/** Summaries of a meeting: portions that fit the model, every bullet with the moments it rests on. */
import { AppError } from '../core/error.ts'
import type { Transcript } from '../core/transcript.ts'
import type { ChatMessage, ChatSettings } from './chat.ts'
import { askJson, isTooLarge } from './chat-json.ts'
import {
  type Bullet,
  citedBullets,
  citedSchema,
  estimateTokens,
  type Line,
  numberedLines,
  objectSchema,
  plain,
  portions,
} from './citations.ts'
import type { OpenItem } from './draft.ts'
import { PORTION, partMessages, RULES, schemaOf } from './minutes-prompt.ts'
import { MINUTES, sameHeading, type Template } from './templates.ts'

export interface SummaryBody {
  overview: Bullet[]
  decisions: Bullet[]
  actions: (Bullet & { owner: string; due: string })[]
  topics: Bullet[]
  /** Under the headings of the template, in its order. */
  sections: { title: string; bullets: Bullet[] }[]
  /** Ms of the meeting that the model has read, of all that was said. */
  covered: number
  total: number
  /** Bullets left out because they cited nothing that was said. */
  dropped: number
}

export interface SummarizeOptions {
  /** Language of the summary, ISO 639-1; null = that of the meeting. */
  language?: string | null
  /** Tokens of transcript per request; the model's context must hold about twice as many. */
  portion?: number
  template?: Template
  /** Lines a reader starred: they matter. */
  starred?: ReadonlySet<string>
  signal?: AbortSignal
  onProgress?(done: number, of: number): void
  /** The summary so far, each time it has grown. */
  onDraft?(draft: SummaryDraft): void
}

/** A summary while it is written: what is whole, and the item it is at. Nothing of it is kept before the end. */
export interface SummaryDraft {
  body: SummaryBody
  open: OpenItem | null
}

/** Portions are never made smaller than this, tokens: a model that cannot read so much is none for minutes. */
const LEAST = 300

/** Rejects with `unavailable` or `invalid` when no portion at all could be read; else says how much is covered. */
export async function summarize(
  settings: ChatSettings,
  transcript: Transcript,
  options: SummarizeOptions = {},
): Promise<SummaryBody> {
  const { template = MINUTES, starred = new Set<string>() } = options
  const { language = null, signal, onDraft } = options
  const lines = numberedLines(transcript, starred)
  if (lines.length === 0) throw new AppError('conflict', 'Nothing was said yet that could be summarised.')
  let parts = portions(lines, options.portion ?? PORTION)
  let body: SummaryBody = {
    overview: [],
    decisions: [],
    actions: [],
    topics: [],
    sections: template.sections.map((title) => ({ title, bullets: [] })),
    covered: 0,
    total: spoken(lines),
    dropped: 0,
  }
  let failure: unknown = null
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Line[]
    signal?.throwIfAborted()
    try {
      const json = await askJson(
        settings,
        partMessages(part, i, parts.length, { language, template, starred }),
        {
          schema: schemaOf(template),
          signal,
          onDraft:
            onDraft && ((draft) => onDraft({ body: withPart(body, part, draft.json), open: draft.open })),
        },
      )
      body = withPart(body, part, json)
      body.covered += spoken(part)
    } catch (thrown) {
      signal?.throwIfAborted()
      const half = Math.floor(part.reduce((sum, line) => sum + estimateTokens(line.text) + 1, 0) / 2)
      if (isTooLarge(thrown) && part.length > 1 && half >= LEAST) {
        // Nothing is cut away to make it fit: what is left is read in smaller portions.
        parts = [...parts.slice(0, i), ...portions(parts.slice(i).flat(), half)]
        i--
        continue
      }
      failure = thrown
    }
    options.onProgress?.(i + 1, parts.length)
    onDraft?.({ body, open: null })
  }
  if (body.covered === 0)
    throw failure ?? new AppError('unavailable', 'The language model gave no usable answer.')
  if (parts.length > 1) await condense(settings, body, lines, options)
  return body
}

function spoken(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.end - line.start, 0)
}

/** The summary with what the model made of one more portion. */
function withPart(before: SummaryBody, part: readonly Line[], json: Record<string, unknown>): SummaryBody {
  const body: SummaryBody = {
    ...before,
    overview: [...before.overview],
    decisions: [...before.decisions],
    actions: [...before.actions],
    topics: [...before.topics],
    sections: before.sections.map(({ title, bullets }) => ({ title, bullets: [...bullets] })),
  }
  const known = new Map(part.map((line) => [line.number, line]))
  for (const name of ['overview', 'decisions', 'topics'] as const) {
    const { bullets, dropped } = citedBullets(json[name], known, () => ({}))
    body[name].push(...bullets)
    body.dropped += dropped
  }
  for (const section of Array.isArray(json.sections) ? json.sections.slice(0, 20) : []) {
    const given = section !== null && typeof section === 'object' ? (section as Record<string, unknown>) : {}
    const place = body.sections.find(({ title }) => sameHeading(title, String(given.title ?? '')))
    const { bullets, dropped } = citedBullets(given.items, known, () => ({}))
    // What stands under a heading nobody asked for is no part of the template.
    if (place) place.bullets.push(...bullets)
    body.dropped += place ? dropped : bullets.length + dropped
  }
  const { bullets, dropped } = citedBullets(json.actions, known, (item) => ({
    owner: plain(item.owner).slice(0, 80),
    due: plain(item.due).slice(0, 80),
  }))
  body.actions.push(...bullets)
  body.dropped += dropped
  return body
}

/** The overviews of many portions become one; if that fails, they stay as they are: long, but true. */
async function condense(
  settings: ChatSettings,
  body: SummaryBody,
  lines: readonly Line[],
  options: SummarizeOptions,
): Promise<void> {
  const byUtterance = new Map(lines.map((line) => [line.utteranceId, line]))
  const known = new Map(lines.map((line) => [line.number, line]))
  const list = body.overview
    .map(
      ({ text, moments }) =>
        `${text.replace(/[<>]/g, ' ')} ${moments.map((moment) => `[${byUtterance.get(moment.utteranceId)?.number}]`).join('')}`,
    )
    .join('\n')
  if (estimateTokens(list) > (options.portion ?? PORTION) * 2) return
  const messages: ChatMessage[] = [
    {
      role: 'system',
      content: `${RULES} Answer with one JSON object: {"overview":[{"text":"…","refs":[1,2]}]} with at most five sentences.`,
    },
    {
      role: 'user',
      content: `<transcript>\n${list}\n</transcript>\nMake one overview of these notes. Keep the line numbers as refs.`,
    },
  ]
  try {
    const { bullets } = citedBullets(
      (
        await askJson(settings, messages, {
          schema: objectSchema({ overview: citedSchema() }),
          signal: options.signal,
        })
      ).overview,
      known,
      () => ({}),
    )
    if (bullets.length > 0) body.overview = bullets
  } catch {
    options.signal?.throwIfAborted()
  }
}
