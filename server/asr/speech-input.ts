/** The front of a stream: keeps the sound, has it looked at for voices in the order it came, and says so chunk by chunk. */
import { sanitise } from '../core/audio.ts'
import { SampleBuffer } from '../core/sample-buffer.ts'
import { CHUNK, EnergyDetector, isNearSilence } from '../core/vad.ts'
import type { VoiceDetector } from './backend.ts'

/** Most chunks per question: 2 s of sound, about 7 ms of work, so that no stream keeps the others waiting. */
const MOST_CHUNKS = 64

/**
 * While nobody speaks, sound as quiet as the room is looked at so many chunks at a time (256 ms): most of a question's
 * cost is the asking. A chunk that stands out of the room's noise is asked about at once.
 */
const PATIENCE = 8

export class SpeechInput {
  readonly buffer = new SampleBuffer()
  /** Everything before this sample has been looked at. */
  cursor = 0
  #busy = false
  #closed = false
  #waiting: { at: number; callback: () => void }[] = []
  #room = new EnergyDetector()
  /** Chunks up to this sample have been compared with the room's noise… */
  #compared = 0
  /** …and one of those not looked at yet stood out. */
  #standsOut = false

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
    this.buffer.append(sanitise(pcm))
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
      const chunks = Math.min(MOST_CHUNKS, Math.floor((this.buffer.end - this.cursor) / CHUNK))
      if (chunks === 0 || (chunks < PATIENCE && this.#mayWait())) break
      const pcm = this.buffer.slice(this.cursor, this.cursor + chunks * CHUNK)
      if (isNearSilence(pcm)) {
        this.#seen(new Float32Array(chunks))
        continue
      }
      this.#busy = true
      this.detector.detect(pcm).then((values) => {
        this.#busy = false
        if (this.#closed) return
        this.#seen(values)
        this.#pump()
      })
    }
    this.#release()
  }

  /** Whether what has not been looked at yet is only the room. */
  #mayWait(): boolean {
    if (this.speaking() || this.#waiting.length > 0) return false
    this.#compared = Math.max(this.#compared, this.cursor)
    for (; this.#compared + CHUNK <= this.buffer.end; this.#compared += CHUNK) {
      const chunk = this.buffer.slice(this.#compared, this.#compared + CHUNK)
      if (this.#room.probability(chunk) > 0) this.#standsOut = true
    }
    return !this.#standsOut
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
