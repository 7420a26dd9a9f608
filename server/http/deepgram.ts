/** Deepgram's REST API for files, POST /v1/listen: the sound is the body, what is wanted stands in the address. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Hono } from 'hono'
import { AppError } from '../core/error.ts'
import type { FileResult, FileUtterance } from '../files/file-job.ts'
import { flag, type JsonObject, round } from '../protocol/codec-kit.ts'
import { type DeepgramQuery, readDeepgramQuery } from '../protocol/deepgram-query.ts'
import { alternative } from '../protocol/deepgram-result.ts'
import { paragraphsOf } from './deepgram-paragraphs.ts'
import { receive, type TranscriptionDeps, tellSession, theFile } from './file-request.ts'
import { untilGone } from './under-way.ts'
import { describe } from './validate.ts'

/**
 * Honoured: language, detect_language, punctuate, smart_format, diarize (one speaker per channel), multichannel,
 * utterances, paragraphs, keyterm, keywords. What only their models do (topics, sentiment, redaction …) is left out of the answer.
 */
export function deepgramRoutes({ transcriber, uploads }: TranscriptionDeps): Hono {
  const app = new Hono()
  const about = { tags: ['deepgram'] }
  app.post('/v1/listen', describe('Transcribe a file, as Deepgram does', about), async (c) => {
    const url = new URL(c.req.url)
    const query = readFileQuery(url)
    if (/^application\/json/i.test(c.req.header('content-type') ?? ''))
      throw new AppError('invalid', 'Parley fetches no addresses. Send the sound itself as the body.')
    const upload = await receive(c, uploads)
    try {
      const file = theFile(upload)
      const { language = null, vocabulary = '' } = query.speech
      const started = await transcriber.start({
        path: file.path,
        name: file.name,
        language,
        task: 'transcribe',
        vocabulary,
        separate: flag(url.searchParams.get('multichannel')) === true,
        store: true,
        signal: untilGone(c),
      })
      tellSession(c, started)
      const [result, sha256] = await Promise.all([started.result, sha256Of(file.path)])
      const metadata = metadataOf(result, sha256, started.model)
      return c.json({ metadata, results: resultsOf(result, query, url.searchParams) })
    } finally {
      await upload.dispose()
    }
  })
  return app
}

function readFileQuery(url: URL): DeepgramQuery {
  if (url.searchParams.has('callback'))
    throw new AppError('invalid', 'callback is not supported: the answer comes to the request itself.')
  const query = readDeepgramQuery(url, null)
  if (typeof query === 'string') throw new AppError('invalid', query)
  if (query.raw)
    throw new AppError(
      'invalid',
      'Bare samples are for the socket. Send a file, such as WAV, and no encoding.',
    )
  return query
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes)
  return hash.digest('hex')
}

function metadataOf(result: FileResult, sha256: string, model: string): JsonObject {
  const id = randomUUID()
  return {
    transaction_key: 'deprecated',
    request_id: id,
    sha256,
    created: new Date().toISOString(),
    duration: round(result.duration / 1000),
    channels: result.channels,
    models: [id],
    model_info: { [id]: { name: model, version: '1', arch: 'whisper' } },
  }
}

function resultsOf(result: FileResult, query: DeepgramQuery, asked: URLSearchParams): JsonObject {
  const said = result.utterances.filter(({ committed }) => committed.length > 0)
  const of = (each: FileUtterance) =>
    alternative({ ...each, words: each.committed }, query, each.channel) as Alternative
  const inParagraphs = ['paragraphs', 'smart_format'].some((name) => flag(asked.get(name)) === true)
  const channels = Array.from({ length: result.channels }, (_, channel) => {
    const lines = said.filter((each) => each.channel === channel)
    const longest = lines.toSorted((a, b) => b.end - b.start - (a.end - a.start))[0]
    const words = lines.map(({ committed }) => committed)
    const paragraphs = inParagraphs && { paragraphs: paragraphsOf(words, query.diarize ? channel : null) }
    return {
      alternatives: [{ ...joined(lines.map(of)), ...paragraphs }],
      ...(query.tellsLanguage && longest && detected(longest)),
    }
  })
  if (flag(asked.get('utterances')) !== true) return { channels }
  const utterances = said.map((each) => ({
    start: round(each.start / 1000),
    end: round(each.end / 1000),
    channel: each.channel,
    id: randomUUID(),
    ...of(each),
  }))
  return { channels, utterances }
}

function detected({ language, languageProbability }: FileUtterance): JsonObject {
  return {
    detected_language: language,
    ...(languageProbability !== undefined && { language_confidence: round(languageProbability) }),
  }
}

interface Alternative extends JsonObject {
  transcript: string
  confidence: number
  words: { word: string; confidence: number }[]
}

/** The lines of a channel as the one text a file has there. */
function joined(lines: Alternative[]): Alternative {
  const words = lines.flatMap((line) => line.words)
  const length = words.reduce((sum, { word }) => sum + word.length, 0)
  const sure = words.reduce((sum, { word, confidence }) => sum + confidence * word.length, 0)
  return {
    transcript: lines.map(({ transcript }) => transcript).join(' '),
    confidence: length === 0 ? 0 : round(sure / length),
    words,
  }
}
