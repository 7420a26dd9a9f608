import { expect, test } from 'bun:test'
import { html } from '../../server/export/html.ts'
import { EXPORT_OPTIONS, type ExportOptions } from '../../server/export/options.ts'
import { pageWithSound, soundToCome } from '../../server/export/page-with-sound.ts'
import { said } from '../db/samples.ts'
import { EVENTS, transcriptOf } from './samples.ts'

/** Somebody says what the page itself looks for. */
const EVENTS_TOO = [...EVENTS, said('utt_9', 'par_1', 'a page ends with ;base64,"></audio> they said', 9000)]
const render = (audio: ExportOptions['audio']) => html(transcriptOf(EVENTS_TOO), { ...EXPORT_OPTIONS, audio })

test('[EX32] a page carries its sound without ever being whole in memory, byte for byte as it would be', async () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 256)
  const whole = render({ contentType: 'audio/ogg', bytes })
  const page = render(soundToCome('audio/ogg'))
  for (const step of [1, 2, 3, 4, 999, 20_000]) {
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
    }
    let made = ''
    let largest = 0
    for await (const piece of pageWithSound(page, pieces())) {
      made += Buffer.from(piece).toString()
      largest = Math.max(largest, piece.length)
    }
    expect(made).toBe(whole)
    if (step < 1000) expect(largest).toBeLessThan(whole.length / 2)
  }
})
