/** What went wrong, in the reader's language: by the server's stable code, with its own (English) sentence as the detail. */
import { text } from './text.ts'

/** `thrown`: an ApiError, what a room's socket told, or anything else with a sentence. */
export function problemText(thrown: unknown): string {
  const { code = '', message = '' } = (thrown ?? {}) as { code?: string; message?: string }
  const { problems, common } = text.peek()
  const words = problems[code as keyof typeof problems]
  // English has none.
  if (!words) return message || common.somethingWrong
  // What this page says of itself needs no translation beside it.
  return code === 'offline' || code === 'broken-off' || !message ? words : `${words} (${message})`
}
