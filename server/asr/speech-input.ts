/** The front of a stream: keeps the sound, has it looked at for voices in the order it came, and says so chunk by chunk. */
import { sanitise } from '../core/audio.ts'
import { SampleBuffer } from '../core/sample-buffer.ts'
import { CHUNK, isNearSilence } from '../core/vad.ts'
import type { VoiceDetector } from './backend.ts'

/** Most chunks per question: 2 s of sound, about 7 ms of work, so that no stream keeps the others waiting. */
const MOST_CHUNKS = 64

export class SpeechInput {
  readonly buffer = new SampleBuffer()
  /** Everything before this sample has been looked at. */
  cursor = 0
  #busy = false
  #closed = false
  #waiting: { at: number; callback: () => void }[] = []

  constructor(
    private detector: VoiceDetector,
    /** Speech probability of the chunk that ends at `cursor`. */
    private onChunk: (probability: number) => void,
    /** After each batch of chunks. */
    private onBatch: () => void,
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
    this.#release()
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.detector.close()
  }

  #pump(): void {
    while (!this.#busy && !this.#closed) {
      const chunks = Math.min(MOST_CHUNKS, Math.floor((this.buffer.end - this.cursor) / CHUNK))
      if (chunks === 0) break
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

  #seen(values: Float32Array): void {
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
