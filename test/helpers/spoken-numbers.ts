/** Real sound that counts aloud (espeak-ng), for the real recogniser, and what a transcript made of it. */

import { toPcm16 } from '../../server/core/pcm.ts'
import { decodeWav } from './wav.ts'

const WORDS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  )

export const canSpeak = () => Bun.which('espeak-ng') !== null

/** Silence before the first number, s: a microphone is on before somebody speaks. */
const LEAD = 1

/** "Number 1." … "Number n.", 0.9 s apart: PCM16LE mono 16 kHz. */
export const countAloud = (upTo: number): Uint8Array => spokenNumbers(upTo).sound

/** The same, with the second at which each number ends. */
export function spokenNumbers(upTo: number): { sound: Uint8Array; ends: number[] } {
  const ends: number[] = []
  let bytes = LEAD * 32_000
  const parts: Uint8Array[] = [new Uint8Array(bytes)]
  for (let n = 1; n <= upTo; n++) {
    const { stdout } = Bun.spawnSync(['espeak-ng', '-v', 'en-us', '-s', '140', '--stdout', `Number ${n}.`])
    const file = Uint8Array.from(stdout)
    // espeak writes to a pipe before it knows the length.
    const view = new DataView(file.buffer)
    view.setUint32(4, file.length - 8, true)
    view.setUint32(40, file.length - 44, true)
    const pcm = decodeWav(file)
    if (typeof pcm === 'string') throw new Error(pcm)
    const said = toPcm16(pcm)
    parts.push(said, new Uint8Array(28_800))
    ends.push((bytes + said.length) / 32_000)
    bytes += said.length + 28_800
  }
  return { sound: Uint8Array.from(Buffer.concat(parts)), ends }
}

/** How often each number up to `upTo` stands in a text, as digits or words. */
export function numbersIn(text: string, upTo: number): number[] {
  const counts = new Array<number>(upTo + 1).fill(0)
  for (const word of text.toLowerCase().split(/[^a-z0-9]+/)) {
    const number = /^\d+$/.test(word) ? Number(word) : WORDS.indexOf(word)
    if (number >= 1 && number <= upTo) counts[number] = (counts[number] ?? 0) + 1
  }
  return counts
}
