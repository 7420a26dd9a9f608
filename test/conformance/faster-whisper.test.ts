/** A Faster-Whisper server of PyPI as the recogniser: its words, times and language, and what happens when it dies. Needs no model of ours. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Decoder } from '../../server/asr/backend.ts'
import { FallbackDecoder } from '../../server/asr/backends/fallback.ts'
import { openai } from '../../server/asr/backends/openai.ts'
import { silentLog } from '../../server/log.ts'
import { decodeRequest, hypothesis } from '../helpers/decoding.ts'
import { decodeWav } from '../helpers/wav.ts'
import { CACHE, python, skipLine } from './environments.ts'
import { points } from './kit.ts'
import { CLIENTS, freePort, start } from './programs.ts'

const whisper = await python('fw')
if ('missing' in whisper) skipLine('a Faster-Whisper server', whisper.missing)
const FIXTURES = join(import.meta.dir, '..', 'fixtures')

test.skipIf('missing' in whisper)(
  '[CF16] a Faster-Whisper server recognises windows; when it dies the embedded recogniser answers at once',
  async () => {
    if ('missing' in whisper) return
    const port = await freePort()
    const script = join(CLIENTS, 'faster_whisper_server.py')
    const neighbour = await start(
      [whisper.python, script, String(port), join(CACHE, 'base-ct2')],
      `http://127.0.0.1:${port}/health`,
    )
    const remote = await openai.load({
      modelPath: '',
      gpu: false,
      libraryPath: null,
      settings: { url: `http://127.0.0.1:${port}/v1`, key: '', model: 'whisper-1' },
    })
    const spare: Decoder = {
      capabilities: remote.capabilities,
      decode: async () =>
        hypothesis({ tokens: [{ id: 1, text: ' here', start: 0, end: 100, probability: 1 }] }),
      close: async () => {},
    }
    const patience = { draft: 60_000, final: 60_000, refine: 60_000 }
    const decoder = new FallbackDecoder({ remote, spare, log: silentLog, patience })
    const wav = new Uint8Array(await Bun.file(join(FIXTURES, 'en_jfk.wav')).arrayBuffer())
    const pcm = decodeWav(wav)
    if (typeof pcm === 'string') throw new Error(pcm)
    // A careful pass may take longest: the machine may be busy with other tests.
    const request = decodeRequest({ kind: 'refine', pcm, language: null, padding: null })
    const answer = await decoder.decode(request)
    const text = answer.tokens.map((token) => token.text).join('')
    const rate = points(await Bun.file(join(FIXTURES, 'en_jfk.txt')).text(), text)
    console.log(`    WER ${rate.toFixed(1)}`)
    expect(rate, text).toBeLessThanOrEqual(5)
    expect([answer.language, decoder.detail]).toEqual(['en', ''])
    expect(answer.languageProbability).toBeGreaterThan(0.5)
    // Times are the words' own, not spread evenly.
    const starts = answer.tokens.map((token) => token.start)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(new Set(answer.tokens.map((token) => token.probability)).size).toBeGreaterThan(5)
    neighbour.kill('SIGKILL')
    await neighbour.exited
    const after = await decoder.decode(request)
    expect(after.tokens[0]?.text).toBe(' here')
    expect(decoder.detail).toContain('cannot be reached')
    await decoder.close()
  },
  180_000,
)
