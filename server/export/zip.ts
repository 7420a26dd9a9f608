/** A meeting as one ZIP: every format, the recordings, and what is needed to read them; written as a stream. */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { Transcript } from '../core/transcript.ts'
import { exportFileName, exportTranscript, FORMATS, fileStem } from './index.ts'
import type { ExportOptions } from './options.ts'

/** A recording as a file: its name inside the archive, and its bytes when they are wanted. */
export interface RecordingFile {
  name: string
  stream(): AsyncIterable<Uint8Array>
}

export const ZIP_TYPE = 'application/zip'

export function zipFileName(transcript: Transcript): string {
  return `${fileStem(transcript)}.zip`
}

/** The archive's bytes as they are made; stopping to read stops the work. */
export async function* zipMeeting(
  transcript: Transcript,
  options: Partial<ExportOptions>,
  recordings: readonly RecordingFile[],
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = []
  let failure: Error | null = null
  const zip = new Zip((error, chunk) => {
    if (error) failure = error
    else if (chunk.length > 0) chunks.push(chunk)
  })
  const made = transcript.session ? new Date(transcript.session.startedAt) : new Date(0)
  /** ZIP cannot name years before 1980. */
  const mtime = made.getUTCFullYear() < 1980 ? new Date('1980-01-02') : made

  for (const format of FORMATS) {
    const body = await exportTranscript(format, transcript, options)
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    // A Word file is an archive already.
    const entry = format === 'docx' ? new ZipPassThrough(nameOf(format)) : new ZipDeflate(nameOf(format))
    entry.mtime = mtime
    zip.add(entry)
    entry.push(bytes, true)
    yield* drain()
  }
  for (const recording of recordings) {
    const entry = new ZipPassThrough(`audio/${recording.name}`)
    entry.mtime = mtime
    zip.add(entry)
    for await (const chunk of recording.stream()) {
      entry.push(chunk)
      yield* drain()
    }
    entry.push(new Uint8Array(0), true)
    yield* drain()
  }
  zip.end()
  yield* drain()

  function nameOf(format: (typeof FORMATS)[number]): string {
    return exportFileName(format, transcript)
  }

  function* drain(): Generator<Uint8Array> {
    if (failure) throw failure
    yield* chunks.splice(0)
  }
}
