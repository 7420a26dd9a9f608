/** The openai SDK of npm over wss: Realtime transcription, GA shape, commits by the client. argv: base URL, WAV file. */
import { readFileSync } from 'node:fs'
import OpenAI from 'openai'
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket'
import { toFloat32, toPcm16 } from '../../../server/core/pcm.ts'
import { Resampler } from '../../../server/core/resampler.ts'

const [base = '', file = ''] = process.argv.slice(2)
const client = new OpenAI({ apiKey: 'none', baseURL: base })
const realtime = new OpenAIRealtimeWebSocket(
  { intent: 'transcription', dangerouslyAllowBrowser: true },
  client,
)
const order: string[] = []
const errors: string[] = []
let deltas = ''

realtime.on('event', ({ type }) => {
  if (order.at(-1) !== type) order.push(type)
})
realtime.on('error', (error) => {
  errors.push(error.message)
})
realtime.on('conversation.item.input_audio_transcription.delta', ({ delta }) => {
  deltas += delta ?? ''
})
realtime.on('session.created', () => {
  realtime.send({
    type: 'session.update',
    session: {
      type: 'transcription',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: { model: 'gpt-4o-transcribe', language: 'en' },
          turn_detection: null,
        },
      },
    },
  })
})
realtime.on('session.updated', async () => {
  const samples = toFloat32(new Uint8Array(readFileSync(file)).subarray(44))
  const sound = toPcm16(new Resampler(16_000, 24_000).push(samples))
  for (let at = 0; at < sound.length; at += 9600) {
    const audio = Buffer.from(sound.subarray(at, at + 9600)).toString('base64')
    realtime.send({ type: 'input_audio_buffer.append', audio })
    await Bun.sleep(20)
  }
  realtime.send({ type: 'input_audio_buffer.commit' })
})
realtime.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => {
  console.log(JSON.stringify({ text: transcript, order, errors, deltas }))
  realtime.close()
  process.exit(0)
})
setTimeout(() => {
  console.log(JSON.stringify({ text: '', order, errors, deltas }))
  process.exit(1)
}, 60_000)
