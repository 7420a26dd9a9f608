/** Byte ranges and entity tags (RFC 9110, one range per request): what was asked and what to answer. Pure. */

export interface ByteRange {
  /** First byte and the one after the last. */
  start: number
  end: number
}

/** The range to send, `all` when none was asked (or one we may ignore), or `unsatisfiable`. */
export function parseRange(
  header: string | null | undefined,
  size: number,
): ByteRange | 'all' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match) return 'all' // another unit, several ranges, nonsense: a server may answer with everything
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return 'all'
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(first)
  if (start >= size) return 'unsatisfiable'
  const end = last === '' ? size : Math.min(size, Number(last) + 1)
  return end <= start ? 'all' : { start, end }
}

/** If-None-Match: the asker has this version. Tags may be several, `*`, or weakened by a proxy that compresses (`W/"…"`). */
export function hasVersion(header: string | null | undefined, tag: string): boolean {
  return (header ?? '').split(',').some((each) => ['*', tag].includes(each.trim().replace(/^W\//, '')))
}
