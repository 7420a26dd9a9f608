/** A chat completion as it comes in: server-sent events, or one JSON object from servers that ignore `stream`. */
import { CallError, reasonIn } from './call.ts'

interface Choice {
  message?: { content?: unknown }
  delta?: { content?: unknown }
  finish_reason?: unknown
}

interface Completion {
  choices?: Choice[]
  error?: unknown
}

export interface Answered {
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

/**
 * The whole answer; `onText` is told the text so far each time it has grown. Rejects with a CallError: worth asking again
 * when the line was cut, not when this is no chat completion.
 */
export async function readAnswer(
  pieces: AsyncIterable<string>,
  onText: (soFar: string) => void = () => {},
): Promise<Answered> {
  const streamed = new StreamedAnswer(onText)
  let rest = ''
  let whole = ''
  for await (const piece of pieces) {
    rest += piece
    if (!streamed.begun) whole += piece
    const lines = rest.split(/\r?\n/)
    rest = lines.pop() ?? ''
    if (lines.some((line) => streamed.take(line))) return streamed
  }
  // Neither an end nor a reason for one: the line was cut, and half an answer is none.
  if (streamed.begun && streamed.finish === '') throw new CallError('broke off its answer', true)
  if (streamed.begun) return streamed
  const answer = wholeAnswer(whole)
  onText(answer.text)
  return answer
}

class StreamedAnswer implements Answered {
  text = ''
  finish = ''
  begun = false

  constructor(private readonly onText: (soFar: string) => void) {}

  /** One line of the stream; true = the answer ends with it. */
  take(line: string): boolean {
    // Older llama.cpp tells of an error in a field of its own.
    const [, field, data] = /^(data|error):\s*(.*)$/.exec(line) ?? []
    if (field === undefined || data === undefined) return false
    if (!this.begun) this.onText('')
    this.begun = true
    if (data === '[DONE]') return true
    const event = parse(data)
    if (!event || event.error || field === 'error')
      throw new CallError('broke off its answer', true, { reason: reasonIn(data) })
    const [choice] = event.choices ?? []
    if (typeof choice?.finish_reason === 'string') this.finish = choice.finish_reason
    const delta = choice?.delta?.content
    if (typeof delta !== 'string' || delta === '') return false
    this.text += delta
    this.onText(this.text)
    return false
  }
}

function wholeAnswer(body: string): Answered {
  const [choice] = parse(body)?.choices ?? []
  const text = choice?.message?.content
  if (typeof text !== 'string')
    throw new CallError('answered with something that is no chat completion', false)
  return { text, finish: typeof choice?.finish_reason === 'string' ? choice.finish_reason : '' }
}
