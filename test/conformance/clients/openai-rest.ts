/** The openai SDK of npm on files: every format, words and segments, streaming, translation, errors. argv: base URL, WAV file. */
import { createReadStream } from 'node:fs'
import OpenAI, { BadRequestError } from 'openai'

const [baseURL = '', path = ''] = process.argv.slice(2)
const client = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 })
const file = () => createReadStream(path)
const common = { model: 'whisper-1', language: 'en' } as const
const { transcriptions, translations } = client.audio

const plain = await transcriptions.create({ file: file(), ...common })
const verbose = await transcriptions.create({
  file: file(),
  ...common,
  response_format: 'verbose_json',
  timestamp_granularities: ['word', 'segment'],
})
const formats: Record<string, string> = {}
for (const response_format of ['text', 'srt', 'vtt'] as const)
  formats[response_format] = String(await transcriptions.create({ file: file(), ...common, response_format }))
const order: string[] = []
let deltas = ''
let done = ''
const stream = await transcriptions.create({ file: file(), model: 'gpt-4o-transcribe', stream: true })
for await (const event of stream) {
  if (order.at(-1) !== event.type) order.push(event.type)
  if (event.type === 'transcript.text.delta') deltas += event.delta
  if (event.type === 'transcript.text.done') done = event.text
}
const translated = await translations.create({ file: file(), model: 'whisper-1' })
const errors: unknown[] = []
for (const wrong of [{ response_format: 'vtx' }, { language: 'xx' }]) {
  try {
    await transcriptions.create({ file: file(), model: 'whisper-1', ...(wrong as object) } as never)
  } catch (error) {
    if (error instanceof BadRequestError) errors.push([error.status, error.param, error.type])
  }
}
const models: string[] = []
for await (const model of client.models.list()) models.push(model.id)
console.log(
  JSON.stringify({
    text: plain.text,
    order,
    formats,
    verbose: {
      text: verbose.text,
      language: verbose.language,
      duration: verbose.duration,
      segments: verbose.segments?.length,
      words: verbose.words?.map(({ word, start, end }) => [word, start, end]),
    },
    deltas,
    done,
    translated: translated.text,
    errors,
    models,
  }),
)
