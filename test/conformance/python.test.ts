/** Clients in Python: the SDKs and clients of PyPI, and clients written after the seeds' documents. Needs the native library and the model. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { CACHE, python, skipLine } from './environments.ts'
import { type Bench, type ClientRun, openBench, points, runClient, writeStereo } from './kit.ts'
import { expectRest } from './rest-answer.ts'

const found = await python('py')
if ('missing' in found) skipLine('clients in Python', found.missing)
const program = 'python' in found ? found.python : ''
const whole = test.skipIf(!program)

let bench: Bench
beforeAll(async () => {
  if (program) bench = await openBench()
}, 300_000)
afterAll(() => bench?.dispose())

/** Words as good as the offline route's, within two points. */
function understood({ text }: ClientRun): void {
  const rate = points(bench.reference, text)
  console.log(`    WER ${rate.toFixed(1)} (offline ${bench.offline.toFixed(1)})`)
  expect(rate, text).toBeLessThanOrEqual(bench.offline + 2)
}

const client = (name: string, ...args: string[]) => runClient([program, `${name}.py`, ...args])
const ws = (path: string) => `ws://127.0.0.1:${bench.server.port}${path}`
const host = () => `127.0.0.1:${bench.server.port}`

whole(
  '[CF1, CF10] openai 3 (PyPI), Realtime GA, server VAD',
  async () => {
    const run = await client('openai_realtime', host(), bench.wav)
    expect(run.errors).toEqual([])
    expect(run.order.slice(0, 3)).toEqual([
      'session.created',
      'session.updated',
      'input_audio_buffer.speech_started',
    ])
    expect(run.items).toBeGreaterThanOrEqual(3)
    expect(run.completed).toBe(run.items)
    expect(run.chain).toBe(true)
    expect(run.deltas).not.toBe('')
    understood(run)
  },
  120_000,
)

whole(
  '[CF3, CF10] openai 1 (PyPI), Realtime beta, commit by the client',
  async () => {
    const run = await runClient([program, 'openai_beta.py', host(), bench.wav], {
      OLD_OPENAI: join(CACHE, 'old-openai'),
    })
    expect(run.errors).toEqual([])
    expect(run.order.slice(0, 2)).toEqual(['transcription_session.created', 'transcription_session.updated'])
    expect(run.order).toContain('conversation.item.created')
    understood(run)
  },
  120_000,
)

for (const [end, speed] of [
  ['{"type":"end"}', 1],
  ['empty', 6],
] as const) {
  whole(
    `[CF6, CF10] a client after seed 002, ending with ${end}`,
    async () => {
      const run = await client('asr_stream', ws('/ws/asr-stream'), bench.wav, end, String(speed))
      expect(run.order).toEqual(['metadata', 'transcript', 'complete'])
      expect(run.ack).toMatchObject({
        status: 'ready',
        language_code: 'en-US',
        sample_rate_hertz: 16_000,
        encoding: 'LINEAR16',
      })
      // Interim results are for live speech; faster than that finals may come first.
      if (speed === 1) expect(run.interims).toBeGreaterThan(0)
      for (const confidence of run.confidences as number[]) {
        expect(confidence).toBeGreaterThan(0.3)
        expect(confidence).toBeLessThanOrEqual(1)
      }
      understood(run)
    },
    120_000,
  )
}

whole(
  '[CF7, CF10] a client after seed 004',
  async () => {
    const run = await client('simple', ws('/ws'), bench.wav, '4096')
    expect(run.order).toEqual(['status', 'transcription', 'status'])
    expect(run.status).toBe('completed')
    expect(run.parts).toBe(run.text)
    understood(run)
  },
  120_000,
)

whole(
  '[CF8, CF10] a client after seed 001, on the bare path',
  async () => {
    const run = await client('whisper_stream', ws('/'), bench.wav)
    expect(run.messages).toBeGreaterThanOrEqual(3)
    understood(run)
  },
  120_000,
)

whole(
  '[CF9, CF10] a WhisperLiveKit client in mode=diff',
  async () => {
    const run = await client('whisperlivekit', ws('/asr?mode=diff&language=en'), bench.wav)
    expect(run.order).toEqual(['config', 'snapshot', 'diff', 'ready_to_stop'])
    understood(run)
  },
  120_000,
)

whole(
  '[CF5, CF10] whisper-live (PyPI) on a file, in real time',
  async () => {
    const srt = join(bench.directory, 'spoken.srt')
    const run = await client(
      'whisper_live_client',
      '127.0.0.1',
      String(bench.server.port),
      bench.wav,
      srt,
      'en',
    )
    expect(run).toMatchObject({ error: null, backend: 'faster_whisper' })
    expect(run.updates).toBeGreaterThan(5)
    const starts = (run.starts as string[]).map(Number)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(run.srt).toBe(run.text) // no line twice
    understood(run)
  },
  120_000,
)

whole(
  '[CF18, CF10] openai 3 (PyPI), REST in every format',
  async () => {
    const run = await client('openai_rest', host(), bench.wav)
    expectRest(run, bench)
    expect(run.speakers).toEqual(['A'])
  },
  180_000,
)

whole(
  '[CF19, CF10] Deepgram SDK (PyPI), live',
  async () => {
    const run = await client('deepgram_live', host(), bench.wav)
    expect(run.order).toEqual(['Results', 'Metadata'])
    expect(run.interims).toBeGreaterThan(0)
    expect(run.speakers).toEqual([0])
    expect(run.metadata).toMatchObject({ channels: 1 })
    understood(run)
  },
  120_000,
)

whole(
  '[CF19] Deepgram SDK (PyPI), two channels: each its own speaker',
  async () => {
    const { wav, texts } = writeStereo(bench.directory)
    const run = await client('deepgram_live', host(), wav)
    expect(run.metadata).toMatchObject({ channels: 2 })
    expect(run.speakers).toEqual([0, 1])
    for (const [channel, reference] of texts.entries()) {
      const rate = points(reference, (run.texts as string[])[channel] ?? '')
      console.log(`    channel ${channel}: WER ${rate.toFixed(1)}`)
      expect(rate).toBeLessThanOrEqual(10)
    }
  },
  120_000,
)
