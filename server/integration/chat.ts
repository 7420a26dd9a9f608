/** Any OpenAI-compatible chat endpoint (OpenAI, Ollama, llama.cpp, vLLM): one question, one answer, streamed or whole. */
import { AppError } from '../core/error.ts'
import { CallError, callStream, reasonIn } from './call.ts'
import { nextWait, QUICK, type RetryRules } from './retry.ts'

export interface ChatMessage {
  role: 'system' | 'user'
  content: string
}

export interface ChatSettings {
  /** Base address such as http://localhost:11434/v1 */
  url: string
  model: string
  key: string
  /** Longest silence of the endpoint, ms: slow machines may write for long, as long as they write. */
  timeout?: number
  rules?: RetryRules
  sleep?: (ms: number) => Promise<unknown>
}

export interface ChatOptions {
  maxTokens: number
  signal?: AbortSignal
  /** The answer so far, each time it has grown; shorter again when it had to be asked for anew. */
  onText?: (soFar: string) => void
  /** An answer that ends at `maxTokens` is good enough. */
  mayBeCut?: boolean
  /** Ask for a JSON object of this shape (JSON Schema); servers that cannot hold a model to it are asked with less. */
  schema?: object
}

const TIMEOUT = 120_000
/** Longest answer taken, bytes, with some 300 around every token: a model that does not stop is stopped. */
const MAX_ANSWER = 2 * 1024 * 1024
/** How endpoints say that what was sent is more than their model can read (llama.cpp, OpenAI, vLLM, Ollama). */
const TOO_LONG = /context|too (?:long|large|many tokens)|maximum.{0,20}(?:length|tokens)/i

/** From what makes small models answer in shape to what every server understands. */
const FORMATS: ((schema: object) => object | undefined)[] = [
  (schema) => ({ type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } }),
  () => ({ type: 'json_object' }),
  () => undefined,
]
/** How much of it an endpoint understood, by its address; forgotten at the next start. */
const understood = new Map<string, number>()

/**
 * The answer's text. Rejects with `unavailable` (worth trying later), `too-large` (less must be sent, or a larger context
 * set up) or `invalid` (the endpoint does not speak this API).
 */
export async function chat(
  settings: ChatSettings,
  messages: readonly ChatMessage[],
  options: ChatOptions,
): Promise<string> {
  const { rules = QUICK, sleep = Bun.sleep } = settings
  let format = options.schema ? (understood.get(settings.url) ?? 0) : FORMATS.length - 1
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask(settings, messages, options, FORMATS[format]?.(options.schema ?? {}))
      if (options.schema) understood.set(settings.url, format)
      return answer
    } catch (thrown) {
      options.signal?.throwIfAborted()
      if (!(thrown instanceof CallError)) throw thrown
      if (
        thrown.status !== null &&
        thrown.status < 500 &&
        thrown.status !== 429 &&
        TOO_LONG.test(thrown.reason)
      )
        throw new AppError(
          'too-large',
          `The language model cannot read that much at once (${thrown.reason}). Give it a larger context.`,
        )
      if ((thrown.status === 400 || thrown.status === 422) && format < FORMATS.length - 1) {
        // It may be the format that this server, or its model, does not know: asked with less.
        format++
        attempt--
        continue
      }
      const delay = thrown.retry ? nextWait(attempt, thrown.after, rules) : null
      if (delay === null) {
        const code = thrown.retry ? 'unavailable' : 'invalid'
        const reason = thrown.reason ? `: ${thrown.reason}` : '.'
        throw new AppError(code, `The language model ${thrown.message}${reason}`, {
          retryAfter: thrown.after === null ? undefined : thrown.after / 1000,
        })
      }
      await sleep(delay)
    }
  }
}

/** Always streamed: a cut line is noticed, and slow machines are waited for while they write. */
async function ask(
  settings: ChatSettings,
  messages: readonly ChatMessage[],
  options: ChatOptions,
  format: object | undefined,
): Promise<string> {
  const { url, model, key, timeout = TIMEOUT } = settings
  const pieces = callStream(`${url.replace(/\/+$/, '')}/chat/completions`, {
    body: JSON.stringify({
      model,
      messages,
      stream: true,
      temperature: 0.2,
      max_tokens: options.maxTokens,
      ...(format && { response_format: format }),
    }),
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    signal: options.signal,
    timeout,
    maxBytes: MAX_ANSWER,
    trust: 'owner',
  })
  const { text, finish } = await readAnswer(pieces, options.onText)
  if (finish === 'length' && !options.mayBeCut)
    throw new AppError(
      'too-large',
      'The language model stopped in the middle of its answer: its context, or its limit for answers, is too small.',
    )
  return text
}

interface Choice {
  message?: { content?: unknown }
  delta?: { content?: unknown }
  finish_reason?: unknown
}

interface Completion {
  choices?: Choice[]
  error?: unknown
}

interface Answered {
  text: string
  /** Why it ended there: stop, length, …; '' = not told. */
  finish: string
}

function parse(text: string): Completion | null {
  try {
    const json: unknown = JSON.parse(text)
    return json !== null && typeof json === 'object' ? (json as Completion) : null
  } catch {
    return null
  }
}

/** Server-sent events; a server that ignores `stream` answers with one JSON object instead. */
async function readAnswer(
  pieces: AsyncIterable<string>,
  onText: (soFar: string) => void = () => {},
): Promise<Answered> {
  let rest = ''
  let whole = ''
  let text = ''
  let finish = ''
  let events = 0
  for await (const piece of pieces) {
    rest += piece
    if (events === 0) whole += piece
    const lines = rest.split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      // Older llama.cpp tells of an error in a field of its own.
      const [, field, data] = /^(data|error):\s*(.*)$/.exec(line) ?? []
      if (field === undefined || data === undefined) continue
      if (events++ === 0) onText('')
      if (data === '[DONE]') return { text, finish }
      const event = parse(data)
      if (!event || event.error || field === 'error')
        throw new CallError('broke off its answer', true, null, null, reasonIn(data))
      const [choice] = event.choices ?? []
      if (typeof choice?.finish_reason === 'string') finish = choice.finish_reason
      const delta = choice?.delta?.content
      if (typeof delta !== 'string' || delta === '') continue
      text += delta
      onText(text)
    }
  }
  // Neither an end nor a reason for one: the line was cut, and half an answer is none.
  if (events > 0 && finish === '') throw new CallError('broke off its answer', true)
  if (events > 0) return { text, finish }
  const [choice] = parse(whole)?.choices ?? []
  const content = choice?.message?.content
  if (typeof content !== 'string')
    throw new CallError('answered with something that is no chat completion', false)
  onText(content)
  return { text: content, finish: typeof choice?.finish_reason === 'string' ? choice.finish_reason : '' }
}
