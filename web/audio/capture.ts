/** The browser's sound input as frames of 16 kHz PCM: getUserMedia or getDisplayMedia → AudioWorklet. */
import { keepRunning } from './keep-running.ts'
import type { Playback } from './playback.ts'
import { type CaptureContext, type CaptureProblem, captureProblem } from './problem.ts'

export type CaptureSource =
  | { kind: 'microphone'; deviceId: string }
  | { kind: 'tab' }
  | { kind: 'file'; file: File }

export interface CaptureFrame {
  pcm16: Int16Array<ArrayBuffer>
  rms: number
  peak: number
}

export interface CaptureEvents {
  frame(frame: CaptureFrame): void
  /** The system took the device away (call, lock, other app) or gave it back. */
  interrupted(paused: boolean): void
  /** The device is gone for good. */
  ended(): void
}

export interface Capture {
  /** As the browser names the device that is really used. */
  label: string
  deviceId: string
  /** Of a recording that is played into the room; it waits at its beginning until it is told to play. */
  playback?: Playback
  stop(): void
}

export interface AudioDevice {
  id: string
  label: string
}

/** What MicrophoneModel needs of the browser. */
export interface CapturePorts {
  open(source: CaptureSource, events: CaptureEvents): Promise<Capture>
  devices(): Promise<AudioDevice[]>
  onDevicesChanged(listener: () => void): () => void
}

export class CaptureError extends Error {
  constructor(readonly problem: CaptureProblem) {
    super(problem)
  }
}

export const browserCapturePorts: CapturePorts = {
  async open(source, events) {
    if (source.kind === 'file') return openFile(source.file, events)
    const stream = await openStream(source)
    try {
      return await startStream(stream, events)
    } catch {
      for (const track of stream.getTracks()) track.stop()
      throw new CaptureError('unsupported')
    }
  },
  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? []
    return all
      .filter((device) => device.kind === 'audioinput' && device.deviceId !== '')
      .map((device) => ({ id: device.deviceId, label: device.label }))
  },
  onDevicesChanged(listener) {
    navigator.mediaDevices?.addEventListener('devicechange', listener)
    return () => navigator.mediaDevices?.removeEventListener('devicechange', listener)
  },
}

/** Can this browser share the sound of a tab or the system at all? (Chromium family on a desktop.) */
export function canShareTabAudio(): boolean {
  const mobile = /android|iphone|ipad/i.test(navigator.userAgent)
  return (
    !mobile && /chrome|chromium|edg/i.test(navigator.userAgent) && !!navigator.mediaDevices?.getDisplayMedia
  )
}

async function openStream(source: Exclude<CaptureSource, { kind: 'file' }>): Promise<MediaStream> {
  const context = await readContext()
  if (!context.hasMediaDevices) throw new CaptureError(captureProblem(null, context))
  try {
    return source.kind === 'tab' ? await openTab() : await openMicrophone(source.deviceId)
  } catch (error) {
    if (error instanceof CaptureError) throw error
    const problem = captureProblem(error as Error, { ...context, ...(await readContext()) })
    if (problem === 'device-gone' && source.kind === 'microphone' && source.deviceId !== '')
      return openStream({ kind: 'microphone', deviceId: '' })
    // WebKit calls it over-constrained when there is no microphone at all.
    throw new CaptureError(problem === 'device-gone' ? 'no-device' : problem)
  }
}

function openMicrophone(deviceId: string): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: {
      ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
      channelCount: 1,
      echoCancellation: true,
      autoGainControl: true,
      // The recogniser was trained on noisy speech; suppression eats quiet syllables.
      noiseSuppression: false,
    },
  })
}

async function openTab(): Promise<MediaStream> {
  if (!canShareTabAudio()) throw new CaptureError('tab-audio-unsupported')
  const options = {
    video: true,
    audio: {
      echoCancellation: false,
      autoGainControl: false,
      noiseSuppression: false,
      suppressLocalAudioPlayback: false,
    },
    systemAudio: 'include',
    audioSelection: 'preferred',
  }
  const stream = await navigator.mediaDevices.getDisplayMedia(options as DisplayMediaStreamOptions)
  if (stream.getAudioTracks().length > 0) return stream
  for (const track of stream.getTracks()) track.stop()
  throw new CaptureError('no-tab-audio')
}

async function readContext(): Promise<CaptureContext> {
  let permission: CaptureContext['permission'] = null
  try {
    permission = (await navigator.permissions.query({ name: 'microphone' as PermissionName })).state
  } catch {
    // Firefox before 131 and older Safari do not answer for the microphone.
  }
  return {
    secure: window.isSecureContext,
    hasMediaDevices: !!navigator.mediaDevices?.getUserMedia,
    permission,
    embedded: window.top !== window,
  }
}

async function startStream(stream: MediaStream, events: CaptureEvents): Promise<Capture> {
  const context = new AudioContext({ latencyHint: 'interactive' })
  const track = stream.getAudioTracks()[0] as MediaStreamTrack
  let stopped = false
  const told = () => {
    if (!stopped) events.interrupted(track.muted || context.state !== 'running')
  }
  const input = context.createMediaStreamSource(stream)
  const stop = await listen(context, input, events, told, () => {
    for (const each of stream.getTracks()) each.stop()
  })
  track.onmute = told
  track.onunmute = told
  track.onended = () => {
    if (!stopped) events.ended()
  }
  return {
    label: track.label,
    deviceId: track.getSettings().deviceId ?? '',
    stop() {
      stopped = true
      stop()
    },
  }
}

/** A recording played into the room in its own time, and aloud here. Its end is the end of the source. */
async function openFile(file: File, events: CaptureEvents): Promise<Capture> {
  if (!window.isSecureContext) throw new CaptureError('insecure')
  const context = new AudioContext({ latencyHint: 'interactive' })
  // Few speak by a recording: its code comes when it is wanted.
  const { openPlayer } = await import('./playback.ts')
  const player = await openPlayer(file, context).catch(() => {
    void context.close()
    throw new CaptureError('bad-file')
  })
  let stopped = false
  const told = () => {
    if (!stopped) events.interrupted(context.state !== 'running')
  }
  const stop = await listen(context, player.output, events, told, () => {
    player.close()
    if (!stopped) events.ended()
  })
  // The last frame goes out first; then it is over.
  player.whenEnded(stop)
  return {
    label: file.name,
    deviceId: '',
    playback: player.playback,
    stop() {
      stopped = true
      stop()
    },
  }
}

/** Frames of what `input` gives, until the returned stopper is called; then the last, partly filled one, and `closed`. */
async function listen(
  context: AudioContext,
  input: AudioNode,
  events: CaptureEvents,
  told: () => void,
  closed: () => void,
): Promise<() => void> {
  await context.audioWorklet.addModule('/capture.worklet.js')
  const node = new AudioWorkletNode(context, 'parley-capture', { numberOfOutputs: 0 })
  input.connect(node)
  const rest = keepRunning(context, document, told)
  let open = true
  function close(): void {
    if (!open) return
    open = false
    rest()
    input.disconnect()
    if (context.state !== 'closed') void context.close()
    closed()
  }
  node.port.onmessage = (event: MessageEvent<CaptureFrame | null>) => {
    if (event.data) events.frame(event.data)
    else close()
  }
  return () => {
    node.port.postMessage('stop')
    setTimeout(close, 500)
  }
}
