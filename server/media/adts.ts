/** AAC as a bare stream (ADTS): each frame carries its own short header. */
import { createAacDecoder } from './aac.ts'
import { type AudioBlock, joinBytes, type StreamDecoder } from './block.ts'
import type { PacketDecoder } from './codecs.ts'
import { adtsFrameLength } from './format.ts'

export function createAdtsDecoder(): StreamDecoder {
  let rest: Uint8Array = new Uint8Array(0)
  let decoder: PacketDecoder | null = null
  return {
    async push(bytes) {
      rest = joinBytes(rest, bytes)
      const blocks: AudioBlock[] = []
      for (;;) {
        const length = adtsFrameLength(rest, 0)
        if (length === 0 && rest.length > 7) {
          const next = rest.indexOf(0xff, 1)
          rest = next < 0 ? new Uint8Array(0) : rest.subarray(next)
          if (next < 0) break
          continue
        }
        if (rest.length < 7 || rest.length < length) break
        decoder ??= createAacDecoder(adtsConfig(rest))
        const header = (rest[1] as number) & 1 ? 7 : 9
        blocks.push(...(await decoder.decode(rest.slice(header, length))))
        rest = rest.subarray(length)
      }
      rest = rest.slice()
      return blocks
    },
    end: () => [],
    close() {},
  }
}

/** The AudioSpecificConfig an ADTS header stands for. */
function adtsConfig(header: Uint8Array): Uint8Array {
  const [b2, b3] = [header[2] as number, header[3] as number]
  const profile = (b2 >> 6) + 1
  const sampleIndex = (b2 >> 2) & 15
  const channels = ((b2 & 1) << 2) | (b3 >> 6)
  return Uint8Array.of((profile << 3) | (sampleIndex >> 1), ((sampleIndex & 1) << 7) | (channels << 3))
}
