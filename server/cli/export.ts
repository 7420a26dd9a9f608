/** `parley export`: meetings as files, by the same code as the browser's export. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { Command, Option } from 'commander'
import type { Archive, SessionSummary } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import {
  EXPORT_OPTIONS,
  type ExportOptions,
  exportFileName,
  exportTranscript,
  FORMATS,
  type Format,
  fileStem,
  isFormat,
  safeName,
} from '../export/index.ts'
import { zipFileName, zipMeeting } from '../export/zip.ts'
import { mixedFile, recordingFiles, takeable } from '../media/recording-files.ts'
import { configuredDirectory, type FindDirectory, withDataDirectory } from './data-directory.ts'
import { catchInterrupts } from './interrupt.ts'
import { print } from './print.ts'
import { findSession, positive, reading } from './sessions.ts'

interface Options {
  dataDir?: string
  format?: Format | 'zip' | 'wav'
  output?: string
  all?: boolean
  speakers: boolean
  timecodes: boolean
  language?: string
  both?: boolean
  notes: boolean
  audio: boolean
  lineLength?: number
}

export function exportCommand(find: FindDirectory = configuredDirectory): Command {
  return withDataDirectory(new Command('export'))
    .description('write meetings as files')
    .argument('[session]', 'id, its beginning, or "last"', 'last')
    .addOption(
      new Option(
        '-f, --format <format>',
        'default: by the name of the output, else txt; zip = all of them and the recordings, wav = all voices mixed',
      ).choices([...FORMATS, 'zip', 'wav']),
    )
    .option('-o, --output <path>', 'a file or a folder; "-" (and no option) = standard output')
    .option('--all', 'every meeting; the output is a folder')
    .option('--no-speakers', 'without names')
    .option('--no-timecodes', 'without times (reading copies)')
    .option('--language <code>', 'the translation into this language where there is one')
    .option('--both', 'with --language: the original as well')
    .option('--no-notes', 'without stars and notes')
    .option('--no-audio', 'in a zip: without the recordings')
    .option('--line-length <columns>', 'longest subtitle line', positive)
    .action((given: string, options: Options) =>
      reading(find(options.dataDir), async (store) => {
        const interrupts = catchInterrupts()
        const place = { store, dataDir: find(options.dataDir), signal: interrupts.signal }
        await (options.all ? exportAll(place, options) : exportOne(place, given, options)).finally(
          interrupts.release,
        )
      }),
    )
}

interface Place {
  store: Archive
  dataDir: string
  signal: AbortSignal
}

async function exportOne(place: Place, given: string, options: Options): Promise<void> {
  const session = await findSession(place.store, given)
  const { output } = options
  const format = formatOf(options)
  const made = await makeExport(place, session.id, format, options)
  if (output === undefined || output === '-') {
    if (made.binary && process.stdout.isTTY) {
      throw new AppError('invalid', `A ${format} file is not for reading here: name a file with -o.`)
    }
    const sink = Bun.stdout.writer()
    for await (const part of untilStopped(made.parts, place.signal)) {
      sink.write(part)
      await sink.flush()
    }
    return
  }
  const path = isFolder(output) ? freePath(output, made.name, session.id) : output
  await writeParts(path, untilStopped(made.parts, place.signal))
  print(path)
}

async function exportAll(place: Place, options: Options): Promise<void> {
  const folder = options.output ?? '.'
  mkdirSync(folder, { recursive: true })
  const format = formatOf({ ...options, output: undefined })
  let last: SessionSummary | undefined
  for (;;) {
    const page = await place.store.sessions({ limit: 200, before: last?.startedAt, beforeId: last?.id })
    for (const session of page) {
      if (format === 'wav' && !session.hasAudio) continue
      const made = await makeExport(place, session.id, format, options)
      const path = join(folder, withId(made.name, session.id))
      await writeParts(path, untilStopped(made.parts, place.signal))
      print(path)
    }
    last = page.at(-1)
    if (page.length < 200) return
  }
}

interface Made {
  name: string
  binary: boolean
  parts: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>
}

async function makeExport(
  { store, dataDir }: Place,
  sessionId: string,
  format: Format | 'zip' | 'wav',
  options: Options,
): Promise<Made> {
  const transcript = await store.transcript(sessionId)
  const chosen = { ...renderOptions(options), marks: options.notes ? await store.marks(sessionId) : [] }
  if (isFormat(format)) {
    const content = await exportTranscript(format, transcript, chosen)
    const name = exportFileName(format, transcript)
    return { name, binary: typeof content !== 'string', parts: [content] }
  }
  const tracks = takeable(dataDir, await store.recordings(sessionId))
  if (format === 'wav') {
    if (tracks.length === 0) throw new AppError('not-found', 'No audio was kept of this meeting.')
    return { name: `${fileStem(transcript)}.wav`, binary: true, parts: mixedFile(dataDir, tracks) }
  }
  const nameOf = (id: string) =>
    (options.speakers && safeName(transcript.participants.get(id)?.name ?? '')) || 'Speaker'
  const recordings = options.audio ? recordingFiles(dataDir, tracks, nameOf) : []
  return { name: zipFileName(transcript), binary: true, parts: zipMeeting(transcript, chosen, recordings) }
}

/** What is written, and a look between its parts whether it is wanted: signals arrive between turns of the event loop only. */
async function* untilStopped(parts: Made['parts'], signal: AbortSignal): AsyncGenerator<string | Uint8Array> {
  for await (const part of parts) {
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
    yield part
  }
}

/**
 * Under another name until it is whole: a half-written archive is never taken for one. A pipe or device (`-o >(gzip)`,
 * `/dev/null`) is written to as it is; another file in its place would be the end of it.
 */
async function writeParts(path: string, parts: AsyncIterable<string | Uint8Array>): Promise<void> {
  const inPlace = existsSync(path) && !statSync(path).isFile()
  const draft = inPlace ? path : `${path}.part`
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(draft, 'w')
  try {
    for await (const part of parts) writeFileSync(file, part)
  } catch (thrown) {
    closeSync(file)
    if (!inPlace) rmSync(draft, { force: true })
    throw thrown
  }
  closeSync(file)
  if (!inPlace) renameSync(draft, path)
}

function formatOf(options: Pick<Options, 'format' | 'output'>): Format | 'zip' | 'wav' {
  if (options.format) return options.format
  const extension = extname(options.output ?? '')
    .slice(1)
    .toLowerCase()
  return isFormat(extension) || extension === 'zip' || extension === 'wav' ? extension : 'txt'
}

/** Ids make names unique: two meetings of a day may have one title. */
const withId = (name: string, id: string) => name.replace(/(\.[a-z]+)$/, ` ${id}$1`)

/** The usual name in this folder; the one with the id where a file, perhaps another meeting's, has that. */
function freePath(folder: string, name: string, id: string): string {
  const usual = join(folder, name)
  return existsSync(usual) ? join(folder, withId(name, id)) : usual
}

function isFolder(path: string): boolean {
  return path.endsWith('/') || (existsSync(path) && statSync(path).isDirectory())
}

function renderOptions(options: Options): Partial<ExportOptions> {
  const { subtitles } = EXPORT_OPTIONS
  return {
    speakers: options.speakers,
    timecodes: options.timecodes,
    language: options.language ?? null,
    both: options.both ?? false,
    subtitles: { ...subtitles, lineLength: options.lineLength ?? subtitles.lineLength },
  }
}
