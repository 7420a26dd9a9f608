/** An exported page with its sound inside, piece by piece: the page is some hundred kilobytes, the sound some hundred megabytes. */
import type { ExportOptions } from './options.ts'

/** What `html` is given for `audio` where the sound follows; the page then ends its address with `EMPTY`. */
export function soundToCome(contentType: string): NonNullable<ExportOptions['audio']> {
  return { contentType, bytes: new Uint8Array(0) }
}

/** Nothing that was said can look like it: quotation marks are escaped there. */
const EMPTY = ';base64,"></audio>'
const AT = ';base64,'.length

/** `page` as `html` rendered it with `soundToCome`; the bytes of the whole, with `sound` in its place. */
export async function* pageWithSound(
  page: string,
  sound: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const at = page.lastIndexOf(EMPTY) + AT
  yield Buffer.from(page.slice(0, at))
  let rest = Buffer.alloc(0)
  for await (const piece of sound) {
    // Three bytes are four letters: what is left over waits for the next piece.
    const all = Buffer.concat([rest, piece])
    const whole = all.length - (all.length % 3)
    rest = Buffer.from(all.subarray(whole))
    yield Buffer.from(all.toString('base64', 0, whole))
  }
  yield Buffer.from(rest.toString('base64') + page.slice(at))
}
