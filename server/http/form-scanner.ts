/** FormScanner: the grammar of multipart/form-data (RFC 7578), bytes in any pieces; pure. */
import { AppError } from '../core/error.ts'

/** What stands above a part. */
export interface PartHead {
  /** Name of the form field. */
  field: string
  /** What the client calls the file; null = it says nothing of a file. */
  name: string | null
  /** Content type; '' = none was sent. */
  type: string
}

export type FormPiece = { type: 'part'; head: PartHead } | { type: 'data'; bytes: Uint8Array }

const MAX_HEADER_BYTES = 16 * 1024

/** Of a content type; null = it is no form. */
export function boundaryOf(contentType: string): string | null {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return null
  const match = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType)
  if (!match) throw new AppError('invalid', 'The multipart body has no boundary in its content type.')
  return match[1] ?? match[2] ?? null
}

/** Parts are divided by CRLF--boundary. The rest of a chunk that could be the start of one is kept for the next. */
export class FormScanner {
  readonly #divider: Buffer
  // The first divider may stand at the very beginning, without a line break before it.
  #rest: Buffer = Buffer.from('\r\n')
  #finished = false

  constructor(boundary: string) {
    this.#divider = Buffer.from(`\r\n--${boundary}`)
  }

  /** The last divider has been seen; what follows it does not count. */
  get finished(): boolean {
    return this.#finished
  }

  /** Everything the bytes so far say for sure. Data before the first part belongs to none. */
  *push(chunk: Uint8Array): Generator<FormPiece> {
    if (this.#finished) return
    this.#rest = Buffer.concat([this.#rest, chunk])
    for (let at = this.#next(); at >= 0; at = this.#next()) {
      yield this.#take(at)
      const after = this.#divider.length
      if (this.#rest.subarray(after, after + 2).toString('latin1') === '--') {
        this.#finished = true
        return
      }
      const end = this.#rest.indexOf('\r\n\r\n', after)
      if (end < 0) {
        if (this.#rest.length - after > MAX_HEADER_BYTES)
          throw new AppError('invalid', 'A part of the form has an endless header.')
        return
      }
      yield { type: 'part', head: headOf(this.#rest.subarray(after, end).toString('utf8')) }
      this.#rest = this.#rest.subarray(end + 4)
    }
    yield this.#take(Math.max(0, this.#rest.length - this.#divider.length))
  }

  /** Where the next divider begins, -1 = not in what is here. */
  #next(): number {
    return this.#rest.indexOf(this.#divider)
  }

  #take(count: number): FormPiece {
    const bytes = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return { type: 'data', bytes }
  }
}

function headOf(text: string): PartHead {
  const disposition = /^content-disposition:\s*form-data\b(.*)$/im.exec(text)?.[1] ?? ''
  const field = parameter(disposition, 'name')
  if (field === null) throw new AppError('invalid', 'A part of the form has no name.')
  const type = /^content-type:\s*([^\s;]+)/im.exec(text)?.[1] ?? ''
  return { field, name: parameter(disposition, 'filename') ?? extended(disposition), type }
}

/** `filename*=UTF-8''…` of RFC 5987, where a client sends nothing else. */
function extended(disposition: string): string | null {
  const coded = /;\s*filename\*=(?:[\w-]*'[\w-]*')?([^;\s]+)/i.exec(disposition)?.[1]
  if (coded === undefined) return null
  try {
    return decodeURIComponent(coded)
  } catch {
    return coded
  }
}

function parameter(disposition: string, name: string): string | null {
  const quoted = new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(disposition)
  if (quoted) return (quoted[1] ?? '').replace(/\\(.)/g, '$1').replace(/%22/g, '"')
  return new RegExp(`;\\s*${name}=([^;\\s]+)`, 'i').exec(disposition)?.[1] ?? null
}
