/** The front of a stream: keeps the sound, has it looked at for voices in the order it came, and says so chunk by chunk. */
import { clean } from '../core/audio.ts'
import { AutoGain } from '../core/auto-gain.ts'
import { decibels, loudest, RoomNoise } from '../core/room-noise.ts'
import { SampleBuffer } from '../core/sample-buffer.ts'
import { CHUNK } from '../core/vad.ts'
import type { VoiceDetector } from './backend.ts'

/** Most chunks per question: 2 s of sound, about 7 ms of work, so that no stream keeps the others waiting. */
const MOST_CHUNKS = 64

/**
 * While nobody speaks, sound as quiet as the room is looked at so many chunks at a time (256 ms): most of a question's
 * cost is the asking. A chunk that stands out of the room's noise is asked about at once.
 */
const PATIENCE = 8

/**
 * Where nothing has stood out for `after` chunks (two seconds) sound waits until there are `together` chunks (four seconds),
 * and the detector hears the last second of it. Only when there is no voice in that, the rest is taken for the room too:
 * who speaks is louder than the noise around, at least now and then, and whoever is not is found within that second.
 */
const STEADY = { after: 64, together: 128, heard: 32 }

/** Surely no voice below this probability. */
const NO_VOICE = 0.3

export class SpeechInput {
  readonly buffer = new SampleBuffer()
  /** Everything before this sample has been looked at. */
  cursor = 0
  #busy = false
  #closed = false
  #waiting: { at: number; callback: () => void }[] = []
  #room = new RoomNoise()
  #gain = new AutoGain()
  /** Chunks up to this sample have been compared with the room's noise… */
  #compared = 0
  /** …and one of those not looked at yet stood out. */
  #standsOut = false
  /** Of what the detector heard last, if there was no voice in it, dB. */
  #loudest = Number.NEGATIVE_INFINITY
  /** Chunks since something stood out. */
  #steady = 0

  constructor(
    private detector: VoiceDetector,
    /** Speech probability of the chunk that ends at `cursor`. */
    private onChunk: (probability: number) => void,
    /** After each batch of chunks. */
    private onBatch: () => void,
    /** Somebody speaks: every chunk counts. */
    private speaking: () => boolean,
  ) {}

  feed(pcm: Float32Array): void {
    if (this.#closed || pcm.length === 0) return
    const from = this.buffer.end
    this.buffer.append(pcm)
    clean(this.buffer.view(from, this.buffer.end))
    this.#pump()
  }

  /** Calls back once everything fed until now has been looked at; a last part of a chunk counts as looked at. */
  whenSeen(callback: () => void): void {
    const at = this.buffer.end
    this.#waiting.push({ at, callback })
    this.#pump()
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.detector.close()
  }

  #pump(): void {
    while (!this.#busy && !this.#closed) {
      const chunks = Math.floor((this.buffer.end - this.cursor) / CHUNK)
      const wanted = this.#patient() ? this.#whenQuiet(chunks) : 'everything'
      if (chunks === 0 || wanted === 'nothing') break
      if (wanted === 'sample') this.#sample()
      else this.#look(Math.min(MOST_CHUNKS, chunks))
    }
    this.#release()
  }

  #look(chunks: number): void {
    const pcm = this.buffer.slice(this.cursor, this.cursor + chunks * CHUNK)
    if (this.#gain.hearsNothing(pcm)) return this.#seen(new Float32Array(chunks))
    this.#ask(pcm, (values) => {
      if (!this.speaking()) this.#learn(pcm, values)
      this.#seen(values)
    })
  }

  /** The last second stands for all four, unless there is a voice in it. */
  #sample(): void {
    const { together, heard } = STEADY
    const end = this.cursor + together * CHUNK
    const pcm = this.buffer.slice(end - heard * CHUNK, end)
    this.#ask(pcm, (values) => {
      if (!this.#learn(pcm, values)) {
        this.#standsOut = true
        return
      }
      const all = new Float32Array(together)
      all.set(values, together - heard)
      this.#seen(all)
    })
  }

  #ask(pcm: Float32Array, answered: (values: Float32Array) => void): void {
    this.#busy = true
    this.detector.detect(this.#gain.apply(pcm)).then((values) => {
      this.#busy = false
      if (this.#closed) return
      answered(values)
      this.#pump()
    })
  }

  /** Nobody speaks and nobody waits, so that sound which does not stand out may wait for more. */
  #patient(): boolean {
    if (this.#waiting.length === 0 && !this.speaking()) return true
    this.#steady = 0
    return false
  }

  /** What of these chunks is to be looked at now. */
  #whenQuiet(chunks: number): 'everything' | 'sample' | 'nothing' {
    this.#compared = Math.max(this.#compared, this.cursor)
    for (; this.#compared + CHUNK <= this.buffer.end; this.#compared += CHUNK) {
      this.#steady++
      const level = decibels(this.buffer.view(this.#compared, this.#compared + CHUNK))
      if (!this.#room.standsOut(level)) continue
      this.#standsOut = true
      this.#steady = 0
    }
    if (this.#standsOut) return 'everything'
    if (chunks < PATIENCE) return 'nothing'
    if (this.#steady < STEADY.after || this.#gain.hearsNothing(this.buffer.view(this.cursor, this.#compared)))
      return 'everything'
    return chunks < STEADY.together ? 'nothing' : 'sample'
  }

  /** What surely was no voice is how the room sounds (true); the beginning of one may be in what was heard last. */
  #learn(pcm: Float32Array, values: Float32Array): boolean {
    const voice = values.some((probability) => probability >= NO_VOICE)
    if (voice) this.#steady = 0
    else this.#room.learn(this.#loudest)
    this.#loudest = voice ? Number.NEGATIVE_INFINITY : loudest(pcm, CHUNK)
    return !voice
  }

  #seen(values: Float32Array): void {
    this.#standsOut = false
    for (const value of values) {
      this.cursor += CHUNK
      this.onChunk(value)
    }
    this.onBatch()
    this.#release()
  }

  #release(): void {
    while (this.#waiting[0] && !this.#busy && this.#waiting[0].at - this.cursor < CHUNK) {
      this.#waiting.shift()?.callback()
    }
  }
}
