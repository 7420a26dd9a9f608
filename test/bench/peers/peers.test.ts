/** What the peers' messages mean, and how their figures are compared. */
import { expect, test } from 'bun:test'
import { ratios } from './ratios.ts'
import { whisperLiveKitReader, whisperLiveReader } from './texts.ts'

test('[BE6] WhisperLive: completed segments are kept, the open one is pending, earlier ones need not come again', () => {
  const read = whisperLiveReader()
  expect(read('{"uid":"u","message":"SERVER_READY"}')).toBe('ready')
  expect(read('{"uid":"u","message":"DISCONNECT"}')).toBeNull()
  const segment = (start: string, text: string, completed = false) => ({ start, end: '9', text, completed })
  read(JSON.stringify({ segments: [segment('0.000', ' one', true), segment('1.000', ' tw')] }))
  const later = { segments: [segment('1.000', ' two', true), segment('2.000', ' three')] }
  expect(read(JSON.stringify(later))).toEqual({ committed: 'one two', pending: 'three' })
})

test('[BE6] WhisperLiveKit: lines are committed, buffers pending, silence has no text', () => {
  const read = whisperLiveKitReader()
  expect(read('{"type":"config","useAudioWorklet":true}')).toBe('ready')
  const state = { lines: [{ text: 'one' }, { text: null }, { text: ' two ' }], buffer_transcription: ' thr' }
  expect(read(JSON.stringify(state))).toEqual({ committed: 'one two', pending: 'thr' })
  expect(read('{"type":"ready_to_stop"}')).toBe('end')
})

test('[BE6] ratios are the peer’s figure divided by ours', () => {
  const row = (committed: string, cpu: string, wer: string) => ({
    system: 's',
    committed,
    'CPU/s': cpu,
    'WER refined': wer,
  })
  const compared = ratios(row('0.80 / 1.60', '0.50', '7.25'), row('8.00 / 16.00', '1.75', '9.00'))
  expect(compared['committed p50 (bar 5 ×)']).toBe('10.0 ×')
  expect(compared['committed p95']).toBe('10.0 ×')
  expect(compared['CPU (bar 2 ×)']).toBe('3.5 ×')
  expect(compared['WER: theirs, ours']).toBe('9.00, 7.25')
})
