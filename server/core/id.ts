/** Identifiers: prefixed and sortable by creation time; and secrets. */

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford base 32: no i, l, o, u
let last = 0

/**
 * `prefix_` + 10 characters of time + 10 random characters (50 bits), all Crockford base 32.
 * Ids made by one process sort by creation, also within a millisecond (the time part is bumped on a tie).
 */
export function newId(
  prefix:
    | 'ses'
    | 'par'
    | 'utt'
    | 'trk'
    | 'con'
    | 'evt'
    | 'sum'
    | 'hook'
    | 'edit'
    | 'mark'
    | 'ver'
    | 'tpl'
    | 'lnk'
    | 'key'
    | 'sgn',
  now = Date.now(),
): string {
  last = now > last ? now : last + 1
  let time = ''
  for (let rest = last, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time
  return `${prefix}_${time}${randomText(10)}`
}

/**
 * `length` random characters of 5 bits each, from the platform's cryptographic source, which pages without a certificate have
 * too. 26 characters carry 130 bits.
 */
export function randomText(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  let text = ''
  for (const byte of bytes) text += ALPHABET[byte & 31]
  return text
}
