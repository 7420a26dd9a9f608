/** PlayerModel: the sound of a meeting on the session's clock. */
import { createModel, signal } from '@preact/signals'

/** The part of HTMLAudioElement that is used. */
export interface AudioPort {
  currentTime: number
  playbackRate: number
  readonly paused: boolean
  readonly duration: number
  play(): Promise<void>
  pause(): void
  load(): void
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

export const SPEEDS = [0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 2.5, 3] as const

export interface PlayerPorts {
  audio: AudioPort
  /** Calls back at the next frame; returns the closer. */
  frame(callback: () => void): () => void
}

export const PlayerModel = createModel((ports: PlayerPorts) => {
  const { audio } = ports
  const playing = signal(false)
  /** Session ms. */
  const position = signal(0)
  const speed = signal(1)
  /** There is no sound to be had. */
  const failed = signal(false)
  /** Some of it came; what breaks off later is the line's fault, and can be had again. */
  let came = false
  let broken = false
  let stopFrame: (() => void) | null = null

  function read(): void {
    position.value = Math.round(audio.currentTime * 1_000)
  }

  function follow(): void {
    read()
    stopFrame = audio.paused ? null : ports.frame(follow)
  }

  const events: [string, () => void][] = [
    [
      'play',
      () => {
        playing.value = true
        stopFrame?.()
        follow()
      },
    ],
    [
      'pause',
      () => {
        playing.value = false
        read()
      },
    ],
    [
      'ended',
      () => {
        playing.value = false
      },
    ],
    ['seeked', read],
    [
      'loadedmetadata',
      () => {
        came = true
      },
    ],
    [
      'error',
      () => {
        playing.value = false
        if (came) broken = true
        else failed.value = true
      },
    ],
  ]
  for (const [name, listener] of events) audio.addEventListener(name, listener)

  function seek(ms: number): void {
    position.value = Math.max(0, Math.round(ms))
    audio.currentTime = position.value / 1_000
  }

  /** Browsers refuse sound that nobody asked for: then it simply stays paused. */
  async function play(): Promise<void> {
    if (broken) {
      broken = false
      audio.load()
      audio.playbackRate = speed.value
      audio.currentTime = position.value / 1_000
    }
    try {
      await audio.play()
    } catch {
      playing.value = false
    }
  }

  return {
    playing,
    position,
    speed,
    failed,
    seek,
    play,
    playFrom(ms: number) {
      seek(ms)
      void play()
    },
    toggle() {
      if (audio.paused || broken) void play()
      else audio.pause()
    },
    pause() {
      audio.pause()
    },
    skip(ms: number) {
      seek(audio.currentTime * 1_000 + ms)
    },
    setSpeed(next: number) {
      speed.value = next
      audio.playbackRate = next
    },
    faster(direction: 1 | -1) {
      const now = speed.peek()
      const next = direction > 0 ? SPEEDS.find((each) => each > now) : SPEEDS.findLast((each) => each < now)
      if (next === undefined) return
      speed.value = next
      audio.playbackRate = next
    },
    close() {
      stopFrame?.()
      audio.pause()
      for (const [name, listener] of events) audio.removeEventListener(name, listener)
    },
  }
})

export type PlayerModelValue = InstanceType<typeof PlayerModel>
