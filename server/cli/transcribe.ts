/** `parley transcribe FILE|URL|-`: text while it works, progress on stderr, files in any export format at the end. */

import { basename } from 'node:path'
import { Command, Option } from 'commander'
import type { SpeechEngine } from '../asr/speech-event.ts'
import { samplesToMs } from '../core/audio.ts'
import { AppError } from '../core/error.ts'
import { readLanguage } from '../core/language-tag.ts'
import { textOf } from '../core/transcript.ts'
import { FORMATS } from '../export/index.ts'
import { type FileResult, type FileUtterance, runFileJob } from '../files/file-job.ts'
import { channelName } from '../files/file-text.ts'
import { createLog, LOG_LEVELS, type Log, type LogLevel } from '../log.ts'
import { type MediaDecoder, openMediaDecoder } from '../media/media-decoder.ts'
import type { Config } from '../settings.ts'
import { catchInterrupts, Interrupted } from './interrupt.ts'
import { configOf } from './options.ts'
import { type Plan, partial, planOutput, readFormats, writeOutputs } from './transcribe-output.ts'
import { createProgress, type ProgressSink } from './transcribe-progress.ts'
import { checkSource, isStream, openStream } from './transcribe-source.ts'

export interface TranscribeDeps {
  openEngine(config: Config, log: Log): Promise<SpeechEngine>
  stdout?: { write(text: string): unknown }
  stderr?: ProgressSink
  stdin?: AsyncIterable<Uint8Array>
  /** Command of the decoding child (tests). */
  decodeCommand?: string[]
}

interface Chosen {
  format: string
  output?: string
  channels?: boolean
  quiet?: boolean
}

const HELP = `
Examples:
  parley transcribe meeting.mp3                       text on the terminal, as it is recognised
  parley transcribe -f srt,vtt -o subtitles film.mp4  subtitles/film.srt and subtitles/film.vtt
  parley transcribe -l de --model large-v3-turbo *.wav -o texts
  curl -s https://example.org/talk.ogg | parley transcribe -
`

/** The command, ready to be added to the program. */
export function transcribeCommand(deps: TranscribeDeps): Command {
  const command = new Command('transcribe')
    .description('transcribe audio or video files, addresses or standard input')
    .argument('<source...>', 'files, http(s) addresses, or - for standard input')
    .option('-f, --format <formats>', `${FORMATS.join(', ')}; several with commas`, 'txt')
    .option('-o, --output <path>', 'file, or directory for several (default: the terminal)')
    .option('--channels', 'one speaker per audio channel')
    .option('-q, --quiet', 'no progress')
    .addOption(new Option('--model <name>', 'speech model (-m)'))
    .addOption(new Option('--language <code>', 'spoken language (-l); default: detect'))
    .addOption(new Option('--translate', 'translate to English (-tr)'))
    .addOption(new Option('--vocabulary <text>', 'names and terms that occur'))
    .addOption(new Option('--threads <count>', 'CPU threads per worker (-t)'))
    .addOption(new Option('--workers <count>', 'recogniser processes'))
    .addOption(new Option('--beam-size <count>', 'beam width of the careful pass (-bs)'))
    .addOption(new Option('--backend <name>', 'recogniser').hideHelp())
    .addOption(new Option('--gpu <kind>', 'auto | off | cuda | vulkan | metal (-ng = off)'))
    .addOption(new Option('--data-dir <directory>', 'where Parley keeps models and data'))
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(LOG_LEVELS).default('warn'))
    .addHelpText('after', HELP)
  return command.action(async (sources: string[]) => {
    const { config } = configOf(command)
    await transcribe(
      sources,
      command.opts<Chosen>(),
      { ...config, logLevel: command.opts<{ logLevel: LogLevel }>().logLevel },
      deps,
    )
  })
}

export async function transcribe(
  sources: readonly string[],
  chosen: Chosen,
  config: Config,
  deps: TranscribeDeps,
): Promise<void> {
  const formats = readFormats(chosen.format)
  const language = readLanguage(config.language)
  const log = createLog(config.logLevel)
  for (const source of sources) checkSource(source)
  const interrupts = catchInterrupts()
  // `parley transcribe … | head` closes the pipe: no more text is wanted, which is no error.
  const unread = () => interrupts.abort(new AppError('conflict', 'Nobody reads the output any more.'))
  process.stdout.on('error', unread)
  const engine = await deps.openEngine(config, log)
  try {
    await becomeReady(engine, interrupts.signal)
    const taken = new Set<string>()
    for (const source of sources) {
      const plan = planOutput(source, formats, chosen.output, sources.length, taken)
      const job = { ...deps, engine, plan, chosen, config, language, signal: interrupts.signal }
      await transcribeOne(source, job)
    }
  } finally {
    interrupts.release()
    process.stdout.off('error', unread)
    await engine.close()
  }
}

async function becomeReady(engine: SpeechEngine, signal: AbortSignal): Promise<void> {
  for (let waited = 0; !engine.status().ready; waited += 50) {
    signal.throwIfAborted()
    if (waited > 180_000)
      throw new AppError('unavailable', engine.status().detail || 'The recogniser does not start.')
    await Bun.sleep(50)
  }
}

interface Job extends TranscribeDeps {
  engine: SpeechEngine
  plan: Plan
  chosen: Chosen
  config: Config
  language: string | null
  signal: AbortSignal
}

async function transcribeOne(source: string, job: Job): Promise<void> {
  const { engine, plan, chosen, signal } = job
  const stdout = job.stdout ?? process.stdout
  const soFar: FileResult = { utterances: [], duration: 0, channels: 1 }
  const progress = createProgress(basename(source), chosen.quiet ? null : (job.stderr ?? process.stderr))
  const streams: { close(): void }[] = []
  try {
    const result = await runFileJob({
      media: openMedia(source, job, progress),
      signal,
      open: async (channel, channels) => {
        soFar.channels = channels
        const stream = engine.open(speechOptions(source, channel, job))
        streams.push(stream)
        return { sink: stream, start: 0 }
      },
      onProgress(_fed, done) {
        soFar.duration = done
        progress.at(done)
      },
      onUtterance(utterance) {
        soFar.utterances.push(utterance)
        if (!plan.live) return
        progress.clear()
        stdout.write(`${liveLine(utterance, chosen.channels === true)}\n`)
      },
    })
    progress.throwIfFailed()
    progress.end(result.duration)
    await writeOutputs(source, result, plan, stdout)
  } catch (thrown) {
    // A terminal sends Ctrl+C to the decoder as well: then its end is not why this stops.
    const reason = signal.aborted ? signal.reason : thrown
    progress.clear()
    if (reason instanceof Interrupted) await keepBeginning(source, soFar, job)
    throw reason
  } finally {
    progress.clear()
    for (const stream of streams) stream.close()
  }
}

/** The sound of the source, which may still be arriving; its whole length is found out beside, where it has one. */
function openMedia(source: string, job: Job, progress: ReturnType<typeof createProgress>): MediaDecoder {
  const { chosen, signal, decodeCommand: command } = job
  const file = isStream(source) ? undefined : source
  const media = openMediaDecoder({ separate: chosen.channels === true, signal, command, file })
  if (file === undefined) feed(media, source, job).catch((thrown) => progress.failed(thrown))
  else
    measure(file, job).then(
      (total) => progress.total(total),
      () => {},
    )
  return media
}

function speechOptions(
  source: string,
  channel: number,
  { config, language }: Job,
): Parameters<SpeechEngine['open']>[0] {
  return {
    language,
    languages: [],
    task: config.translate ? 'translate' : 'transcribe',
    vocabulary: config.vocabulary,
    drafts: false,
    refine: true,
    start: 0,
    room: source,
    speaker: `${source}#${channel}`,
  }
}

/** Interrupted: what is finished is written all the same. */
async function keepBeginning(source: string, soFar: FileResult, job: Job): Promise<void> {
  if (soFar.utterances.length === 0) return
  const kept = await writeOutputs(source, soFar, partial(job.plan), job.stdout ?? process.stdout)
  for (const path of kept) (job.stderr ?? process.stderr).write(`The beginning is in ${path}\n`)
}

function liveLine(utterance: FileUtterance, channels: boolean): string {
  return `${channels ? `${channelName(utterance.channel)}: ` : ''}${textOf(utterance.committed)}`
}

/** What comes as a stream, as it arrives. */
async function feed(media: MediaDecoder, source: string, job: Job): Promise<void> {
  try {
    const bytes = await openStream(source, job)
    let came = 0
    for await (const chunk of bytes) {
      came += chunk.length
      await media.write(chunk)
    }
    if (came === 0)
      throw new AppError('invalid', 'No sound came: the input was empty. Did what writes it fail?')
  } finally {
    media.end()
  }
}

/** The length of a file, by decoding it once more in the background (hundreds of times faster than recognising it). */
async function measure(file: string, job: Job): Promise<number> {
  const media = openMediaDecoder({ file, signal: job.signal, command: job.decodeCommand })
  let samples = 0
  for await (const pcm of media.pcm) samples += pcm.length
  return samplesToMs(samples)
}
