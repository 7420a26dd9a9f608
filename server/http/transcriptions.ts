/** POST /v1/audio/transcriptions and /translations: OpenAI's file API over the same SpeechStream as everything else. */
import { type Context, Hono } from 'hono'
import { AppError } from '../core/error.ts'
import { readLanguage } from '../core/language-tag.ts'
import { nearest } from '../core/nearest.ts'
import type { FileResult } from '../files/file-job.ts'
import { fileText } from '../files/file-text.ts'
import { receive, type TranscriptionDeps, tellSession, theFile } from './file-request.ts'
import type { Upload } from './multipart.ts'
import { diarizedJson, subtitles, usageOf, verboseJson } from './transcription-format.ts'
import { streamTranscription } from './transcription-stream.ts'
import { untilGone } from './under-way.ts'
import { describe, type FormField } from './validate.ts'

const RESPONSE_FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json', 'diarized_json'] as const
export type ResponseFormat = (typeof RESPONSE_FORMATS)[number]

const FORM: FormField[] = [
  ['file', 'audio or video in any usual format', 'file'],
  ['model', 'any name is accepted; the model in use answers and is named in X-Parley-Model'],
  ['language', 'ISO 639-1 code; left out = detected'],
  ['prompt', 'names and terms that occur'],
  ['response_format', RESPONSE_FORMATS.join(', ')],
  ['stream', 'true = server-sent events'],
  ['timestamp_granularities[]', 'word, segment (verbose_json)'],
  ['temperature', '0 to 1'],
  ['store', 'false = not kept as a meeting'],
]

interface Ask {
  format: ResponseFormat
  stream: boolean
  words: boolean
  segments: boolean
  language: string | null
  prompt: string
  temperature: number
  store: boolean
}

export function transcriptionRoutes({ transcriber, uploads }: TranscriptionDeps): Hono {
  const app = new Hono()
  const handle = (task: 'transcribe' | 'translate') => async (c: Context) => {
    const upload = await receive(c, uploads)
    try {
      const ask = readAsk(upload, new URL(c.req.url).searchParams)
      const file = theFile(upload)
      const request = {
        path: file.path,
        name: file.name,
        language: ask.language,
        task,
        vocabulary: ask.prompt,
        separate: ask.format === 'diarized_json',
        store: ask.store,
        signal: untilGone(c),
      }
      if (ask.stream) {
        const done = () => upload.dispose()
        return await streamTranscription(c, {
          transcriber,
          request,
          speakers: ask.format === 'diarized_json',
          done,
        })
      }
      const started = await transcriber.start(request)
      tellSession(c, started)
      const result = await started.result
      await upload.dispose()
      return answer(c, ask, task, result)
    } catch (thrown) {
      await upload.dispose()
      throw thrown
    }
  }
  const about = { tags: ['openai'], form: FORM }
  app.post('/v1/audio/transcriptions', describe('Transcribe a file', about), handle('transcribe'))
  app.post('/v1/audio/translations', describe('Translate a file to English', about), handle('translate'))
  return app
}

/** Fields as OpenAI's clients send them: repeated names, with or without [] or [0]; query parameters help curl users. */
function readAsk(upload: Upload, query: URLSearchParams): Ask {
  const fields = [...upload.fields, ...[...query].map(([name, value]): [string, string[]] => [name, [value]])]
  const all = (name: string) =>
    fields.flatMap(([key, values]) => (key.replace(/\[\d*\]$/, '') === name ? values : []))
  const one = (name: string) => all(name)[0]?.trim() ?? ''
  const format = one('response_format') || 'json'
  if (!(RESPONSE_FORMATS as readonly string[]).includes(format)) {
    const guess = nearest(format, RESPONSE_FORMATS)
    throw new AppError(
      'invalid',
      `response_format '${format}' is not one of ${RESPONSE_FORMATS.join(', ')}.${guess ? ` Did you mean '${guess}'?` : ''}`,
      { param: 'response_format' },
    )
  }
  const temperature = Number(one('temperature') || 0)
  if (!(temperature >= 0 && temperature <= 1))
    throw new AppError('invalid', 'temperature must be between 0 and 1.', { param: 'temperature' })
  // Clients name the models of whoever they spoke to before: any name will do, the model in use answers.
  if (!/^[\w.:@/+-]{0,200}$/.test(one('model')))
    throw new AppError('invalid', 'model is no name of a model. See GET /v1/models.', { param: 'model' })
  const granularities = all('timestamp_granularities')
  const unknown = granularities.find((each) => each !== 'word' && each !== 'segment')
  if (unknown !== undefined)
    throw new AppError('invalid', `timestamp_granularities: '${unknown}' is neither 'word' nor 'segment'.`, {
      param: 'timestamp_granularities',
    })
  const keywords = all('keywords').join(', ')
  return {
    format: format as ResponseFormat,
    stream: isTrue(one('stream')),
    words: granularities.includes('word'),
    segments: granularities.length === 0 || granularities.includes('segment'),
    language: readLanguage(one('language')),
    prompt: [one('prompt'), keywords].filter(Boolean).join(' '),
    temperature,
    store: one('store') === '' || isTrue(one('store')),
  }
}

function isTrue(text: string): boolean {
  return ['true', '1', 'yes', 'on'].includes(text.toLowerCase())
}

function answer(c: Context, ask: Ask, task: 'transcribe' | 'translate', result: FileResult): Response {
  const { words, segments, temperature } = ask
  switch (ask.format) {
    case 'json':
      return c.json({ text: fileText(result.utterances), usage: usageOf(result) })
    case 'text':
      return c.text(`${fileText(result.utterances)}\n`)
    case 'srt':
      return c.body(subtitles(result, 'srt'), 200, { 'Content-Type': 'application/x-subrip; charset=utf-8' })
    case 'vtt':
      return c.body(subtitles(result, 'vtt'), 200, { 'Content-Type': 'text/vtt; charset=utf-8' })
    case 'verbose_json':
      return c.json(verboseJson(result, { task, words, segments, temperature }))
    case 'diarized_json':
      return c.json(diarizedJson(result, task))
  }
}
