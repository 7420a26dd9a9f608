import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppError } from '../../server/core/error.ts'
import { credible } from '../../server/media/credible.ts'
import { type MediaDecoderOptions, openMediaDecoder } from '../../server/media/media-decoder.ts'
import { createQueue } from '../../server/media/queue.ts'
import { spoolToFile } from '../../server/media/worker.ts'
import { bytesOf, CHILD, decode, FIXTURES, joined, likeness } from './sound.ts'

async function through(
  bytes: Uint8Array | null,
  options: MediaDecoderOptions = {},
  step = 1000,
): Promise<Float32Array> {
  const decoder = openMediaDecoder({ command: CHILD, ...options })
  if (bytes) {
    for (let at = 0; at < bytes.length; at += step) void decoder.write(bytes.slice(at, at + step))
    decoder.end()
  }
  const parts: Float32Array[] = []
  for await (const pcm of decoder.pcm) parts.push(pcm)
  return joined(parts)
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: AppError) => thrown.code,
  )
const reference = (await decode(await bytesOf('clip.wav')))[0] as Float32Array

/** Every test starts a process or several; a busy machine takes seconds for each. */
setDefaultTimeout(30_000)

describe('the decoding child', () => {
  test('[ME2] a stream and a file give the same sound', async () => {
    const streamed = await through(await bytesOf('clip.mp3'))
    const read = await through(null, { file: join(FIXTURES, 'clip.mp3') })
    expect(streamed.length).toBe(read.length)
    expect(likeness(reference, streamed)).toBeGreaterThan(0.97)
  })

  test('[ME2] an MP4 that comes through a pipe', async () => {
    expect(likeness(reference, await through(await bytesOf('clip.m4a')))).toBeGreaterThan(0.97)
  })

  test('[ME5] noise is refused', async () => {
    const noise = Uint8Array.from({ length: 9000 }, (_, i) => (i * 7919) % 251)
    expect(await failure(through(noise))).toBe('unsupported')
  })

  test('[ME5] a child that dies without a word is an error of the file, not of the server', async () => {
    const command = [process.execPath, '-e', 'process.abort()']
    expect(await failure(through(await bytesOf('clip.mp3'), { command }))).toBe('invalid')
  })

  test('[ME23] whatever a decoder stumbles over is an error of the file', async () => {
    const file = await bytesOf('clip.m4a')
    // The AAC decoder's configuration (tag 5 in `esds`, five bytes): one byte of it left, which ends in the middle of a field.
    const size = Buffer.from(file).indexOf(Buffer.from([0x05, 0x80, 0x80, 0x80, 0x05])) + 4
    const damaged = file.map((byte, at) => (at === size ? 1 : at === size + 1 ? 0xff : byte))
    expect(size).toBeGreaterThan(4)
    expect(await failure(through(damaged))).toBe('invalid')
  })

  test('[ME6] a playlist named .wav opens nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-media-'))
    const file = join(directory, 'evil.wav')
    for (const text of [
      `#EXTM3U\n#EXTINF:1,\nfile://${FIXTURES}/clip.mp3\n`,
      `ffconcat version 1.0\nfile ${FIXTURES}/clip.mp3\n`,
    ]) {
      writeFileSync(file, text)
      expect(await failure(through(null, { file }))).toBe('unsupported')
    }
  })

  test('[ME7] too much audio is refused, in the child and here', async () => {
    expect(await failure(through(await bytesOf('clip.opus'), { maxSeconds: 1 }))).toBe('too-large')
    expect(await failure(through(await bytesOf('clip.wav'), { maxSeconds: 1 }))).toBe('too-large')
  })

  test('[ME9] close ends the output and the child', async () => {
    const decoder = openMediaDecoder({ command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'] })
    void decoder.write(await bytesOf('clip.mp3'))
    const reading = (async () => {
      for await (const _ of decoder.pcm) void _
      return 'over'
    })()
    decoder.close()
    decoder.close()
    expect(await reading).toBe('over')
  })
})

describe('without a child', () => {
  const wave = Int16Array.from({ length: 1600 }, (_, i) => Math.round(Math.sin(i / 5) * 9000))
  const raw = new Uint8Array(wave.buffer)

  test('[ME10] raw PCM in odd portions', async () => {
    const pcm = await through(raw, { encoding: 's16le' }, 33)
    expect([...pcm]).toEqual([...wave].map((value) => Math.fround(value / 32768)))
  })

  test('[ME10] raw µ-law at 8 kHz becomes twice as many samples', async () => {
    expect(
      (await through(new Uint8Array(800).fill(0x9f), { encoding: 'mulaw', sampleRate: 8000 })).length,
    ).toBe(1600)
  })

  test('[ME11] unknown bytes are PCM where the caller says so; a file is still a file', async () => {
    expect((await through(raw, { otherwise: 's16le' })).length).toBe(1600)
    const wav = await through(await bytesOf('clip.wav'), { otherwise: 's16le' })
    expect(wav.length).toBe(reference.length)
    const tiny = await through(raw.slice(0, 100), { otherwise: 's16le' })
    expect(tiny.length).toBe(50)
  })

  test('[ME16] a full queue makes its writer wait until half is read', async () => {
    const queue = createQueue<number>(10, (weight) => weight)
    const told: string[] = []
    await queue.push(6)
    void queue.push(6).then(() => told.push('go on'))
    const iterator = queue[Symbol.asyncIterator]()
    await Promise.resolve()
    expect(told).toEqual([])
    await iterator.next()
    await iterator.next()
    await Promise.resolve()
    expect(told).toEqual(['go on'])
    queue.end()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
})

test('[ME17] a few kilobytes that claim to be a day of silence end after two hours of it; a long call does not', async () => {
  const hours = async (bytes: number) => {
    const minute = new Float32Array(60 * 16_000)
    async function* day() {
      for (let i = 0; i < 24 * 60; i++) yield [minute]
    }
    let given = 0
    const failed = await (async () => {
      for await (const [mono] of credible(day(), () => bytes)) given += (mono?.length ?? 0) / 16_000 / 3600
      return null
    })().catch((error: AppError) => error)
    return { given, failed }
  }
  const bomb = await hours(314_291)
  expect(bomb.failed).toMatchObject({
    code: 'too-large',
    message: '307 kB that claim to be more than 2 hours of sound are no recording.',
  })
  expect(bomb.given).toBeLessThan(3)
  // Opus with its pauses left out, 1.6 kbit/s.
  expect(await hours(24 * 3600 * 200)).toEqual({ given: expect.closeTo(24), failed: null })
})

test('[ME18] an MP4 that comes through a pipe may not fill the disk, and leaves nothing behind', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-media-'))
  let seen: string[] = []
  async function* endless() {
    for (;;) {
      yield new Uint8Array(64 * 1024)
      seen = readdirSync(directory)
    }
  }
  const failed = await spoolToFile(endless(), 1024 ** 2, directory).catch((error: AppError) => error)
  expect(failed).toMatchObject({ code: 'too-large', message: 'An MP4 sent in pieces may have 1 MiB.' })
  expect(readdirSync(directory)).toEqual([])
  // Whatever kills the process in between leaves nothing either.
  expect(seen).toEqual([])
})

test('[ME21] nothing secret of the environment reaches a decoder, and it runs at lower priority', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-media-'))
  const [told, nice] = [join(directory, 'environ'), join(directory, 'nice')]
  process.env.PARLEY_TEST_SECRET = 'canary-in-the-environment'
  const command = ['sh', '-c', `cat /proc/self/environ > ${told}; exit 1`]
  await failure(through(null, { file: join(FIXTURES, 'clip.mp3'), command }))
  delete process.env.PARLEY_TEST_SECRET
  expect(readFileSync(told, 'utf8')).toContain('PATH=')
  expect(readFileSync(told, 'utf8')).not.toContain('canary')
  const worker = join(import.meta.dir, '../../server/media/worker.ts')
  const look = `import(${JSON.stringify(worker)}).then(({ decodeChild }) => decodeChild(['--file=/nowhere']))
    .finally(() => require('fs').writeFileSync(${JSON.stringify(nice)}, String(require('os').getPriority())))`
  await failure(through(null, { file: '/nowhere', command: [process.execPath, '-e', look] }))
  expect(Number(readFileSync(nice, 'utf8'))).toBeGreaterThanOrEqual(10)
})
