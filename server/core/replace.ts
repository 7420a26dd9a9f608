/** Find and replace over the lines of a meeting: the same places in the preview and in what is stored. Pure. */

export interface Replacement {
  find: string
  replace: string
  matchCase: boolean
  /** Only where no letter or digit stands beside it. */
  wholeWord: boolean
}

export interface Place {
  from: number
  to: number
}

/** Places of the text that is looked for; nothing typed is a pattern. */
export function placesOf(
  text: string,
  { find, matchCase, wholeWord }: Omit<Replacement, 'replace'>,
): Place[] {
  const wanted = find.normalize('NFC')
  if (wanted.trim() === '') return []
  // Signs that mean something, and no others: with `u` an escaped hyphen is an error.
  const literal = wanted.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const pattern = wholeWord ? `(?<![\\p{L}\\p{N}\\p{M}])${literal}(?![\\p{L}\\p{N}\\p{M}])` : literal
  return [...text.matchAll(new RegExp(pattern, matchCase ? 'gu' : 'giu'))].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
  }))
}

/** The text with every place replaced. */
export function replaceIn(text: string, replacement: Replacement): string {
  const places = placesOf(text, replacement)
  let result = ''
  let at = 0
  for (const { from, to } of places) {
    result += text.slice(at, from) + replacement.replace
    at = to
  }
  return result + text.slice(at)
}
