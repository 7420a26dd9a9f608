/** A question to a language model that is answered with one JSON object, told while it is written. */
import { AppError } from '../core/error.ts'
import { type ChatMessage, type ChatSettings, chat } from './chat.ts'
import { findJson } from './citations.ts'
import { type OpenItem, readDraft } from './draft.ts'

export interface AskJsonOptions {
  /** The shape of the answer, JSON Schema. */
  schema: object
  signal?: AbortSignal
  onDraft?(draft: { json: Record<string, unknown>; open: OpenItem | null }): void
}

/** Of one answer, tokens. */
const ANSWER_TOKENS = 1200
/** Between two looks at what has been written, ms: reading it anew for every token would be wasted. */
const LOOK_EVERY = 100

/** A model that answers with something else gets one more chance. */
export async function askJson(
  settings: ChatSettings,
  messages: ChatMessage[],
  { schema, signal, onDraft }: AskJsonOptions,
): Promise<Record<string, unknown>> {
  let looked = 0
  const onText =
    onDraft &&
    ((soFar: string) => {
      const now = performance.now()
      if (soFar !== '' && now - looked < LOOK_EVERY) return
      looked = now
      onDraft(readDraft(soFar))
    })
  for (let attempt = 0; ; attempt++) {
    const json = findJson(
      await chat(settings, messages, { maxTokens: ANSWER_TOKENS, schema, signal, onText }),
    )
    if (json) return json
    if (attempt === 1)
      throw new AppError('invalid', 'The language model does not answer in the shape it was asked for.')
  }
}

/** The model cannot read, or write, that much at once: half of it may work. */
export function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.code === 'too-large'
}
