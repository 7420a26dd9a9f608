/** A request with one file to transcribe, in any API's words: received, checked, and told where the work can be watched. */
import type { Context } from 'hono'
import { AppError } from '../core/error.ts'
import type { StartedFile, Transcriber } from '../files/transcriber.ts'
import { keepOpen } from './keep-open.ts'
import { readUpload, type Upload, type UploadedFile, type UploadLimits } from './multipart.ts'
import { untilWithdrawn } from './under-way.ts'

export interface TranscriptionDeps {
  transcriber: Transcriber
  uploads: UploadLimits
}

/** The upload, waited for as long as it comes; a connection on which one was given up is of no use any more. */
export async function receive(c: Context, uploads: UploadLimits): Promise<Upload> {
  keepOpen(c)
  try {
    return await readUpload(c.req.raw, { ...uploads, signal: untilWithdrawn(c) })
  } catch (thrown) {
    c.header('Connection', 'close')
    throw thrown
  }
}

/** The one file of the form. */
export function theFile({ files }: Upload): UploadedFile {
  const [file, second] = files
  const wrong = (message: string) => new AppError('invalid', message, { param: 'file' })
  if (!file) throw wrong('The form has no file. Send the audio in the field "file".')
  if (second) throw wrong('The form has more than one file. Send one per request.')
  if (file.bytes === 0) throw wrong('The file is empty.')
  return file
}

/** Where the work can be watched, in headers that no client minds. */
export function tellSession(c: Context, started: StartedFile): void {
  c.header('X-Parley-Model', started.model)
  if (started.sessionId === null) return
  c.header('X-Parley-Session', started.sessionId)
  c.header('X-Parley-Watch', started.watch ?? '')
}
