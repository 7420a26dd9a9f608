/**
 * The media child (`parley decode`; with `--compress=PCM --to=OPUS` the compressor of recordings): media on stdin or in a file, 16 kHz PCM on stdout. What a hostile file does to a
 * decoder happens here and not in the server. Output: one JSON line `{channels, format}`, then s16le samples, interleaved;
 * on failure one JSON line `{error: {code, message}}` on stderr and exit 1.
 */

import { closeSync, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { getPriority, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { SAMPLE_RATE } from '../core/audio.ts'
import { AppError, codeOf, toAppError } from '../core/error.ts'
import { toPcm16 } from '../core/pcm.ts'
import type { AudioBlock } from './block.ts'
import { createStreamDecoder, decodeMp4, peekFormat, ToSixteen } from './decode.ts'
import { decodeWithFfmpeg, findFfmpeg } from './ffmpeg.ts'
import { DAMAGED, type MediaFormat } from './format.ts'
import { compressFile } from './keeper.ts'

export interface DecodeOptions {
  /** Read this file instead of stdin. */
  file?: string
  /** One output channel per input channel instead of one mono. */
  separate: boolean
  /** Longest audio that is given out, seconds: a few bytes can claim to be days of silence. */
  maxSeconds: number
}

/** Memory the child may hold before it ends itself, bytes: far above any honest decoder's need. */
const MAX_RSS = 1_200 * 1024 * 1024
const NICENESS = 10

/** Arguments of the `decode` verb, as `decodeCommand` writes them. */
function parseDecodeArguments(args: readonly string[]): DecodeOptions {
  const value = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
  return {
    file: value('file'),
    separate: args.includes('--separate'),
    maxSeconds: Number(value('max-seconds') ?? 86_400),
  }
}

/** The exit code. */
export async function decodeChild(args: readonly string[]): Promise<number> {
  const watch = setInterval(() => process.memoryUsage.rss() > MAX_RSS && process.exit(70), 500)
  watch.unref()
  lowerPriority()
  try {
    const named = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
    const [compress, to] = [named('compress'), named('to')]
    if (compress !== undefined && to !== undefined) compressFile(compress, to)
    else await run(parseDecodeArguments(args))
    return 0
  } catch (thrown) {
    // A reader that went away is the ordinary end of an aborted job.
    if (codeOf(thrown) === 'EPIPE') return 0
    const { code, message } = toldOf(thrown)
    writeSync(2, `${JSON.stringify({ error: { code, message } })}\n`)
    return 1
  } finally {
    clearInterval(watch)
  }
}

/** Whatever a demuxer or decoder stumbles over, it is the file: what comes in there is of others. */
function toldOf(thrown: unknown): AppError {
  if (thrown instanceof AppError || codeOf(thrown) !== '') return toAppError(thrown)
  return new AppError('invalid', DAMAGED, { cause: thrown })
}

/** As the recogniser's processes: what a file costs is not at the expense of those who are being heard. */
function lowerPriority(): void {
  try {
    if (getPriority() < NICENESS) setPriority(NICENESS)
  } catch {
    // A system without priorities: then it runs as it is.
  }
}

async function run(options: DecodeOptions): Promise<void> {
  const source = options.file === undefined ? Bun.stdin.stream() : Bun.file(options.file).stream()
  const { format, bytes } = await peekFormat(source)
  const writer = createWriter(options, format)
  try {
    for await (const block of blocks(format, bytes, options.file)) await writer.write(block)
  } catch (thrown) {
    // Codecs that are rare enough not to be carried along: ffmpeg, if the machine has it and can see the whole file.
    const rare = thrown instanceof AppError && thrown.code === 'unsupported'
    if (!rare || writer.begun || options.file === undefined || !findFfmpeg()) throw thrown
    for await (const block of decodeWithFfmpeg(options.file, options.separate)) await writer.write(block)
  }
  await writer.end()
}

async function* blocks(
  format: MediaFormat | null,
  bytes: AsyncIterable<Uint8Array>,
  file: string | undefined,
): AsyncGenerator<AudioBlock> {
  if (format === null) throw new AppError('unsupported', 'This is not audio or video that Parley knows.')
  if (format === 'other')
    throw new AppError('unsupported', 'This kind of file can only be read where ffmpeg is installed.')
  if (format === 'mp4')
    return yield* mp4File(file === undefined ? await spoolToFile(bytes) : openSync(file, 'r'))
  const decoder = await createStreamDecoder(format)
  for await (const chunk of bytes) yield* await decoder.push(chunk)
  yield* await decoder.end()
  decoder.close()
}

/** Closes what it was given. */
async function* mp4File(descriptor: number): AsyncGenerator<AudioBlock> {
  try {
    const { size } = fstatSync(descriptor)
    yield* decodeMp4((offset, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, offset))
    }, size)
  } finally {
    closeSync(descriptor)
  }
}

/** Largest MP4 taken from a pipe, bytes: it lies on the disk meanwhile. Larger ones can be uploaded as files. */
const MOST_SPOOLED = 2 * 1024 ** 3

/**
 * An MP4 may keep its index at the end: from a pipe it has to lie still first. The file has no name from the beginning, so
 * that nothing that was said is left behind, however this process ends. Resolves to its descriptor.
 */
export async function spoolToFile(
  bytes: AsyncIterable<Uint8Array>,
  most = MOST_SPOOLED,
  directory = tmpdir(),
): Promise<number> {
  const path = join(directory, `parley-media-${process.pid}-${Date.now()}.mp4`)
  const descriptor = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  let size = 0
  try {
    for await (const chunk of bytes) {
      size += chunk.length
      if (size > most)
        throw new AppError('too-large', `An MP4 sent in pieces may have ${most / 1024 ** 2} MiB.`)
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done)
    }
  } catch (thrown) {
    closeSync(descriptor)
    throw thrown
  }
  return descriptor
}

function createWriter(options: DecodeOptions, format: MediaFormat | null) {
  const sixteen = new ToSixteen(options.separate)
  let channels = 0
  let left = options.maxSeconds * SAMPLE_RATE
  const put = (planes: Float32Array[]) => {
    const [first] = planes
    if (!first) return
    if (channels === 0) {
      channels = planes.length
      writeAll(new TextEncoder().encode(`${JSON.stringify({ channels, format: format ?? 'other' })}\n`))
    }
    const count = Math.min(first.length, left)
    left -= count
    const mixed = new Float32Array(count * channels)
    for (let c = 0; c < channels; c++) {
      const plane = planes[Math.min(c, planes.length - 1)] as Float32Array
      for (let i = 0; i < count; i++) mixed[i * channels + c] = plane[i] as number
    }
    writeAll(toPcm16(mixed))
    if (left <= 0) throw new AppError('too-large', `Audio longer than ${options.maxSeconds} s is refused.`)
  }
  return {
    get begun() {
      return channels > 0
    },
    write: (block: AudioBlock) => put(sixteen.push(block)),
    end: () => put(sixteen.end()),
  }
}

/** Blocking writes: the pipe's own limit is the back-pressure. EAGAIN (a non-blocking pipe) is waited out. */
function writeAll(bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done)
    } catch (thrown) {
      if (codeOf(thrown) !== 'EAGAIN') throw thrown
      Bun.sleepSync(5)
    }
  }
}

/** The `decode` verb: whatever follows it on the command line. */
export async function runDecodeWorker(argv: readonly string[] = process.argv): Promise<never> {
  process.exit(await decodeChild(argv.slice(argv.indexOf('decode') + 1)))
}

if (import.meta.main) process.exit(await decodeChild(process.argv.slice(2)))
