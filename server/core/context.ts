/** What was said before the window, as a prompt: newest last, bounded, and never from an answer that was doubted. */

/** Characters given to drafts and finals; about 20 tokens (engine note §2.4, §7.3). */
export const LIVE_CONTEXT = 80
/** Characters given to the careful pass. */
export const CAREFUL_CONTEXT = 200

/** The end of `text` in whole words, at most `limit` characters. */
export function lastWords(text: string, limit: number): string {
  const trimmed = text.trim()
  if (trimmed.length <= limit) return trimmed
  const cut = trimmed.slice(-limit)
  const space = cut.search(/\s/u)
  // Scripts without spaces are cut between characters, never inside one.
  return space >= 0 ? cut.slice(space).trim() : cut.replace(/^[\uDC00-\uDFFF]/u, '')
}
