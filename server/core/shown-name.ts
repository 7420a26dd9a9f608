/** What people call themselves and their meetings, as it is stored: what can be seen of it, on one line. Pure. */

/**
 * Signs that show nothing: controls, what turns the direction of the text behind them, fillers that stand for a name of
 * nothing, and joins by which two names look alike. Those that letters and emoji are made of (U+200C, U+200D) stay.
 */
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff]+/gu
const SEEN = /[\p{L}\p{N}\p{P}\p{S}]/u

/** At most `most` UTF-16 units, in whole characters; empty when nothing of it can be seen. */
export function shownName(text: string, most: number): string {
  const clean = text.toWellFormed().replace(/\s+/gu, ' ').replace(UNSEEN, '').normalize('NFC')
  const name = cut(clean.replace(/ +/g, ' ').trim(), most)
  return SEEN.test(name) ? name : ''
}

function cut(name: string, most: number): string {
  if (name.length <= most) return name
  let end = 0
  for (const { index, segment } of new Intl.Segmenter().segment(name)) {
    if (index + segment.length > most) break
    end = index + segment.length
  }
  return name.slice(0, end).trim()
}
