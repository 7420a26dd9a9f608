/** Real sound that counts aloud (flite, else espeak-ng), for the real recogniser, and what a transcript made of it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toPcm16 } from '../../server/core/pcm.ts'
import { decodeWav } from './wav.ts'

const WORDS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  )

/** Why nobody can count aloud here; null if somebody can. */
export const speechless = () =>
  Bun.which('flite') || Bun.which('espeak-ng') ? null : 'neither flite nor espeak-ng is installed'

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
    const said = spoken(`Number ${n}.`)
    parts.push(said, new Uint8Array(28_800))
    ends.push((bytes + said.length) / 32_000)
    bytes += said.length + 28_800
  }
  return { sound: Uint8Array.from(Buffer.concat(parts)), ends }
}

/**
 * flite's voice is made of recordings of a person. espeak-ng's is not, and the recogniser writes "Dumbergwang" for its "Number
 * one" with nothing said before it.
 */
function spoken(text: string): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'parley-voice-'))
  const path = join(directory, 'said.wav')
  const command = Bun.which('flite')
    ? ['flite', '-voice', 'slt', '-t', text, '-o', path]
    : ['espeak-ng', '-v', 'en-us', '-s', '140', '-w', path, text]
  Bun.spawnSync(command)
  const pcm = decodeWav(new Uint8Array(readFileSync(path)))
  rmSync(directory, { recursive: true })
  if (typeof pcm === 'string') throw new Error(pcm)
  return toPcm16(pcm)
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
