/** `parley export`: meetings as files, by the same code as the browser's export. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Command, Option } from 'commander'
import type { Archive } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import {
  EXPORT_OPTIONS,
  type ExportOptions,
  exportFileName,
  exportTranscript,
  FORMATS,
  type Format,
  isFormat,
} from '../export/index.ts'
import { configuredDirectory, type FindDirectory, print, withDataDirectory } from './data-directory.ts'
import { findSession, positive, reading } from './sessions.ts'

interface Options {
  dataDir?: string
  format?: Format
  output?: string
  all?: boolean
  speakers: boolean
  timecodes: boolean
  language?: string
  both?: boolean
  lineLength?: number
}

export function exportCommand(find: FindDirectory = configuredDirectory): Command {
  return withDataDirectory(new Command('export'))
    .description('write meetings as files')
    .argument('[session]', 'id, its beginning, or "last"', 'last')
    .addOption(
      new Option('-f, --format <format>', 'default: by the name of the output, else txt').choices(FORMATS),
    )
    .option('-o, --output <path>', 'a file or a folder; "-" (and no option) = standard output')
    .option('--all', 'every meeting; the output is a folder')
    .option('--no-speakers', 'without names')
    .option('--no-timecodes', 'without times (reading copies)')
    .option('--language <code>', 'the translation into this language where there is one')
    .option('--both', 'with --language: the original as well')
    .option('--line-length <columns>', 'longest subtitle line', positive)
    .action((given: string, options: Options) =>
      reading(find(options.dataDir), (store) =>
        options.all ? exportAll(store, options) : exportOne(store, given, options),
      ),
    )
}

async function exportOne(store: Archive, given: string, options: Options): Promise<void> {
  const session = await findSession(store, given)
  const transcript = await store.transcript(session.id)
  const { output } = options
  const format = formatOf(options)
  const content = await exportTranscript(format, transcript, renderOptions(options))
  if (output === undefined || output === '-') {
    if (typeof content !== 'string' && process.stdout.isTTY) {
      throw new AppError('invalid', `A ${format} file is not for reading here: name a file with -o.`)
    }
    await Bun.write(Bun.stdout, content)
    return
  }
  const path = isFolder(output) ? join(output, exportFileName(format, transcript)) : output
  writeFileSync(path, content)
  print(path)
}

async function exportAll(store: Archive, options: Options): Promise<void> {
  const folder = options.output ?? '.'
  mkdirSync(folder, { recursive: true })
  const format = formatOf({ ...options, output: undefined })
  let before: number | undefined
  for (;;) {
    const page = await store.sessions({ limit: 200, before })
    for (const session of page) {
      const transcript = await store.transcript(session.id)
      // Ids make names unique: two meetings of a day may have one title.
      const name = exportFileName(format, transcript).replace(/(\.[a-z]+)$/, ` ${session.id}$1`)
      writeFileSync(join(folder, name), await exportTranscript(format, transcript, renderOptions(options)))
      print(join(folder, name))
    }
    const last = page.at(-1)
    if (!last || page.length < 200) return
    before = last.startedAt
  }
}

function formatOf(options: Pick<Options, 'format' | 'output'>): Format {
  if (options.format) return options.format
  const extension = extname(options.output ?? '')
    .slice(1)
    .toLowerCase()
  return isFormat(extension) ? extension : 'txt'
}

function isFolder(path: string): boolean {
  return path.endsWith('/') || (existsSync(path) && extname(path) === '')
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
