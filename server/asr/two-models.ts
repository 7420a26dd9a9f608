/** Two models as one Decoder: a second one for careful passes, the first for everything else. */
import type { AsrCapabilities, DecodeRequest, Decoder, Token } from './backend.ts'

/** A Decoder whose workers may be away. */
export interface CarefulDecoder extends Decoder {
  /** Loaded workers, busy or not. */
  readonly alive: number
}

/** Careful passes go to `careful` while it is there and knows the language, everything else to `first`. */
export function withCareful(first: Decoder, careful: CarefulDecoder | null): Decoder {
  if (!careful) return first
  return {
    get capabilities() {
      return first.capabilities
    },
    decode: (request, signal) =>
      request.kind === 'refine' && careful.alive > 0 && can(request, careful.capabilities)
        ? careful.decode({ ...request, prefix: asText(request.prefix) }, signal)
        : first.decode(request, signal),
    close: async () => {
      await careful.close()
      await first.close()
    },
  }
}

/** A model that knows English only would write every language as English. */
function can({ language, task }: DecodeRequest, { languages, translate }: AsrCapabilities): boolean {
  if (task === 'translate' && !translate) return false
  if (languages.length === 0) return true
  return language === null ? languages.length > 1 : languages.includes(language)
}

/** The numbers of tokens are the other model's: what is given is given as text. */
function asText(tokens: readonly Token[]): Token[] {
  const [first, last] = [tokens[0], tokens.at(-1)]
  if (!first || !last) return []
  const text = tokens.map((token) => token.text).join('')
  return [{ ...first, id: -1, text, end: last.end }]
}
