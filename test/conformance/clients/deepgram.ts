/** The Deepgram SDK of npm on a live stream. argv: ws base URL, WAV file. */
import { readFileSync } from 'node:fs'
import { DeepgramClient } from '@deepgram/sdk'

const [base = '', file = ''] = process.argv.slice(2)
const http = base.replace(/^ws/, 'http')
const environment = { base: http, production: base, agent: base, agentRest: http }
const client = new DeepgramClient({ apiKey: 'none', environment })
const socket = await client.listen.v1.connect({
  model: 'nova-3',
  Authorization: 'Token none',
  language: 'en',
  encoding: 'linear16',
  sample_rate: 16_000,
  interim_results: 'true',
  punctuate: 'true',
  vad_events: 'true',
  utterance_end_ms: 1000,
  reconnectAttempts: 0,
})
const order: string[] = []
const finals: string[] = []
const ranges: [number, number][] = []
let interims = 0
let speechFinals = 0
let sha256 = ''

socket.on('message', (message) => {
  const { type } = message
  if (order.at(-1) !== type) order.push(type ?? '')
  if (message.type === 'Results') {
    if (!message.is_final) {
      interims++
      return
    }
    if (message.speech_final) speechFinals++
    ranges.push([message.start, message.duration])
    finals.push(message.channel.alternatives[0]?.transcript ?? '')
  } else if (message.type === 'Metadata') sha256 = message.sha256
})
socket.on('close', () => {
  const text = finals.filter(Boolean).join(' ')
  console.log(JSON.stringify({ text, order, interims, speechFinals, ranges, sha256 }))
  process.exit(0)
})
socket.on('error', (error) => {
  console.error(error)
})
socket.connect()
await socket.waitForOpen()
const sound = new Uint8Array(readFileSync(file)).subarray(44)
for (let at = 0; at < sound.length; at += 3200) {
  socket.sendMedia(sound.slice(at, at + 3200))
  await Bun.sleep(100) // real time: interim results are for live speech
}
socket.sendFinalize({ type: 'Finalize' })
await Bun.sleep(500)
socket.sendKeepAlive({ type: 'KeepAlive' })
socket.sendCloseStream({ type: 'CloseStream' })
setTimeout(() => process.exit(1), 100_000)
