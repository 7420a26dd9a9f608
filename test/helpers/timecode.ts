/** Times as subtitle players read them: the counterpart of server/core/timecode.ts, which only writes. */

/** The milliseconds that `01:02:03.456` (or with a comma, or without hours) means; NaN when it is no time. */
export function readTime(text: string): number {
  const match = /^(?:(\d+):)?(\d{1,2}):(\d{2})(?:[.,](\d{3}))?$/.exec(text)
  if (!match) return Number.NaN
  const [, hours = '0', minutes, seconds, fraction = '0'] = match
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction)
}
