/** MicrophoneModel: permission, device, level and mute of one sound source; frames go to whoever listens. */
import { computed, createModel, signal } from '@preact/signals'
import { BYTES_PER_MS } from '../../server/core/wire.ts'
import {
  type AudioDevice,
  type Capture,
  CaptureError,
  type CaptureFrame,
  type CapturePorts,
  type CaptureSource,
} from '../audio/capture.ts'
import { nextLevel, soundsLikeSpeech, startLevel } from '../audio/level.ts'
import type { Playback } from '../audio/playback.ts'
import type { CaptureProblem } from '../audio/problem.ts'

export type MicrophoneState =
  | { kind: 'off' }
  | { kind: 'asking' }
  | { kind: 'on'; label: string }
  /** The system holds the device: a call, a locked phone, another app. */
  | { kind: 'paused'; since: number }
  | { kind: 'failed'; problem: CaptureProblem }

export interface MicrophonePorts {
  capture: CapturePorts
  now(): number
}

/** Called with every frame that goes out (zeros while muted) and with every hole in ms. */
export interface FrameSink {
  frame(pcm16: Uint8Array<ArrayBuffer>): void
  gap(ms: number): void
}

/** A pause shorter than this is jitter, not a hole. */
const GAP_MS = 400
/** Who speaks while muted is told after so much of it; a pause takes half its length off what counts, at most `most`. */
const MUTED_SPEECH_MS = { told: 600, most: 2_000 }

export const MicrophoneModel = createModel((ports: MicrophonePorts) => {
  const state = signal<MicrophoneState>({ kind: 'off' })
  const source = signal<CaptureSource>({ kind: 'microphone', deviceId: '' })
  const devices = signal<AudioDevice[]>([])
  const level = signal(startLevel)
  const muted = signal(false)
  const speakingWhileMuted = signal(false)
  /** The recording that is played into the room, with its state as of the last whole second. */
  const playing = signal<{ playback: Playback; position: number; held: boolean } | null>(null)
  /** Name of the recording that has come to its end; '' = none has. */
  const played = signal('')
  /** Off the record: what is said stays on this device. */
  const withheld = signal(false)
  let capture: Capture | null = null
  let sink: FrameSink | null = null
  let attempt = 0
  let loudFor = 0
  let stopWatching: (() => void) | null = null
  /** Since when no frame can come (system pause, device change, lost device); null while frames flow. */
  let interruptedAt: number | null = null

  function takeFrame(frame: CaptureFrame): void {
    const ms = (frame.pcm16.length * 2) / BYTES_PER_MS
    if (interruptedAt !== null) {
      const hole = ports.now() - interruptedAt - ms
      interruptedAt = null
      if (hole >= GAP_MS) sink?.gap(hole)
    }
    level.value = nextLevel(level.peek(), frame.rms, frame.peak, ms)
    lookAtPlayback()
    if (muted.peek()) {
      const { told, most } = MUTED_SPEECH_MS
      loudFor = soundsLikeSpeech(frame.rms) ? Math.min(most, loudFor + ms) : Math.max(0, loudFor - ms / 2)
      speakingWhileMuted.value = loudFor > told
    }
    const { buffer, byteOffset, byteLength } = frame.pcm16
    // Silence instead of nothing: the times of what is said later stay true.
    const silent = muted.peek() || withheld.peek()
    sink?.frame(silent ? new Uint8Array(byteLength) : new Uint8Array(buffer, byteOffset, byteLength))
  }

  function lookAtPlayback(): void {
    const playback = capture?.playback
    if (!playback) return
    const position = Math.floor(playback.position() / 1000) * 1000
    const held = playback.held()
    const before = playing.peek()
    if (before?.playback === playback && before.position === position && before.held === held) return
    playing.value = { playback, position, held }
  }

  async function refreshDevices(): Promise<void> {
    devices.value = await ports.capture.devices()
  }

  async function start(): Promise<boolean> {
    const mine = ++attempt
    if (capture) interruptedAt ??= ports.now()
    capture?.stop()
    capture = null
    playing.value = null
    played.value = ''
    state.value = { kind: 'asking' }
    level.value = startLevel
    // A browser may hold the sound back, or give it, before the device is open in full.
    let label: string | null = null
    let held = false
    const show = () => {
      if (label !== null) state.value = held ? { kind: 'paused', since: ports.now() } : { kind: 'on', label }
    }
    try {
      const opened = await ports.capture.open(source.peek(), {
        frame: (frame) => {
          if (mine === attempt) takeFrame(frame)
        },
        interrupted: (paused) => {
          if (mine !== attempt) return
          if (paused) interruptedAt ??= ports.now()
          held = paused
          show()
        },
        ended: () => {
          if (mine !== attempt) return
          capture = null
          // A recording that was played to its end is no fault.
          if (source.peek().kind === 'file') {
            played.value = playing.peek()?.playback.name ?? ''
            playing.value = null
            state.value = { kind: 'off' }
            return
          }
          interruptedAt ??= ports.now()
          state.value = {
            kind: 'failed',
            problem: source.peek().kind === 'tab' ? 'no-tab-audio' : 'device-gone',
          }
        },
      })
      if (mine !== attempt) {
        opened.stop()
        return false
      }
      capture = opened
      label = opened.label
      show()
      if (sink) opened.playback?.play(true)
      lookAtPlayback()
      stopWatching ??= ports.capture.onDevicesChanged(() => void refreshDevices())
      await refreshDevices()
      return true
    } catch (error) {
      if (mine !== attempt) return false
      state.value = { kind: 'failed', problem: error instanceof CaptureError ? error.problem : 'unknown' }
      return false
    }
  }

  return {
    state,
    source,
    devices,
    level,
    muted,
    withheld,
    speakingWhileMuted,
    playing,
    played,
    /** Holds the recording, or goes on with it; meanwhile silence is sent. */
    togglePlayback() {
      const { playback } = capture ?? {}
      playback?.play(playback.held())
      lookAtPlayback()
    },
    /** The words for the meter. */
    verdict: computed(() => (state.value.kind === 'on' ? level.value.verdict : 'silent')),
    start,
    /** Changes the source; goes on at once if it was on. */
    async use(next: CaptureSource): Promise<boolean> {
      source.value = next
      const { kind } = state.peek()
      return kind === 'off' ? false : start()
    },
    setMuted(value: boolean) {
      muted.value = value
      loudFor = 0
      speakingWhileMuted.value = false
    },
    /** One listener at a time, the newest; returns the closer, which leaves a newer one alone. */
    listen(next: FrameSink): () => void {
      sink = next
      // Nothing of a recording is lost before somebody listens.
      capture?.playback?.play(true)
      return () => {
        if (sink === next) sink = null
      }
    },
    stop() {
      attempt++
      capture?.stop()
      capture = null
      stopWatching?.()
      stopWatching = null
      interruptedAt = null
      playing.value = null
      played.value = ''
      state.value = { kind: 'off' }
      level.value = startLevel
    },
  }
})

export type MicrophoneModelValue = InstanceType<typeof MicrophoneModel>
