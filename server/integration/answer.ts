/** Questions about one meeting or all of them, answered from their lines only, with the moments the answer rests on. */
import type { Transcript } from '../core/transcript.ts'
import type { ChatMessage, ChatSettings } from './chat.ts'
import { askJson, isTooLarge } from './chat-json.ts'
import {
  type Bullet,
  citedBullets,
  citedSchema,
  clean,
  estimateTokens,
  type Line,
  numberedLines,
  objectSchema,
  portions,
} from './citations.ts'
import { PORTION, quote, RULES } from './minutes-prompt.ts'

/** What another meeting gives to a question: its lines, the found ones with their neighbours. */
export interface Excerpt {
  sessionId: string
  /** As people know it: title and day. */
  title: string
  transcript: Transcript
  found: ReadonlySet<string>
}

/** An answer while it is written: what is whole, and the sentence it is at. */
export interface AnswerDraft {
  bullets: Bullet[]
  writing: string
}

export interface AskOptions {
  /** Tokens of transcript that are sent at most. */
  portion?: number
  signal?: AbortSignal
  onDraft?(draft: AnswerDraft): void
}

export interface AnswerBody {
  bullets: Bullet[]
  /** Only part of the meeting fitted into the question. */
  partial: boolean
}

/** What is sent for a question within a limit of tokens. */
interface Reading {
  chosen: Line[]
  content: string
  partial: boolean
}

/** Less is never sent, tokens: a model that cannot read this cannot answer. */
const LEAST = 300

/** A question about the meeting, answered from its lines only. */
export function ask(
  settings: ChatSettings,
  transcript: Transcript,
  question: string,
  options: AskOptions = {},
): Promise<AnswerBody> {
  const lines = numberedLines(transcript)
  return answer(settings, question, '', options, (limit) => {
    const chosen = relevantLines(lines, question, limit)
    return { chosen, content: quote(chosen), partial: chosen.length < lines.length }
  })
}

/** A question over many meetings, answered from the lines that were found for it. */
export function askAcross(
  settings: ChatSettings,
  excerpts: readonly Excerpt[],
  question: string,
  options: AskOptions = {},
): Promise<AnswerBody> {
  const several = ' The lines come from several meetings; name the meeting where it matters.'
  return answer(settings, question, several, options, (limit) => readAcross(excerpts, limit))
}

/** Asks with as many lines as may fit, and with half of them when the model cannot read so much. */
async function answer(
  settings: ChatSettings,
  question: string,
  rule: string,
  options: AskOptions,
  read: (limit: number) => Reading,
): Promise<AnswerBody> {
  const { signal, onDraft, portion = PORTION * 2 } = options
  for (let limit = portion; ; limit = Math.floor(limit / 2)) {
    const { chosen, content, partial } = read(limit)
    if (chosen.length === 0) return { bullets: [], partial: false }
    const known = new Map(chosen.map((line) => [line.number, line]))
    const bulletsIn = (json: Record<string, unknown>) => citedBullets(json.answer, known, () => ({})).bullets
    const messages: ChatMessage[] = [
      {
        role: 'system',
        content: `${RULES}${rule} Answer the question from the lines only. Answer with one JSON object: {"answer":[{"text":"…","refs":[1]}]}; an empty list when the lines do not say.`,
      },
      { role: 'user', content: `${content}\nQuestion: ${question.slice(0, 1000)}` },
    ]
    try {
      const json = await askJson(settings, messages, {
        schema: objectSchema({ answer: citedSchema() }),
        signal,
        onDraft:
          onDraft &&
          ((draft) => onDraft({ bullets: bulletsIn(draft.json), writing: draft.open?.text ?? '' })),
      })
      return { bullets: bulletsIn(json), partial }
    } catch (thrown) {
      if (!isTooLarge(thrown) || limit / 2 < LEAST) throw thrown
    }
  }
}

function readAcross(excerpts: readonly Excerpt[], limit: number): Reading {
  const chosen: Line[] = []
  const blocks: string[] = []
  let size = 0
  let partial = false
  for (const { sessionId, title, transcript, found } of excerpts) {
    const lines = numberedLines(transcript)
    const near = new Set(
      lines.flatMap((line, i) => (found.has(line.utteranceId) ? [i - 1, i, i + 1, i + 2] : [])),
    )
    const block: string[] = []
    for (const [i, line] of lines.entries()) {
      if (!near.has(i)) continue
      const number = chosen.length + 1
      const text = line.text.replace(/^\[\d+\]/, `[${number}]`)
      size += estimateTokens(text) + 1
      if (size > limit) {
        partial = true
        break
      }
      chosen.push({ ...line, number, text, sessionId })
      block.push(text)
    }
    if (block.length > 0) blocks.push(`Meeting: ${clean(title)}\n${block.join('\n')}`)
    if (partial) break
  }
  return { chosen, content: `<transcript>\n${blocks.join('\n\n')}\n</transcript>`, partial }
}

/** All lines if they fit; else those that share most words with the question, each with its neighbours, in order. */
export function relevantLines(lines: readonly Line[], question: string, limit: number): Line[] {
  const [all] = portions(lines, limit)
  if (!all || all.length === lines.length) return [...lines]
  const wanted = new Set(words(question))
  const scored = lines.map((line, i) => ({
    i,
    score: words(line.text).filter((word) => wanted.has(word)).length,
  }))
  scored.sort((a, b) => b.score - a.score || a.i - b.i)
  const chosen = new Set<number>()
  let size = 0
  for (const { i } of scored) {
    for (const near of [i - 1, i, i + 1, i + 2]) {
      const line = lines[near]
      if (!line || chosen.has(near)) continue
      size += estimateTokens(line.text) + 1
      if (size > limit) return [...chosen].sort((a, b) => a - b).map((index) => lines[index] as Line)
      chosen.add(near)
    }
  }
  return [...lines]
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []
}
