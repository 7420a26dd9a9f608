/** POST /v1/audio/transcriptions and /translations: OpenAI's file API over the same SpeechStream as everything else. */
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { AppError } from '../core/error.ts'
import { spokenLanguage } from '../core/language-tag.ts'
import { nearest } from '../core/nearest.ts'
import type { FileResult } from './file-job.ts'
import { readUpload, type Upload, type UploadedFile, type UploadLimits } from './multipart.ts'
import type { StartedFile, Transcriber } from './transcriber.ts'
import {
  diarizedJson,
  diarizedSegment,
  fileText,
  subtitles,
  usageOf,
  verboseJson,
} from './transcription-format.ts'
import { describe, type FormField } from './validate.ts'

export interface TranscriptionDeps {
  transcriber: Transcriber
  uploads: UploadLimits
}

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
        signal: c.req.raw.signal,
      }
      if (ask.stream) return streamAnswer(c, ask, transcriber, request, upload)
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

/** The one file of the form. */
export function theFile({ files }: Upload): UploadedFile {
  const [file, second] = files
  const wrong = (message: string) => new AppError('invalid', message, { param: 'file' })
  if (!file) throw wrong('The form has no file. Send the audio in the field "file".')
  if (second) throw wrong('The form has more than one file. Send one per request.')
  if (file.bytes === 0) throw wrong('The file is empty.')
  return file
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

/** `en`, `en-US`, `english`, `auto` or nothing → Whisper's code or null. */
export function readLanguage(text: string): string | null {
  const language = spokenLanguage(text)
  if (language !== undefined) return language
  const says = `language '${text.slice(0, 40)}' is not known. Use a code such as en, de or pt-BR.`
  throw new AppError('invalid', says, { param: 'language' })
}

/** Where the work can be watched, in headers that no client minds. */
export function tellSession(c: Context, started: StartedFile): void {
  c.header('X-Parley-Model', started.model)
  if (started.sessionId === null) return
  c.header('X-Parley-Session', started.sessionId)
  c.header('X-Parley-Watch', started.watch ?? '')
}

/** From now on silence on the line means work, not a dead client: the entrance's time-out is lifted. Uploads have their own. */
export function keepOpen(c: Context): void {
  ;(c.env as { keepOpen?: () => void } | undefined)?.keepOpen?.()
}

/** The upload, waited for as long as it comes; a connection on which one was given up is of no use any more. */
export async function receive(c: Context, uploads: UploadLimits): Promise<Upload> {
  keepOpen(c)
  try {
    return await readUpload(c.req.raw, uploads)
  } catch (thrown) {
    c.header('Connection', 'close')
    throw thrown
  }
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

/** Silence longer than this is filled with an SSE comment, so that no proxy gives up. */
const KEEP_ALIVE = 10_000

/** OpenAI's events: deltas only ever append, the whole text comes with `done`. */
async function streamAnswer(
  c: Context,
  ask: Ask,
  transcriber: Transcriber,
  request: Omit<Parameters<Transcriber['start']>[0], 'onUtterance'>,
  upload: Upload,
): Promise<Response> {
  const events: object[] = []
  let wake = () => {}
  const say = (event: object) => {
    events.push(event)
    wake()
  }
  const heard: FileResult['utterances'] = []
  let text = ''
  const gone = new AbortController()
  const started = await transcriber.start({
    ...request,
    signal: AbortSignal.any([request.signal, gone.signal]),
    onUtterance(utterance) {
      heard.push(utterance)
      const whole = fileText(heard)
      const delta = whole.slice(text.length)
      text = whole
      if (ask.format === 'diarized_json') say(diarizedSegment(utterance, heard.length - 1))
      if (delta) say({ type: 'transcript.text.delta', delta })
    },
  })
  tellSession(c, started)
  let over = false
  started.result
    .then((result) =>
      say({
        type: 'transcript.text.done',
        text: text || fileText(result.utterances),
        usage: usageOf(result),
      }),
    )
    .catch((thrown) => {
      const message = thrown instanceof AppError ? thrown.message : 'The transcription failed.'
      if (!gone.signal.aborted)
        say({ type: 'error', error: { type: 'server_error', message, code: null, param: null } })
    })
    .finally(() => {
      over = true
      wake()
      return upload.dispose()
    })
  // nginx would gather it.
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => {
      gone.abort()
      wake()
    })
    while (!stream.aborted) {
      for (const event of events.splice(0)) await stream.writeSSE({ data: JSON.stringify(event) })
      if (over && events.length === 0) return
      if (events.length > 0) continue
      let timer: ReturnType<typeof setTimeout> | undefined
      const timeout = new Promise<'quiet'>((resolve) => {
        timer = setTimeout(() => resolve('quiet'), KEEP_ALIVE)
      })
      const news = new Promise<'news'>((resolve) => {
        wake = () => resolve('news')
      })
      if ((await Promise.race([news, timeout])) === 'quiet') await stream.write(': working\n\n')
      clearTimeout(timer)
    }
  })
}
