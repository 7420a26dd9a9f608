/** Text that came in a binary frame: clients in Go, Java or C often send JSON that way, and the word END as bytes. */

/** Longest frame that is looked at; configurations are a few hundred bytes, an append of Realtime is text of its own. */
const LONGEST = 64 * 1024
/** `{"a":1}`: shorter ones could be two or three samples. */
const SHORTEST = 7
const OPEN = 0x7b
const CLOSE = 0x7d

/** The text of a frame that is a JSON object or END; any other as it came. */
export function unwrapText(message: string | Uint8Array): string | Uint8Array {
  if (typeof message === 'string') return message
  if (message.length === 3) return latin(message).toUpperCase() === 'END' ? 'END' : message
  const object = message[0] === OPEN && message.at(-1) === CLOSE
  if (!object || message.length < SHORTEST || message.length > LONGEST) return message
  const text = new TextDecoder().decode(message)
  try {
    JSON.parse(text)
    return text
  } catch {
    return message
  }
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
