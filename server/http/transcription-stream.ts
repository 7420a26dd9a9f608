/** A transcription as server-sent events in OpenAI's words: deltas only ever append, the whole text comes with `done`. */
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { AppError } from '../core/error.ts'
import type { FileUtterance } from '../files/file-job.ts'
import { fileText } from '../files/file-text.ts'
import type { Transcriber } from '../files/transcriber.ts'
import { tellSession } from './file-request.ts'
import { diarizedSegment, usageOf } from './transcription-format.ts'
import { whileAllowed } from './under-way.ts'

/** Silence longer than this is filled with an SSE comment, so that no proxy gives up, ms. */
const KEEP_ALIVE = 10_000

export interface StreamedTranscription {
  transcriber: Transcriber
  request: Omit<Parameters<Transcriber['start']>[0], 'onUtterance'>
  /** Segments with their speakers are told beside the text. */
  speakers: boolean
  /** Called once the work is over, whatever became of it. */
  done(): Promise<void>
}

/** Resolves when the work has begun; rejects when it cannot. A client that goes away stops it. */
export async function streamTranscription(
  c: Context,
  { transcriber, request, speakers, done }: StreamedTranscription,
): Promise<Response> {
  const outbox = new Outbox()
  const heard: FileUtterance[] = []
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
      if (speakers) outbox.say(diarizedSegment(utterance, heard.length - 1))
      if (delta) outbox.say({ type: 'transcript.text.delta', delta })
    },
  })
  tellSession(c, started)
  started.result
    .then((result) => {
      const whole = text || fileText(result.utterances)
      outbox.say({ type: 'transcript.text.done', text: whole, usage: usageOf(result) })
    })
    .catch((thrown) => {
      if (!gone.signal.aborted) outbox.say(failure(thrown))
    })
    .finally(() => {
      outbox.close()
      return done()
    })
  // nginx would gather it.
  c.header('X-Accel-Buffering', 'no')
  const answer = streamSSE(c, async (stream) => {
    stream.onAbort(() => {
      gone.abort()
      outbox.close()
    })
    while (!stream.aborted) {
      const events = outbox.take()
      for (const event of events) await stream.writeSSE({ data: JSON.stringify(event) })
      if (events.length > 0) continue
      if (outbox.closed) return
      if ((await outbox.news(KEEP_ALIVE)) === 'quiet') await stream.write(': working\n\n')
    }
  })
  answer.headers.set('Cache-Control', 'no-store')
  return answer.body ? new Response(whileAllowed(c, answer.body), answer) : answer
}

function failure(thrown: unknown): object {
  const message = thrown instanceof AppError ? thrown.message : 'The transcription failed.'
  return { type: 'error', error: { type: 'server_error', message, code: null, param: null } }
}

/** Events on their way to a client that reads at its own pace. */
class Outbox {
  #events: object[] = []
  #wake = () => {}
  /** Nothing more is said. */
  closed = false

  say(event: object): void {
    this.#events.push(event)
    this.#wake()
  }

  close(): void {
    this.closed = true
    this.#wake()
  }

  take(): object[] {
    return this.#events.splice(0)
  }

  /** Waits for the next event or the end; 'quiet' when `ms` pass without either. */
  async news(ms: number): Promise<'news' | 'quiet'> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const quiet = new Promise<'quiet'>((resolve) => {
      timer = setTimeout(() => resolve('quiet'), ms)
    })
    const news = new Promise<'news'>((resolve) => {
      this.#wake = () => resolve('news')
    })
    return Promise.race([news, quiet]).finally(() => clearTimeout(timer))
  }
}
