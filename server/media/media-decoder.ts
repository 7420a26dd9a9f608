/** The server's side of decoding: bytes go in as they arrive, 16 kHz audio comes out; compressed media are decoded in a child. */
import { SAMPLE_RATE } from '../core/audio.ts'
import { AppError, type ErrorCode } from '../core/error.ts'
import { toFloat32 } from '../core/pcm.ts'
import { childEnvironment } from '../setup/environment.ts'
import { selfCommand } from '../setup/self.ts'
import { type AudioBlock, joinBytes } from './block.ts'
import { credible } from './credible.ts'
import { peekFormat, ToSixteen } from './decode.ts'
import { DAMAGED, sniffFormat } from './format.ts'
import { createQueue } from './queue.ts'
import { bytesPerSample, decodeSamples, type SampleEncoding } from './samples.ts'
import { createWavDecoder } from './wav.ts'

export interface MediaDecoderOptions {
  /** Raw samples without a container; left out = the container is recognised by its first bytes. */
  encoding?: SampleEncoding
  /** Of raw samples, Hz (default 16,000). */
  sampleRate?: number
  /** Of raw samples (default 1). */
  channels?: number
  /** A content type or file name. Only helps where the bytes say nothing; the bytes win. */
  hint?: string
  /** What bytes of no known container are (e.g. the seeds' `/ws`: raw PCM16); left out = refused. */
  otherwise?: SampleEncoding
  /** Give every channel of the source instead of one mono mix. */
  separate?: boolean
  /** Longest audio given out, seconds. */
  maxSeconds?: number
  /** Read this file; nothing is written then. */
  file?: string
  signal?: AbortSignal
  /** The command line of the decoding child (tests). */
  command?: string[]
}

export interface MediaDecoder {
  /** Hands over bytes; resolves when more are welcome. Callers that cannot wait may ignore it: bytes queue up. */
  write(bytes: Uint8Array): Promise<void>
  end(): void
  /** Mono 16 kHz as it is decoded. Rejects with AppError `unsupported`, `invalid` or `too-large`. Read this or `planes`, once. */
  readonly pcm: AsyncIterable<Float32Array>
  /** The same by channel; one channel unless `separate`. */
  readonly planes: AsyncIterable<Float32Array[]>
  /** Ends the child and forgets what is queued. Safe to call twice. */
  close(): void
}

const DAY = 86_400
/** Bytes accepted before `write` asks its caller to wait. */
const HIGH_WATER = 1024 * 1024

export function openMediaDecoder(options: MediaDecoderOptions = {}): MediaDecoder {
  const input = createQueue<Uint8Array>(HIGH_WATER, (bytes) => bytes.length)
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  // Who waits for more bytes when it is stopped waits no longer.
  if (signal.aborted) input.end()
  signal.addEventListener('abort', () => input.end(), { once: true })
  let bytesIn = options.file === undefined ? 0 : Bun.file(options.file).size
  const planes = credible(decodeAll(input, { ...options, signal }), () => bytesIn)
  return {
    write(bytes) {
      bytesIn += bytes.length
      return input.push(bytes)
    },
    end: () => input.end(),
    planes,
    pcm: {
      async *[Symbol.asyncIterator]() {
        for await (const [mono] of planes) if (mono && mono.length > 0) yield mono
      },
    },
    close() {
      stop.abort()
    },
  }
}

async function* decodeAll(
  input: AsyncIterable<Uint8Array>,
  options: MediaDecoderOptions & { signal: AbortSignal },
): AsyncGenerator<Float32Array[]> {
  const { encoding, file } = options
  if (file !== undefined) return yield* inChild(null, options)
  if (encoding) return yield* inProcess(rawBlocks(input, encoding, options), options)
  const settled = (head: Uint8Array) =>
    options.otherwise !== undefined && head.length >= 512 && sniffFormat(head) === null && !couldBeMpeg(head)
  const { format, bytes, empty } = await peekFormat(input, settled)
  if (format === 'wav') return yield* inProcess(wavBlocks(bytes), options)
  if (format === null && options.otherwise)
    return yield* inProcess(rawBlocks(bytes, options.otherwise, options), options)
  if (empty) return
  yield* inChild(bytes, options)
}

/** An MPEG sync word at the start: worth waiting for the second frame before calling it raw PCM. */
function couldBeMpeg(head: Uint8Array): boolean {
  return head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0
}

async function* rawBlocks(
  input: AsyncIterable<Uint8Array>,
  encoding: SampleEncoding,
  { channels = 1, sampleRate = SAMPLE_RATE }: MediaDecoderOptions,
): AsyncGenerator<AudioBlock> {
  const frame = bytesPerSample(encoding) * channels
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of input) {
    const all = joinBytes(rest, chunk)
    const whole = all.length - (all.length % frame)
    rest = all.slice(whole) // half a sample waits for its other half
    if (whole > 0) yield { planes: decodeSamples(all.subarray(0, whole), encoding, channels), sampleRate }
  }
}

async function* wavBlocks(input: AsyncIterable<Uint8Array>): AsyncGenerator<AudioBlock> {
  const decoder = createWavDecoder()
  for await (const chunk of input) yield* await decoder.push(chunk)
  yield* await decoder.end()
}

async function* inProcess(
  blocks: AsyncIterable<AudioBlock>,
  { separate = false, maxSeconds = DAY, signal }: MediaDecoderOptions & { signal: AbortSignal },
): AsyncGenerator<Float32Array[]> {
  const sixteen = new ToSixteen(separate)
  let left = maxSeconds * SAMPLE_RATE
  for await (const block of blocks) {
    if (signal.aborted) return
    const planes = sixteen.push(block)
    left -= planes[0]?.length ?? 0
    if (left < 0) throw new AppError('too-large', `Audio longer than ${maxSeconds} s is refused.`)
    if (planes[0]?.length) yield planes
  }
  const tail = sixteen.end()
  if (tail[0]?.length) yield tail
}

/** What the child's collector takes for the machine's memory: 150 MB at most instead of 430 for a 4-hour file. */
const CHILD_HEAP = '100000000'

/** The command that decodes; arguments as `parseDecodeArguments` reads them. */
function decodeCommand(options: MediaDecoderOptions): string[] {
  const command = options.command ?? selfCommand('decode')
  const args = [`--max-seconds=${options.maxSeconds ?? DAY}`]
  if (options.separate) args.push('--separate')
  if (options.file !== undefined) args.push(`--file=${options.file}`)
  return [...command, ...args]
}

async function* inChild(
  input: AsyncIterable<Uint8Array> | null,
  options: MediaDecoderOptions & { signal: AbortSignal },
): AsyncGenerator<Float32Array[]> {
  const { signal } = options
  if (signal.aborted) return
  const child = Bun.spawn(decodeCommand(options), {
    stdin: input ? 'pipe' : 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...childEnvironment(), BUN_JSC_forceRAMSize: CHILD_HEAP },
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  const failure = new Response(child.stderr).text()
  const fed = input && child.stdin ? feed(child.stdin, input) : Promise.resolve()
  fed.catch(() => {})
  let rest: Uint8Array = new Uint8Array(0)
  let channels = 0
  try {
    for await (const chunk of child.stdout) {
      rest = joinBytes(rest, chunk)
      if (channels === 0) {
        const line = rest.indexOf(0x0a)
        if (line < 0) continue
        channels = (JSON.parse(new TextDecoder().decode(rest.subarray(0, line))) as { channels: number })
          .channels
        rest = rest.slice(line + 1)
      }
      const whole = rest.length - (rest.length % (2 * channels))
      if (whole === 0) continue
      yield deinterleave(toFloat32(rest.subarray(0, whole)), channels)
      rest = rest.slice(whole)
    }
    const code = await child.exited
    if (signal.aborted) return
    await fed.catch(() => {})
    if (code !== 0) throw readFailure(await failure, code)
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
  }
}

async function feed(sink: Bun.FileSink, input: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of input) {
      sink.write(chunk)
      await sink.flush()
    }
  } finally {
    await sink.end()
  }
}

function deinterleave(samples: Float32Array, channels: number): Float32Array[] {
  if (channels === 1) return [samples]
  return Array.from({ length: channels }, (_, c) => {
    const plane = new Float32Array(samples.length / channels)
    for (let i = 0; i < plane.length; i++) plane[i] = samples[i * channels + c] as number
    return plane
  })
}

function readFailure(stderr: string, code: number): AppError {
  const line = stderr.trim().split('\n').at(-1) ?? ''
  try {
    const { error } = JSON.parse(line) as { error: { code: ErrorCode; message: string } }
    return new AppError(error.code, error.message)
  } catch {
    // The child died without a word: a decoder crashed, or ran out of what it may use.
    return new AppError('invalid', DAMAGED, {
      cause: new Error(`decoder exit ${code}`),
    })
  }
}
