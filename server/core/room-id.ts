/** The readable names of rooms. */

const ADJECTIVES =
  'amber brave bright calm clear clever copper coral crisp early easy fair gentle glad golden green happy honest kind lively lucky mellow merry mild neat noble open patient plain polite proud quick quiet rapid ready royal silver simple smart soft solid steady sunny swift tidy warm wise witty young'
const ANIMALS =
  'badger beaver bison crane deer dolphin dove eagle falcon finch fox gecko hare hawk heron ibis jay kestrel koala lark lemur linnet lion lynx magpie marten mole moose newt otter owl panda parrot pelican puffin quail rabbit raven robin seal sparrow squirrel stork swan tiger toad trout turtle whale wren zebra'

/** A readable room id such as `quiet-otter-4207`. It is a name, not a secret: rights come from links (see access). */
export function newRoomId(): string {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint32Array(3))
  return `${oneOf(ADJECTIVES, a)}-${oneOf(ANIMALS, b)}-${1000 + (c % 9000)}`
}

/** Room ids people may choose: lower-case letters, digits and single dashes, 3–64 characters. */
export function isRoomId(text: string): boolean {
  return text.length >= 3 && text.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text)
}

/** Divided only here: a page that asks `isRoomId` need not carry the words. */
function oneOf(words: string, number: number): string {
  const list = words.split(' ')
  return list[number % list.length] as string
}
