/** Ring, level, problems, WAV: web/audio. */
import { describe, expect, test } from 'bun:test'
import { wavFile } from '../../server/core/wav-file.ts'
import { nextLevel, soundsLikeSpeech, startLevel } from '../../web/audio/level.ts'
import { browserFamily, type CaptureContext, captureProblem } from '../../web/audio/problem.ts'
import { AudioRing } from '../../web/audio/ring.ts'

const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => (from + i) % 251)

describe('ring', () => {
  test('[WB1] reads by absolute offset, across chunks and up to a hole', () => {
    const ring = new AudioRing(1_000)
    ring.append(bytes(0, 10))
    ring.append(bytes(10, 10))
    expect(ring.read(5, 10)).toEqual(bytes(5, 10))
    ring.skip(6)
    ring.append(bytes(26, 4))
    expect(ring.end).toBe(30)
    expect(ring.read(15, 100)).toEqual(bytes(15, 5))
    expect(ring.nextAvailable(20)).toBe(26)
    expect(ring.read(26, 100)).toEqual(bytes(26, 4))
    expect(ring.read(30, 100).length).toBe(0)
  })

  test('[WB2] the oldest give way; released bytes go, later ones stay', () => {
    const ring = new AudioRing(20)
    for (let at = 0; at < 50; at += 10) ring.append(bytes(at, 10))
    expect(ring.size).toBe(20)
    expect(ring.nextAvailable(0)).toBe(30)
    ring.release(35)
    expect(ring.nextAvailable(0)).toBe(35)
    expect(ring.read(35, 100)).toEqual(bytes(35, 15))
    ring.release(50)
    expect(ring.size).toBe(0)
    expect(ring.nextAvailable(0)).toBe(50)
  })
})

describe('level', () => {
  const after = (peaks: number[]) =>
    peaks.reduce((state, peak) => nextLevel(state, peak / 3, peak, 60), startLevel)

  test('[WB12] loudness in words, unmoved by pauses between words', () => {
    expect(after([0, 0, 0]).verdict).toBe('silent')
    expect(after([0.01]).verdict).toBe('quiet')
    expect(after([0.3]).verdict).toBe('good')
    expect(after([1]).verdict).toBe('clipping')
    expect(after([0.3, ...new Array(12).fill(0)]).verdict).toBe('good')
    expect(after([0.3, ...new Array(300).fill(0)]).verdict).toBe('silent')
    expect(after(new Array(200).fill(0)).quietFor).toBe(12_000)
    expect(after([0, 0, 0.2]).quietFor).toBe(0)
    expect(soundsLikeSpeech(0.1)).toBe(true)
    expect(soundsLikeSpeech(0.001)).toBe(false)
  })
})

describe('problems', () => {
  const here: CaptureContext = { secure: true, hasMediaDevices: true, permission: 'prompt', embedded: false }
  const cases: [string, { name: string; message?: string } | null, Partial<CaptureContext>, string][] = [
    ['plain HTTP', null, { secure: false, hasMediaDevices: false }, 'insecure'],
    ['no such API', null, { hasMediaDevices: false }, 'unsupported'],
    [
      'closed question',
      { name: 'NotAllowedError', message: 'Permission dismissed' },
      { permission: null },
      'dismissed',
    ],
    [
      'closed question, not said so',
      { name: 'NotAllowedError', message: 'Permission denied' },
      {},
      'dismissed',
    ],
    [
      'blocked site',
      { name: 'NotAllowedError', message: 'Permission denied' },
      { permission: 'denied' },
      'blocked',
    ],
    [
      'blocked by system',
      { name: 'NotAllowedError', message: 'Permission denied by system' },
      { permission: 'denied' },
      'blocked-by-system',
    ],
    [
      'frame',
      { name: 'NotAllowedError', message: 'Permission denied' },
      { permission: 'denied', embedded: true },
      'blocked-by-page',
    ],
    ['no device', { name: 'NotFoundError' }, {}, 'no-device'],
    ['busy', { name: 'NotReadableError' }, {}, 'busy'],
    ['unplugged', { name: 'OverconstrainedError' }, {}, 'device-gone'],
    ['anything else', { name: 'Strange' }, {}, 'unknown'],
  ]
  for (const [what, error, context, expected] of cases)
    test(`[WB13] ${what} → ${expected}`, () => {
      expect(captureProblem(error, { ...here, ...context })).toBe(
        expected as ReturnType<typeof captureProblem>,
      )
    })

  test('[WB13] the words lead to this browser’s own setting', () => {
    expect(browserFamily('Mozilla/5.0 Gecko/20100101 Firefox/140.0')).toBe('firefox')
    expect(browserFamily('Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0 Safari/537.36')).toBe('chromium')
    expect(browserFamily('Mozilla/5.0 (Macintosh) AppleWebKit/605 Version/18.0 Safari/605')).toBe('safari')
  })
})

test('[WB14] a WAV of frames', () => {
  const wav = wavFile([bytes(0, 4), bytes(4, 6)])
  const view = new DataView(wav.buffer)
  expect(new TextDecoder().decode(wav.subarray(0, 4))).toBe('RIFF')
  expect(view.getUint32(24, true)).toBe(16_000)
  expect(view.getUint32(40, true)).toBe(10)
  expect(wav.subarray(44)).toEqual(bytes(0, 10))
})
