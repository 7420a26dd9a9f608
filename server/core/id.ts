/** Identifiers: prefixed and sortable by creation time, and the readable names of rooms. */

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

/** `length` random characters of 5 bits each, from the platform's cryptographic source. 26 characters carry 130 bits. */
export function randomText(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  let text = ''
  for (const byte of bytes) text += ALPHABET[byte & 31]
  return text
}

const ADJECTIVES =
  'amber brave bright calm clear clever copper coral crisp early easy fair gentle glad golden green happy honest kind lively lucky mellow merry mild neat noble open patient plain polite proud quick quiet rapid ready royal silver simple smart soft solid steady sunny swift tidy warm wise witty young'.split(
    ' ',
  )
const ANIMALS =
  'badger beaver bison crane deer dolphin dove eagle falcon finch fox gecko hare hawk heron ibis jay kestrel koala lark lemur linnet lion lynx magpie marten mole moose newt otter owl panda parrot pelican puffin quail rabbit raven robin seal sparrow squirrel stork swan tiger toad trout turtle whale wren zebra'.split(
    ' ',
  )

/** A readable room id such as `quiet-otter-4207`. It is a name, not a secret: rights come from links (see access). */
export function newRoomId(): string {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint32Array(3))
  return `${ADJECTIVES[a % ADJECTIVES.length]}-${ANIMALS[b % ANIMALS.length]}-${1000 + (c % 9000)}`
}

/** Room ids people may choose: lower-case letters, digits and single dashes, 3–64 characters. */
export function isRoomId(text: string): boolean {
  return text.length >= 3 && text.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text)
}
