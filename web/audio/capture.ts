/** The browser's sound input as frames of 16 kHz PCM: getUserMedia or getDisplayMedia → AudioWorklet. */
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
    const stream = source.kind === 'file' ? await playFile(source.file, events) : await openStream(source)
    try {
      return await startWorklet(stream, events)
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

/** A recording played into the room in its own time, and aloud here. Its end is the end of the source. */
async function playFile(file: File, events: CaptureEvents): Promise<MediaStream> {
  if (!window.isSecureContext) throw new CaptureError('insecure')
  const address = URL.createObjectURL(file)
  const player = new Audio(address)
  const context = new AudioContext()
  const heard = context.createMediaElementSource(player)
  const out = context.createMediaStreamDestination()
  heard.connect(out)
  heard.connect(context.destination)
  const close = () => {
    player.pause()
    URL.revokeObjectURL(address)
    if (context.state !== 'closed') void context.close()
  }
  const track = out.stream.getAudioTracks()[0] as MediaStreamTrack
  const stopTrack = track.stop.bind(track)
  track.stop = () => {
    stopTrack()
    close()
  }
  player.onended = () => events.ended()
  try {
    await context.resume()
    await player.play()
  } catch {
    close()
    throw new CaptureError('bad-file')
  }
  return out.stream
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
    throw new CaptureError(problem)
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

async function startWorklet(stream: MediaStream, events: CaptureEvents): Promise<Capture> {
  const context = new AudioContext({ latencyHint: 'interactive' })
  await context.audioWorklet.addModule('/capture.worklet.js')
  const node = new AudioWorkletNode(context, 'parley-capture', { numberOfOutputs: 0 })
  const input = context.createMediaStreamSource(stream)
  input.connect(node)
  const track = stream.getAudioTracks()[0] as MediaStreamTrack
  let stopped = false

  node.port.onmessage = (event: MessageEvent<CaptureFrame | null>) => {
    if (event.data) events.frame(event.data)
    else close()
  }
  const told = () => {
    if (!stopped) events.interrupted(track.muted || context.state !== 'running')
  }
  track.onmute = told
  track.onunmute = told
  context.onstatechange = told
  track.onended = () => {
    if (!stopped) events.ended()
  }
  const wake = () => {
    if (!document.hidden && context.state !== 'running' && context.state !== 'closed') void context.resume()
  }
  document.addEventListener('visibilitychange', wake)
  await context.resume()

  function close(): void {
    document.removeEventListener('visibilitychange', wake)
    for (const each of stream.getTracks()) each.stop()
    input.disconnect()
    if (context.state !== 'closed') void context.close()
  }

  return {
    label: track.label,
    deviceId: track.getSettings().deviceId ?? '',
    stop() {
      stopped = true
      // Asks for the last, partly filled frame; the answer closes everything.
      node.port.postMessage('stop')
      setTimeout(close, 500)
    },
  }
}
