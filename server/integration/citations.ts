/** The transcript as numbered lines for a language model, and its answers back: what cites no line is dropped. Pure. */
import { isShown, type Transcript, textOf } from '../core/transcript.ts'

/** One line of the transcript as the model sees it. */
export interface Line {
  number: number
  utteranceId: string
  start: number
  end: number
  text: string
  /** Set where lines of several meetings stand together. */
  sessionId?: string
}

export interface Moment {
  utteranceId: string
  start: number
  /** Set where it may be another meeting's. */
  sessionId?: string
}

export interface Bullet {
  text: string
  /** Where it was said; never empty. */
  moments: Moment[]
}

/** `starred` lines carry a mark that the model is told about. */
export function numberedLines(transcript: Transcript, starred: ReadonlySet<string> = new Set()): Line[] {
  const settled = transcript.utterances.filter(
    (utterance) => utterance.state !== 'pending' && isShown(utterance),
  )
  return settled.map((utterance, i) => {
    const speaker = transcript.participants.get(utterance.participantId)?.name ?? 'Speaker'
    const star = starred.has(utterance.id) ? '★ ' : ''
    const text = `[${i + 1}] ${star}${clean(speaker)}: ${clean(textOf(utterance.committed))}`
    return { number: i + 1, utteranceId: utterance.id, start: utterance.start, end: utterance.end, text }
  })
}

/** What was said is data: it cannot close the marks around it, nor number lines itself. */
export function clean(text: string): string {
  return text
    .replace(/[<>★]/g, ' ')
    .replace(/\[(\d+)\]/g, '($1)')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Tokens, rather too many than too few: four letters of Latin script, one of the dense ones. */
export function estimateTokens(text: string): number {
  const dense =
    text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu)
      ?.length ?? 0
  return Math.ceil(dense + (text.length - dense) / 3.5)
}

/** Lines in portions of at most `limit` tokens; a line is never cut, and none is left out. */
export function portions(lines: readonly Line[], limit: number): Line[][] {
  const parts: Line[][] = []
  let size = 0
  for (const line of lines) {
    const tokens = estimateTokens(line.text) + 1
    if (parts.length === 0 || size + tokens > limit) {
      parts.push([])
      size = 0
    }
    parts.at(-1)?.push(line)
    size += tokens
  }
  return parts
}

/** The JSON object in a model's answer, fenced or surrounded by talk; null when there is none. */
export function findJson(answer: string): Record<string, unknown> | null {
  const from = answer.indexOf('{')
  for (let to = answer.lastIndexOf('}'); from >= 0 && to > from; to = answer.lastIndexOf('}', to - 1)) {
    try {
      const json: unknown = JSON.parse(answer.slice(from, to + 1))
      if (json && typeof json === 'object' && !Array.isArray(json)) return json as Record<string, unknown>
    } catch {
      // A brace in the talk after it: try the one before.
    }
    if (answer.length - to > 2000) break
  }
  return null
}

/** An object with exactly these fields, as JSON Schema; strict modes want all of them required. */
export function objectSchema(properties: Record<string, object>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}

const WORDS = { type: 'string' }
/** A list of statements, each with the numbers of its lines. */
export function citedSchema(more: string[] = []): object {
  const extra = Object.fromEntries(more.map((name) => [name, WORDS]))
  const items = objectSchema({ text: WORDS, ...extra, refs: { type: 'array', items: { type: 'integer' } } })
  return { type: 'array', items }
}

/** Longest text of one bullet. */
const MAX_TEXT = 600

/** Items of `list` that have a text and cite at least one line that exists; the rest is counted. */
export function citedBullets<T extends object>(
  list: unknown,
  lines: ReadonlyMap<number, Line>,
  more: (item: Record<string, unknown>) => T,
): { bullets: (Bullet & T)[]; dropped: number } {
  const bullets: (Bullet & T)[] = []
  let dropped = 0
  for (const item of Array.isArray(list) ? list.slice(0, 100) : []) {
    const fields = item !== null && typeof item === 'object' ? (item as Record<string, unknown>) : {}
    const text = plain(fields.text)
    const moments = momentsOf(fields.refs, lines)
    if (text && moments.length > 0) bullets.push({ text, moments, ...more(fields) })
    else dropped++
  }
  return { bullets, dropped }
}

/** Text only: no markup that a page might load or run, no address that somebody could be led to. */
export function plain(value: unknown): string {
  if (typeof value !== 'string') return ''
  return value
    .replace(/!?\[([^[\]]*)\]\((?:[^()]|\([^()]*\))*\)/g, '$1')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\b(?:https?|javascript|data):\S*/gi, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_TEXT)
}

function momentsOf(refs: unknown, lines: ReadonlyMap<number, Line>): Moment[] {
  const numbers = (Array.isArray(refs) ? refs : [refs]).map((ref) =>
    Number(String(ref).replace(/[^\d]/g, '')),
  )
  const cited = [...new Set(numbers)].map((number) => lines.get(number)).filter((line) => line !== undefined)
  return cited
    .slice(0, 10)
    .map(({ utteranceId, start, sessionId }) => ({ utteranceId, start, ...(sessionId && { sessionId }) }))
}
