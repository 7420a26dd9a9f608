/** Uploads in bounded memory: the files of a form are written to disk as they come, its fields are kept as text. */
import { mkdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, codeOf } from '../core/error.ts'
import { newId } from '../core/id.ts'
import { boundaryOf, FormScanner, type PartHead } from './form-scanner.ts'
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
  /** False when what is left of the disk is kept for running meetings. */
  hasRoom?(): boolean
  /** Nobody waits for it any more, or nobody may. */
  signal?: AbortSignal | undefined
}

/** Types of a part that can be nothing but a file. */
const SOUND = /^(?:audio|video)\/|^application\/octet-stream$/i
const MAX_FIELD_BYTES = 64 * 1024
const MAX_PARTS = 100
/** The disk's free space is looked at every so many bytes of an upload. */
const LOOK_EVERY = 4 * 1024 ** 2

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
  const upload = createUpload(limits.directory)
  try {
    mkdirSync(limits.directory, { recursive: true, mode: 0o700 })
    const body = limited(request.body, limits)
    const type = request.headers.get('content-type') ?? ''
    const boundary = boundaryOf(type)
    if (!boundary && /^(application\/json|text\/|multipart\/)/i.test(type)) throw notAForm(type)
    if (boundary) await readParts(body, boundary, upload)
    else await readWhole(body, type, upload)
    return upload
  } catch (thrown) {
    await upload.dispose()
    throw ofTheDisk(thrown)
  }
}

/** What the disk answers beside the look at its free space: a quota of this user, others who fill it, a fault. */
function ofTheDisk(thrown: unknown): unknown {
  const code = codeOf(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT') return noRoom(thrown)
  if (code !== 'EIO' && code !== 'EROFS') return thrown
  return new AppError('storage', 'The disk does not take the file.', { cause: thrown })
}

function notAForm(type: string): AppError {
  const kind = type.split(';')[0]
  return new AppError(
    'invalid',
    `A body of type ${kind} holds no audio. Send multipart/form-data with the audio in the field "file".`,
    { param: 'file' },
  )
}

async function* limited(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, hasRoom = () => true, signal }: UploadLimits,
): AsyncGenerator<Uint8Array> {
  if (!body) return
  let total = 0
  let looked = Number.NEGATIVE_INFINITY
  for await (const chunk of pacedBody(body)) {
    total += chunk.length
    signal?.throwIfAborted()
    if (total > maxBytes) throw tooLarge(maxBytes)
    if (total - looked > LOOK_EVERY) {
      if (!hasRoom()) throw noRoom()
      looked = total
    }
    yield chunk
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('too-large', `Uploads may have at most ${maxBytes} bytes (--max-upload-bytes).`)
}

function noRoom(cause?: unknown): AppError {
  const message = 'The disk is nearly full: files are taken again when there is room.'
  return new AppError('storage', message, { cause })
}

function createUpload(directory: string): Upload & { create(file: NewFile): Promise<FileWriter> } {
  const files: UploadedFile[] = []
  const writers: FileWriter[] = []
  return {
    fields: new Map(),
    files,
    async create(described) {
      const file = { ...described, path: join(directory, `${newId('evt')}.upload`), bytes: 0 }
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

type NewFile = Pick<UploadedFile, 'field' | 'name' | 'type'>

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

interface Part {
  take(bytes: Uint8Array): Promise<void>
  end(): Promise<void>
}

async function readParts(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  upload: ReturnType<typeof createUpload>,
): Promise<void> {
  const scanner = new FormScanner(boundary)
  let part: Part | null = null
  let count = 0
  for await (const chunk of body)
    for (const piece of scanner.push(chunk)) {
      if (piece.type === 'data') await part?.take(piece.bytes)
      else {
        await part?.end()
        if (++count > MAX_PARTS) throw new AppError('invalid', `A form may have at most ${MAX_PARTS} parts.`)
        part = await beginPart(piece.head, upload)
      }
    }
  await part?.end()
  if (!scanner.finished)
    throw new AppError('invalid', 'The form ends before its last boundary; the upload was cut.')
}

async function beginPart(head: PartHead, upload: ReturnType<typeof createUpload>): Promise<Part> {
  const { field, name, type } = head
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
