/** Voice detection without a model, by loudness alone: for backends and machines without the native library. */
import { EnergyDetector } from '../core/vad.ts'
import type { VoiceDetector } from './backend.ts'
import { loudness } from './vad-service.ts'

export class LoudnessDetector implements VoiceDetector {
  #energy = new EnergyDetector()

  async detect(pcm: Float32Array): Promise<Float32Array> {
    return loudness(pcm, this.#energy)
  }

  reset(): void {
    this.#energy = new EnergyDetector()
  }

  close(): void {}
}
