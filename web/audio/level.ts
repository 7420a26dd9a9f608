/** What the microphone's loudness means, in words a speaker can act on. */

export type LevelVerdict = 'silent' | 'quiet' | 'good' | 'clipping'

export interface LevelState {
  /** Smoothed loudness, 0…1 on a decibel scale (−60…0 dBFS), for the meter's bar. */
  bar: number
  verdict: LevelVerdict
  /** Loudest peak of late, 0…1, falling slowly. */
  peak: number
  /** Milliseconds since anything above the noise of a dead input was heard. */
  quietFor: number
}

export const startLevel: LevelState = { bar: 0, verdict: 'silent', peak: 0, quietFor: 0 }

/** Below this peak an input is dead or muted in hardware: −60 dBFS. */
const DEAD_PEAK = 0.001
/** Speech that peaks below −30 dBFS is hard to recognise. */
const QUIET_PEAK = 0.032
/** At or above this the converter clips. */
const CLIP_PEAK = 0.985
/** Pauses between words must not flip the verdict: the peak halves about every second and a half. */
const DECAY_PER_MS = Math.LN2 / 1_500

/** Folds one frame's root mean square and peak (0…1) into the state. Pure: `ms` is the frame's length. */
export function nextLevel(state: LevelState, rms: number, peak: number, ms: number): LevelState {
  const held = Math.max(peak, state.peak * Math.exp(-DECAY_PER_MS * ms))
  const target = Math.max(0, Math.min(1, 1 + Math.log10(Math.max(rms, 1e-6)) / 3))
  const bar = target > state.bar ? target : state.bar + (target - state.bar) * Math.min(1, ms / 180)
  const quietFor = peak < DEAD_PEAK * 2 ? state.quietFor + ms : 0
  return { bar, peak: held, quietFor, verdict: verdictOf(held) }
}

function verdictOf(peak: number): LevelVerdict {
  if (peak >= CLIP_PEAK) return 'clipping'
  if (peak >= QUIET_PEAK) return 'good'
  if (peak >= DEAD_PEAK) return 'quiet'
  return 'silent'
}

/** Loud enough to be somebody talking: used for “you are muted, but speaking”. */
export function soundsLikeSpeech(rms: number): boolean {
  return rms > 0.02
}
