/** What both OpenAI SDKs must report of the REST doors: the same for npm's and PyPI's. */
import { expect } from 'bun:test'
import { type Bench, type ClientRun, points } from './kit.ts'

interface RestRun extends ClientRun {
  formats: { text: string; srt: string; vtt: string }
  verbose: {
    text: string
    language: string
    duration: number
    segments: number
    words: [string, number, number][]
  }
  deltas: string
  done: string
  translated: string
  errors: unknown[]
  models: string[]
}

export function expectRest(given: ClientRun, bench: Bench): void {
  const run = given as RestRun
  // The file is recognised once more for every format: the words of one run are those of the other.
  const close = (text: string) =>
    expect(points(bench.reference, text), text).toBeLessThanOrEqual(bench.offline + 2)
  close(run.text)
  close(run.formats.text)
  close(run.verbose.text)
  close(run.done)
  close(run.translated) // English stays English
  expect(run.deltas).toBe(run.done)
  expect(run.order).toEqual(['transcript.text.delta', 'transcript.text.done'])
  expect(run.formats.srt).toMatch(/^1\r?\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\r?\n/)
  expect(run.formats.vtt).toMatch(/^WEBVTT/)
  expect(run.verbose.language).toBe('english')
  expect(run.verbose.segments).toBeGreaterThanOrEqual(3)
  close(run.verbose.words.map(([word]) => word).join(' '))
  let before = 0
  for (const [, start, end] of run.verbose.words) {
    expect(start).toBeGreaterThanOrEqual(before - 0.011)
    expect(end).toBeGreaterThanOrEqual(start)
    expect(end).toBeLessThanOrEqual(run.verbose.duration + 0.5)
    before = start
  }
  expect(run.errors).toEqual([
    [400, 'response_format', 'invalid_request_error'],
    [400, 'language', 'invalid_request_error'],
  ])
  expect(run.models).toContain('whisper-1')
}
