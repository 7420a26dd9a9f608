/** Any OpenAI-compatible chat endpoint (OpenAI, Ollama, llama.cpp, vLLM): one question, one answer, streamed or whole. */
import { AppError } from '../core/error.ts'
import { CallError, call, callStream } from './call.ts'
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
  /** Of one answer, ms. */
  timeout?: number
  rules?: RetryRules
  sleep?: (ms: number) => Promise<unknown>
}

export interface ChatOptions {
  maxTokens: number
  signal?: AbortSignal
  /** The answer as it grows; without it the answer comes whole. */
  onDelta?: (text: string) => void
  /** Ask for a JSON object. Servers that do not know the field ignore it. */
  json?: boolean
}

const TIMEOUT = 120_000
/** Longest answer taken, bytes: a model that does not stop is stopped. */
const MAX_ANSWER = 512 * 1024

/** The answer's text. Rejects with `unavailable` (worth trying later) or `invalid` (the endpoint does not speak this API). */
export async function chat(
  settings: ChatSettings,
  messages: readonly ChatMessage[],
  options: ChatOptions,
): Promise<string> {
  const { rules = QUICK, sleep = Bun.sleep } = settings
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(settings, messages, options)
    } catch (thrown) {
      options.signal?.throwIfAborted()
      if (!(thrown instanceof CallError)) throw thrown
      const delay = thrown.retry ? nextWait(attempt, thrown.after, rules) : null
      if (delay === null) {
        const code = thrown.retry ? 'unavailable' : 'invalid'
        throw new AppError(code, `The language model ${thrown.message}.`, {
          retryAfter: thrown.after === null ? undefined : thrown.after / 1000,
        })
      }
      await sleep(delay)
    }
  }
}

async function ask(
  settings: ChatSettings,
  messages: readonly ChatMessage[],
  options: ChatOptions,
): Promise<string> {
  const { url, model, key, timeout = TIMEOUT } = settings
  const stream = options.onDelta !== undefined
  const request = {
    body: JSON.stringify({
      model,
      messages,
      stream,
      temperature: 0.2,
      max_tokens: options.maxTokens,
      ...(options.json && { response_format: { type: 'json_object' } }),
    }),
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    signal: options.signal,
    timeout,
    maxBytes: MAX_ANSWER,
    trust: 'owner',
  } as const
  const address = `${url.replace(/\/+$/, '')}/chat/completions`
  if (!options.onDelta) return contentOf((await call(address, request)).text)
  return readStream(callStream(address, request), options.onDelta)
}

function contentOf(text: string): string {
  const content = parse(text)?.choices?.[0]?.message?.content
  if (typeof content !== 'string')
    throw new CallError('answered with something that is no chat completion', false)
  return content
}

interface Completion {
  choices?: { message?: { content?: unknown }; delta?: { content?: unknown } }[]
  error?: unknown
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
async function readStream(pieces: AsyncIterable<string>, onDelta: (text: string) => void): Promise<string> {
  let rest = ''
  let answer = ''
  let events = 0
  for await (const piece of pieces) {
    rest += piece
    const lines = rest.split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data:')) continue
      events++
      const data = line.slice(5).trim()
      if (data === '[DONE]') return answer
      const event = parse(data)
      if (!event || event.error) throw new CallError('broke off its answer', true)
      const delta = event.choices?.[0]?.delta?.content
      if (typeof delta !== 'string' || delta === '') continue
      answer += delta
      onDelta(delta)
    }
  }
  if (events > 0) {
    if (answer === '') throw new CallError('broke off its answer', true)
    return answer
  }
  const whole = contentOf(rest)
  onDelta(whole)
  return whole
}
