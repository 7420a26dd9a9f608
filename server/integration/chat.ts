/** Any OpenAI-compatible chat endpoint (OpenAI, Ollama, llama.cpp, vLLM): one question, one answer, streamed or whole. */
import { AppError } from '../core/error.ts'
import { CallError, callStream } from './call.ts'
import { readAnswer } from './chat-answer.ts'
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
  const { schema, signal } = options
  let format = schema ? (understood.get(settings.url) ?? 0) : FORMATS.length - 1
  for (let attempt = 1; ; ) {
    try {
      const answer = await ask(settings, messages, options, FORMATS[format]?.(schema ?? {}))
      if (schema) understood.set(settings.url, format)
      return answer
    } catch (thrown) {
      signal?.throwIfAborted()
      if (!(thrown instanceof CallError)) throw thrown
      if (isTooLong(thrown)) throw tooLong(thrown)
      if (mayBeTheFormat(thrown) && format < FORMATS.length - 1) {
        format++
        continue
      }
      const delay = thrown.retry ? nextWait(attempt++, thrown.after, rules) : null
      if (delay === null) throw givenUp(thrown)
      await sleep(delay)
    }
  }
}

function isTooLong({ status, reason }: CallError): boolean {
  return status !== null && status < 500 && status !== 429 && TOO_LONG.test(reason)
}

/** The server, or its model, may not know the format that was asked for. */
function mayBeTheFormat({ status }: CallError): boolean {
  return status === 400 || status === 422
}

function tooLong({ reason }: CallError): AppError {
  const message = `The language model cannot read that much at once (${reason}). Give it a larger context.`
  return new AppError('too-large', message)
}

function givenUp({ retry, message, reason, after }: CallError): AppError {
  return new AppError(
    retry ? 'unavailable' : 'invalid',
    `The language model ${message}${reason ? `: ${reason}` : '.'}`,
    { retryAfter: after === null ? undefined : after / 1000 },
  )
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
