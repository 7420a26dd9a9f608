/** Where `parley transcribe` writes: the terminal as it goes, or files named after what was heard. */
import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { AppError } from '../core/error.ts'
import { nearest } from '../core/nearest.ts'
import type { Session, Transcript } from '../core/transcript.ts'
import { EXPORT_OPTIONS, exporters, FORMATS, type Format, isFormat } from '../export/index.ts'
import type { FileResult } from '../files/file-job.ts'
import { fileText, transcriptOf } from '../files/file-text.ts'
import { isAddress, isStream } from './transcribe-source.ts'

export function readFormats(text: string): Format[] {
  const formats = text
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter(Boolean)
  for (const format of formats) {
    if (isFormat(format)) continue
    const guess = nearest(format, FORMATS)
    throw new AppError(
      'invalid',
      `Unknown format '${format}'.${guess ? ` Did you mean '${guess}'?` : ''} There are ${FORMATS.join(', ')}.`,
    )
  }
  if (formats.length === 0) throw new AppError('invalid', `Name a format: ${FORMATS.join(', ')}.`)
  return formats as Format[]
}

export interface Plan {
  /** Lines go to the terminal as they are recognised. */
  live: boolean
  files: { format: Format; path: string | null }[]
}

/**
 * One plain format and no -o: the terminal. Several formats, several sources or a directory: files named after the source;
 * one whose name an earlier source has `taken` is numbered.
 */
export function planOutput(
  source: string,
  formats: readonly Format[],
  output: string | undefined,
  sources: number,
  taken = new Set<string>(),
): Plan {
  const stem = free(stemOf(source), taken)
  taken.add(stem)
  const named = (directory: string) =>
    formats.map((format) => ({ format, path: join(directory, `${stem}.${exporters[format].extension}`) }))
  if (output !== undefined) {
    const isDirectory = output.endsWith('/') || (existsSync(output) && statSync(output).isDirectory())
    if (isDirectory || formats.length > 1 || sources > 1) return { live: false, files: named(output) }
    return { live: false, files: [{ format: formats[0] as Format, path: output }] }
  }
  if (formats.length > 1) return { live: false, files: named('.') }
  const [format] = formats as [Format]
  if (format === 'docx') return { live: false, files: named('.') }
  return { live: format === 'txt', files: [{ format, path: null }] }
}

function stemOf(source: string): string {
  if (source === '-') return 'stdin'
  return basename(isAddress(source) ? new URL(source).pathname : source).replace(/\.[^.]+$/, '') || 'audio'
}

/** talk, talk-2, talk-3 … */
function free(stem: string, taken: ReadonlySet<string>): string {
  let name = stem
  for (let number = 2; taken.has(name); number++) name = `${stem}-${number}`
  return name
}

/** The same places for what was recognised before it was stopped: talk.partial.srt, which nobody takes for the whole. */
export function partial(plan: Plan): Plan {
  const rename = (path: string) => path.replace(/(\.[^./]+)?$/, '.partial$1')
  return {
    ...plan,
    files: plan.files.map(({ format, path }) => ({ format, path: path === null ? null : rename(path) })),
  }
}

/** Returns the files it wrote. */
export async function writeOutputs(
  source: string,
  result: FileResult,
  plan: Plan,
  stdout: { write(text: string): unknown },
): Promise<string[]> {
  const written: string[] = []
  if (plan.live) return written
  const transcript: Transcript = { ...transcriptOf(result), session: sessionOf(source, result) }
  for (const { format, path } of plan.files) {
    const options = { ...EXPORT_OPTIONS, speakers: result.channels > 1 }
    const plain = format === 'txt' && result.channels === 1 ? `${fileText(result.utterances)}\n` : null
    const body = plain ?? (await exporters[format].render(transcript, options))
    if (path !== null) {
      await Bun.write(path, body)
      written.push(path)
    } else stdout.write(typeof body === 'string' ? `${body.trimEnd()}\n` : '')
  }
  return written
}

function sessionOf(source: string, result: FileResult): Session {
  const startedAt = isStream(source) ? Date.now() : Math.round(statSync(source).mtimeMs)
  const title = source === '-' ? 'Standard input' : basename(source)
  return { id: 'file', roomId: 'file', epoch: 'file', title, startedAt, endedAt: startedAt + result.duration }
}
