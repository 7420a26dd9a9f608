/** Uploads in bounded memory: a streaming multipart/form-data reader (RFC 7578) that writes files to disk as they come. */
import { mkdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import { pacedBody } from './paced-body.ts'

export interface UploadedFile {
  /** Name of the form field. */
  field: string
  /** What the client calls the file; never used as a path. */
  name: string
  type: string
  /** Where it lies until `dispose`. */
  path: string
  bytes: number
}

export interface Upload {
  fields: Map<string, string[]>
  files: UploadedFile[]
  /** Removes the files. Safe to call twice. */
  dispose(): Promise<void>
}

export interface UploadLimits {
  /** Directory for the files; made if missing. */
  directory: string
  /** Of the whole body. */
  maxBytes: number
}

/** Types of a part that can be nothing but a file. */
const SOUND = /^(?:audio|video)\/|^application\/octet-stream$/i
const MAX_FIELD_BYTES = 64 * 1024
const MAX_PARTS = 100
const MAX_HEADER_BYTES = 16 * 1024

/** What a crash left behind goes at the start. */
export function clearUploads(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

/**
 * A form, or any other body as one file of the field `file` (as `curl --data-binary` sends it). Rejects with
 * `too-large`, `invalid` or `unsupported`, after removing what was written.
 */
export async function readUpload(request: Request, limits: UploadLimits): Promise<Upload> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limits.maxBytes) throw tooLarge(limits.maxBytes)
  const encoding = request.headers.get('content-encoding')
  if (encoding && encoding !== 'identity')
    throw new AppError('unsupported', `Send the body without content-encoding (${encoding}).`)
  mkdirSync(limits.directory, { recursive: true, mode: 0o700 })
  const upload = createUpload(limits.directory)
  try {
    const body = limited(request.body, limits.maxBytes)
    const type = request.headers.get('content-type') ?? ''
    const boundary = boundaryOf(type)
    if (!boundary && /^(application\/json|text\/|multipart\/)/i.test(type)) throw notAForm(type)
    if (boundary) await readParts(body, boundary, upload)
    else await readWhole(body, type, upload)
    return upload
  } catch (thrown) {
    await upload.dispose()
    throw thrown
  }
}

function notAForm(type: string): AppError {
  const kind = type.split(';')[0]
  return new AppError(
    'invalid',
    `A body of type ${kind} holds no audio. Send multipart/form-data with the audio in the field "file".`,
    { param: 'file' },
  )
}

function boundaryOf(contentType: string): string | null {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return null
  const match = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType)
  if (!match) throw new AppError('invalid', 'The multipart body has no boundary in its content type.')
  return match[1] ?? match[2] ?? null
}

async function* limited(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  if (!body) return
  let total = 0
  for await (const chunk of pacedBody(body)) {
    total += chunk.length
    if (total > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('too-large', `Uploads may have at most ${maxBytes} bytes (--max-upload-bytes).`)
}

function createUpload(directory: string): Upload & { create(part: PartHead): Promise<FileWriter> } {
  const files: UploadedFile[] = []
  const writers: FileWriter[] = []
  return {
    fields: new Map(),
    files,
    async create(part) {
      const file = { ...part, path: join(directory, `${newId('evt')}.upload`), bytes: 0 }
      files.push(file)
      const writer = await openWriter(file)
      writers.push(writer)
      return writer
    },
    async dispose() {
      await Promise.all(writers.map((writer) => writer.close()))
      await Promise.all(files.map((file) => rm(file.path, { force: true })))
    },
  }
}

type PartHead = Pick<UploadedFile, 'field' | 'name' | 'type'>

interface FileWriter {
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

async function openWriter(file: UploadedFile): Promise<FileWriter> {
  let handle: FileHandle | null = await open(file.path, 'wx', 0o600)
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const result = await handle?.write(bytes, done)
        if (!result) throw new AppError('storage', 'The upload was interrupted.')
        done += result.bytesWritten
      }
      file.bytes += bytes.length
    },
    async close() {
      const open = handle
      handle = null
      await open?.close()
    },
  }
}

async function readWhole(
  body: AsyncIterable<Uint8Array>,
  type: string,
  upload: ReturnType<typeof createUpload>,
): Promise<void> {
  const writer = await upload.create({ field: 'file', name: '', type })
  for await (const chunk of body) await writer.write(chunk)
  await writer.close()
  if (upload.files[0]?.bytes === 0) {
    await upload.dispose()
    upload.files.length = 0
  }
}

/** Parts are divided by CRLF--boundary. The rest of a chunk that could be the start of one is kept for the next. */
async function readParts(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  upload: ReturnType<typeof createUpload>,
): Promise<void> {
  const divider = Buffer.from(`\r\n--${boundary}`)
  // The first divider may stand at the very beginning, without a line break before it.
  let rest: Buffer = Buffer.from('\r\n')
  let part: { take(bytes: Uint8Array): Promise<void>; end(): Promise<void> } | null = null
  let count = 0
  let finished = false
  for await (const chunk of body) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk)
    while (!finished) {
      const at = rest.indexOf(divider)
      if (at < 0) {
        const safe = Math.max(0, rest.length - divider.length)
        await part?.take(rest.subarray(0, safe))
        rest = rest.subarray(safe)
        break
      }
      const after = at + divider.length
      const tail = rest.subarray(after, after + 2).toString('latin1')
      if (tail === '--') {
        await part?.take(rest.subarray(0, at))
        finished = true
        break
      }
      const headEnd = rest.indexOf('\r\n\r\n', after)
      if (tail.length < 2 || headEnd < 0) {
        if (rest.length - after > MAX_HEADER_BYTES)
          throw new AppError('invalid', 'A part of the form has an endless header.')
        await part?.take(rest.subarray(0, at))
        rest = rest.subarray(at)
        break
      }
      await part?.take(rest.subarray(0, at))
      await part?.end()
      if (++count > MAX_PARTS) throw new AppError('invalid', `A form may have at most ${MAX_PARTS} parts.`)
      part = await beginPart(rest.subarray(after, headEnd).toString('utf8'), upload)
      rest = rest.subarray(headEnd + 4)
    }
    if (finished) rest = Buffer.alloc(0)
  }
  await part?.end()
  if (!finished) throw new AppError('invalid', 'The form ends before its last boundary; the upload was cut.')
}

async function beginPart(head: string, upload: ReturnType<typeof createUpload>) {
  const disposition = /^content-disposition:\s*form-data\b(.*)$/im.exec(head)?.[1] ?? ''
  const field = parameter(disposition, 'name')
  if (field === null) throw new AppError('invalid', 'A part of the form has no name.')
  const type = /^content-type:\s*([^\s;]+)/im.exec(head)?.[1] ?? ''
  const name = parameter(disposition, 'filename') ?? extended(disposition)
  // Sound may come without a name for it, as `curl -F 'file=<talk.wav;type=audio/wav'` sends it.
  if (name !== null || SOUND.test(type)) {
    const writer = await upload.create({ field, name: name ?? '', type })
    return { take: (bytes: Uint8Array) => writer.write(bytes), end: () => writer.close() }
  }
  const pieces: Uint8Array[] = []
  let size = 0
  return {
    async take(bytes: Uint8Array) {
      size += bytes.length
      if (size > MAX_FIELD_BYTES)
        throw new AppError('too-large', `The field ${field} has more than ${MAX_FIELD_BYTES} bytes.`, {
          param: field,
        })
      pieces.push(bytes.slice())
    },
    async end() {
      const value = Buffer.concat(pieces).toString('utf8')
      upload.fields.set(field, [...(upload.fields.get(field) ?? []), value])
    },
  }
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
