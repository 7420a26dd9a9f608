import { describe, expect, test } from 'bun:test'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOpusWriter, openOpusFile } from '../../server/media/opus-file.ts'
import { measurePeaks } from '../../server/media/peaks.ts'
import { mixTracks, type TrackAudio } from '../../server/media/track-audio.ts'
import { bytesOf } from './sound.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-recordings-'))

function inMemory(samples: Int16Array): TrackAudio {
  return { samples: samples.length, read: (from, count) => samples.slice(from, from + count), close() {} }
}

describe('Opus recordings', () => {
  const write = (samples: Int16Array, step: number) => {
    const writer = createOpusWriter()
    const pages: Uint8Array[] = []
    for (let at = 0; at < samples.length; at += step)
      pages.push(...writer.push(samples.subarray(at, at + step)))
    pages.push(...writer.end())
    const path = join(directory, `${samples.length}-${step}.opus`)
    writeFileSync(path, Buffer.concat(pages))
    return { path, bytes: Buffer.concat(pages).length }
  }

  // 175,616: the last packet is also the last of a full page (one recording in fifty).
  for (const length of [0, 1, 319, 320, 15_680, 15_896, 15_897, 16_000, 40_001, 175_616]) {
    test(`[ME12] ${length} samples stay ${length} samples`, async () => {
      const audio = openOpusFile(
        write(
          Int16Array.from({ length }, (_, i) => Math.sin(i / 20) * 8000),
          7777,
        ).path,
      )
      expect(audio.samples).toBe(length)
      expect((await audio.read(0, length + 500)).length).toBe(length)
      audio.close()
    })
  }

  test('[ME12] reading from anywhere gives what reading from the start gives', async () => {
    const clip = new Int16Array((await bytesOf('clip.wav')).slice(-80_000).buffer)
    const samples = new Int16Array(160_000)
    for (let i = 0; i < samples.length; i++) samples[i] = clip[i % clip.length] as number
    const { path, bytes } = write(samples, 4096)
    expect((bytes / 10) * 3600).toBeLessThan(12_000_000)
    const audio = openOpusFile(path)
    const whole = await audio.read(0, samples.length)
    for (const from of [5, 15_999, 16_000, 16_001, 71_234, 159_000]) {
      const part = await audio.read(from, 2000)
      const worst = Math.max(...Array.from(part, (value, i) => Math.abs(value - (whole[from + i] as number))))
      expect(worst).toBeLessThan(40) // of 32,768: the decoder's memory of what came before the second it starts in
    }
    let at = 0
    const pieces: number[] = []
    while (at < samples.length) {
      const part = await audio.read(at, 1711)
      pieces.push(...part)
      at += part.length
    }
    expect(pieces).toEqual([...whole])
    audio.close()
  })

  test('[ME12] a file cut in the middle is read up to the cut', async () => {
    const { path } = write(
      Int16Array.from({ length: 64_000 }, (_, i) => Math.sin(i / 20) * 8000),
      4096,
    )
    const cut = join(directory, 'cut.opus')
    writeFileSync(cut, (await Bun.file(path).bytes()).slice(0, -200))
    const audio = openOpusFile(cut)
    expect(audio.samples).toBeGreaterThan(40_000)
    expect(audio.samples).toBeLessThan(64_000)
    expect((await audio.read(0, 64_000)).length).toBe(audio.samples)
    audio.close()
  })
})

describe('mixing and drawing', () => {
  test('[ME13] tracks lie where they began, and clip instead of wrapping', async () => {
    const mix = mixTracks([
      { start: 1, audio: inMemory(new Int16Array(32).fill(20_000)) },
      { start: 2, audio: inMemory(new Int16Array(32).fill(20_000)) },
    ])
    expect(mix.samples).toBe(64)
    expect([...(await mix.read(0, 64))]).toEqual([
      ...Array(16).fill(0),
      ...Array(16).fill(20_000),
      ...Array(16).fill(32_767),
      ...Array(16).fill(20_000),
    ])
    expect([...(await mix.read(30, 4))]).toEqual([20_000, 20_000, 32_767, 32_767])
  })

  test('[ME14] one value per stretch, 255 is full scale', async () => {
    const samples = new Int16Array(400)
    samples[50] = -32_768
    samples[350] = 16_384
    expect([...(await measurePeaks(inMemory(samples), 4))]).toEqual([255, 0, 0, 128])
    expect(await measurePeaks(inMemory(new Int16Array(3)), 10)).toHaveLength(3)
  })
})
