/** Run under an emulated CPU by binary.test.ts: detects speech in a tone and decodes a second of it with the given library. */
import { openVoiceDetector } from '../../server/asr/backends/silero.ts'
import { whisper } from '../../server/asr/backends/whisper.ts'
import { decodeRequest } from '../helpers/decoding.ts'

const [libraryPath = '', modelPath = '', vadPath = ''] = process.argv.slice(2)
const pcm = new Float32Array(16_000).map((_, sample) => Math.sin(sample / 10) * 0.3)

const detector = openVoiceDetector(libraryPath, vadPath)
const probabilities = await detector.detect(pcm.subarray(0, 5120))
detector.close()

const decoder = await whisper.load({ modelPath, libraryPath, gpu: false, settings: {} })
const { stop } = await decoder.decode(decodeRequest({ pcm, padding: 64 }))
await decoder.close()
console.log(JSON.stringify({ probabilities: probabilities.length, stop }))
