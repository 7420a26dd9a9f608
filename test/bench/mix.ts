/** A long recording of a room in which nobody speaks, mixed from short ones by a seed. Pure. */
import type { Clip } from './clips.ts'

/** Numbers 0…1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** How often and how loud: pause before the next begins, s; gain range, dB. */
const LAYERS = [
  { sounds: /office|ambience|vad/, pause: [0, 20], gain: [-24, 6] },
  { sounds: /keyboard/, pause: [2, 60], gain: [-18, 6] },
  { sounds: /music/, pause: [20, 240], gain: [-24, 0] },
  { sounds: /glass|empty/, pause: [60, 300], gain: [-30, -3] },
] as const
/** A microphone's own noise, dBFS. */
const HISS = { quiet: -72, loud: -48 }

export function mixNoise(clips: readonly Clip[], seconds: number, seed: number): Clip {
  const random = seeded(seed)
  const between = ([from, to]: readonly [number, number]) => from + random() * (to - from)
  const pcm = new Float32Array(seconds * 16_000)
  const level = 10 ** (between([HISS.quiet, HISS.loud]) / 20)
  for (let i = 0; i < pcm.length; i++) pcm[i] = level * (random() * 2 - 1)
  for (const { sounds, pause, gain } of LAYERS) {
    const mine = clips.filter(({ id }) => sounds.test(id))
    if (mine.length === 0) continue
    for (let at = between(pause) * 16_000; at < pcm.length; at += between(pause) * 16_000) {
      const sound = mine[Math.floor(random() * mine.length)] as Clip
      at = add(pcm, sound.pcm, Math.floor(at), 10 ** (between(gain) / 20))
    }
  }
  for (let i = 0; i < pcm.length; i++) pcm[i] = Math.max(-1, Math.min(1, pcm[i] as number))
  return { id: `mix-${seed}`, language: '', seconds, trust: '', reference: '', pcm }
}

/** Where the sound ends. */
function add(pcm: Float32Array, sound: Float32Array, at: number, gain: number): number {
  const end = Math.min(pcm.length, at + sound.length)
  for (let i = at; i < end; i++) pcm[i] = (pcm[i] as number) + gain * (sound[i - at] as number)
  return end
}
