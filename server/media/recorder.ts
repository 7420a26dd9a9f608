/** Recording programs this machine may have (arecord, ffmpeg, …): which is there, its command line, its sound as PCM16 mono 16 kHz. */
import { AppError } from '../core/error.ts'

export type Recorder = 'arecord' | 'ffmpeg' | 'sox'
export const RECORDERS: Recorder[] = ['arecord', 'ffmpeg', 'sox']

export function findRecorder(
  wanted?: string,
  which: (name: string) => string | null = Bun.which,
): Recorder | null {
  return RECORDERS.find((name) => (wanted === undefined || wanted === name) && which(name) !== null) ?? null
}

/** The command line that writes raw samples of `device` to its standard output. */
export function recordCommand(
  recorder: Recorder,
  device?: string,
  platform: string = process.platform,
): string[] {
  switch (recorder) {
    case 'arecord':
      return [
        'arecord',
        '-q',
        '-t',
        'raw',
        '-f',
        'S16_LE',
        '-r',
        '16000',
        '-c',
        '1',
        ...(device ? ['-D', device] : []),
      ]
    case 'ffmpeg':
      return [
        'ffmpeg',
        '-nostdin',
        '-loglevel',
        'error',
        ...ffmpegInput(device, platform),
        '-ac',
        '1',
        '-ar',
        '16000',
        '-f',
        's16le',
        '-',
      ]
    case 'sox': {
      const source = device ? ['-t', soxDriver(platform), device] : ['-d']
      return [
        'sox',
        '-q',
        ...source,
        '-t',
        'raw',
        '-r',
        '16000',
        '-c',
        '1',
        '-b',
        '16',
        '-e',
        'signed-integer',
        '-',
      ]
    }
  }
}

function ffmpegInput(device: string | undefined, platform: string): string[] {
  if (platform === 'darwin') return ['-f', 'avfoundation', '-i', `:${device ?? 'default'}`]
  if (platform === 'win32') return ['-f', 'dshow', '-i', `audio=${device ?? 'default'}`]
  // hw:0, plughw:1,0, default … are ALSA's names, everything else PulseAudio's.
  const alsa = device === undefined || /^(default|sysdefault|(plug)?hw:|dsnoop:|pulse$)/.test(device)
  return ['-f', alsa ? 'alsa' : 'pulse', '-i', device ?? 'default']
}

function soxDriver(platform: string): string {
  if (platform === 'darwin') return 'coreaudio'
  return platform === 'win32' ? 'waveaudio' : 'alsa'
}

/** What the recorder itself says about the microphones. */
export async function listDevices(recorder: Recorder, platform: string = process.platform): Promise<string> {
  const command = listCommand(recorder, platform)
  if (!command) return 'sox cannot list devices; use arecord -L, or the system’s sound settings.\n'
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return out.trim() ? out : err
}

function listCommand(recorder: Recorder, platform: string): string[] | null {
  if (recorder === 'arecord') return ['arecord', '-L']
  if (recorder === 'sox') return null
  const system = { darwin: 'avfoundation', win32: 'dshow' }[platform]
  if (!system) return ['ffmpeg', '-hide_banner', '-sources', 'pulse']
  return [
    'ffmpeg',
    '-hide_banner',
    '-list_devices',
    'true',
    '-f',
    system,
    '-i',
    system === 'dshow' ? 'dummy' : '',
  ]
}

export interface Recording {
  readonly sound: AsyncIterable<Uint8Array>
  /** Ends the sound; what was recorded is still given out. */
  stop(): void
}

/** Starts recording at once. A recorder that ends by itself is an error with its own words. */
export function record(recorder: Recorder, device?: string): Recording {
  return recordWith(recordCommand(recorder, device))
}

export function recordWith(command: string[]): Recording {
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const complaint = new Response(child.stderr).text()
  let stopped = false
  return {
    sound: {
      async *[Symbol.asyncIterator]() {
        for await (const bytes of child.stdout) yield bytes
        const code = await child.exited
        if (stopped || code === 0) return
        const said = (await complaint).trim().split('\n').at(-1) ?? ''
        throw new AppError(
          'unavailable',
          `${command[0]} stopped: ${said || `exit code ${code}`}. See parley listen --list-devices.`,
        )
      },
    },
    stop() {
      stopped = true
      child.kill('SIGTERM')
    },
  }
}
