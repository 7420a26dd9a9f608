/** What a container says of its audio track, in one vocabulary for all containers. */
import type { SampleEncoding } from './samples.ts'

export interface TrackInfo {
  /** One of ours, an encoding of uncompressed samples, or the container's own name of a codec we do not decode. */
  codec: 'opus' | 'vorbis' | 'mp3' | 'flac' | 'aac' | SampleEncoding | (string & {})
  /** The codec's own set-up bytes: OpusHead, Vorbis headers, AudioSpecificConfig, STREAMINFO. */
  config: Uint8Array
  channels: number
  sampleRate: number
}
