/** `parley listen`: this machine's microphone, through whatever recorder it has, to a server. */
import { Command, Option } from 'commander'
import { AppError } from '../core/error.ts'
import { findRecorder, listDevices, RECORDERS, record } from '../media/recorder.ts'
import { addTalkOptions, checkFlags, converse, seconds, type TalkFlags } from './talk-options.ts'

interface ListenFlags extends TalkFlags {
  device?: string
  listDevices?: boolean
  recorder?: string
  duration?: number
}

const HELP = `
Ctrl+C ends: the last words are still recognised and printed. A second Ctrl+C stops at once.

Examples:
  parley listen --list-devices
  parley listen --device plughw:1,0 --duration 30
  parley listen --room quiet-otter-4207 --token TOKEN --uri wss://server:8443 --insecure
`

export function listenCommand(): Command {
  const command = new Command('listen').description('subtitles of this machine’s microphone')
  addTalkOptions(command)
    .option('--device <name>', 'microphone, as --list-devices names it (default: the system’s)')
    .option('--list-devices', 'show the microphones and end')
    .addOption(
      new Option('--recorder <program>', 'program that records (default: the first that is there)').choices(
        RECORDERS,
      ),
    )
    .option('--duration <seconds>', 'stop by itself after so long', seconds)
    .addHelpText('after', HELP)
  return command.action(() => listen(command.opts<ListenFlags>()))
}

async function listen(flags: ListenFlags): Promise<void> {
  checkFlags(flags)
  const recorder = findRecorder(flags.recorder)
  if (!recorder) {
    const wanted = flags.recorder ?? RECORDERS.join(', ')
    throw new AppError('unsupported', `No recorder found (${wanted}). Install alsa-utils, ffmpeg or sox.`)
  }
  if (flags.listDevices) {
    process.stdout.write(await listDevices(recorder))
    return
  }
  const recording = record(recorder, flags.device)
  let stops = 0
  const stop = () => {
    if (++stops > 1) process.exit(130)
    process.stderr.write('\nFinishing …\n')
    recording.stop()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const timer = flags.duration ? setTimeout(() => recording.stop(), flags.duration * 1000) : null
  process.stderr.write(`Listening through ${recorder}. Ctrl+C to finish.\n`)
  try {
    await converse(flags, { sound: recording.sound, realTime: false })
  } finally {
    if (timer) clearTimeout(timer)
    recording.stop()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
