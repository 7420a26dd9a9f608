/** The interface of whisper.cpp's server: POST /inference with its fields and answers; POST /load is refused in its words. */
import { type Context, Hono } from 'hono'
import { AppError } from '../core/error.ts'
import { readLanguage } from '../core/language-tag.ts'
import { receive, type TranscriptionDeps, tellSession, theFile } from './file-request.ts'
import { subtitles, whisperCppText, whisperCppVerbose } from './transcription-format.ts'
import { untilGone } from './under-way.ts'
import { describe, type FormField } from './validate.ts'

/**
 * Fields it has and we honour: file, language, detect_language, translate, prompt, response_format, diarize (stereo),
 * temperature. Decoding knobs (beam_size, thresholds, vad_* …) are accepted and left to our own engine.
 */
export function inferenceRoutes({ transcriber, uploads }: TranscriptionDeps): Hono {
  const app = new Hono()
  const tags = ['whisper.cpp']
  app.post(
    '/inference',
    describe('Transcribe a file, as whisper.cpp’s server does', { tags, form: FORM }),
    async (c) => {
      const upload = await receive(c, uploads)
      try {
        const field = (name: string) => upload.fields.get(name)?.at(-1)?.trim() ?? ''
        const on = (name: string) => ['true', '1', 'on', 'yes'].includes(field(name).toLowerCase())
        if (upload.files.length === 0) throw new AppError('invalid', "no 'file' field in the request")
        const file = theFile(upload)
        const format = field('response_format') || 'json'
        if (!FORMATS.includes(format))
          throw new AppError('invalid', `response_format must be one of ${FORMATS.join(', ')}`)
        // Its default is English unless told otherwise; ours is to detect, which is what people who leave it out want.
        const language = on('detect_language') ? null : readLanguage(field('language'))
        const task = on('translate') ? ('translate' as const) : ('transcribe' as const)
        const started = await transcriber.start({
          path: file.path,
          name: file.name,
          language,
          task,
          vocabulary: field('prompt'),
          separate: on('diarize'),
          store: field('store') === '' || on('store'),
          signal: untilGone(c),
        })
        tellSession(c, started)
        const result = await started.result
        return answer(
          c,
          format,
          () =>
            whisperCppVerbose(result, {
              task,
              words: true,
              segments: true,
              temperature: Number(field('temperature')) || 0,
              language,
            }),
          {
            text: () => whisperCppText(result),
            srt: () => subtitles(result, 'srt'),
            vtt: () => subtitles(result, 'vtt'),
          },
        )
      } finally {
        await upload.dispose()
      }
    },
  )
  app.post('/load', describe('Changing the model over HTTP is refused', { tags }), () => {
    throw new AppError(
      'forbidden',
      'Models are chosen with `parley serve --model`; this server does not load paths it is sent.',
    )
  })
  return app
}

const FORM: FormField[] = [
  ['file', 'audio or video in any usual format', 'file'],
  ['response_format', 'json, text, srt, vtt, verbose_json'],
  ['language', 'ISO 639-1 code or auto'],
  ['translate', 'true = to English'],
  ['prompt', 'names and terms that occur'],
  ['diarize', 'true = one speaker per channel'],
]

const FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json']

function answer(
  c: Context,
  format: string,
  verbose: () => object,
  plain: { text(): string; srt(): string; vtt(): string },
): Response {
  const as = (body: string, type: string) => c.body(body, 200, { 'Content-Type': `${type}; charset=utf-8` })
  if (format === 'text') return as(plain.text(), 'text/plain')
  if (format === 'srt') return as(plain.srt(), 'application/x-subrip')
  if (format === 'vtt') return as(plain.vtt(), 'text/vtt')
  return c.json(format === 'verbose_json' ? verbose() : { text: plain.text() })
}
