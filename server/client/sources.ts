/** Where a client's sound comes from: any audio or video file, this machine's microphone, or a program of your own. PCM16 mono 16 kHz. */
import { AppError } from '../core/error.ts'
import { toPcm16 } from '../core/pcm.ts'
import { openMediaDecoder } from '../media/media-decoder.ts'
import { findRecorder, type Recorder, recordCommand, recordWith } from '../media/recorder.ts'

/** The sound of a file, as fast as it is wanted. */
export async function* fileSource(path: string): AsyncGenerator<Uint8Array> {
  const decoder = openMediaDecoder()
  const feeding = (async () => {
    for await (const bytes of Bun.file(path).stream()) await decoder.write(bytes)
    decoder.end()
  })()
  feeding.catch(() => decoder.close())
  try {
    for await (const pcm of decoder.pcm) yield toPcm16(pcm)
    await feeding
  } finally {
    decoder.close()
  }
}

export interface MicrophoneOptions {
  /** As `parley listen --list-devices` names it; left out = the system's. */
  device?: string
  /** Default: the first that is installed. */
  recorder?: Recorder
  /** Instead of a recorder: any program that writes PCM16 mono 16 kHz to its standard output. */
  command?: string[]
  /** Ends the recording; what was recorded before is still given out. */
  signal?: AbortSignal
}

/** What this machine's microphone hears, until `signal` ends it. */
export async function* microphone(options: MicrophoneOptions = {}): AsyncGenerator<Uint8Array> {
  const { device, signal } = options
  const recorder = findRecorder(options.recorder)
  const command = options.command ?? (recorder && recordCommand(recorder, device))
  if (!command)
    throw new AppError('unsupported', 'No recorder found. Install alsa-utils (arecord), ffmpeg or sox.')
  const recording = recordWith(command)
  const stop = () => recording.stop()
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    yield* recording.sound
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}
