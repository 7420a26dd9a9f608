/** Voice commands: phrases the host has chosen, found at the beginning of a sentence of a finished line. Pure; nothing is taken out of the text. */
import { fold } from './fold.ts'
import type { Ms, Word } from './transcript.ts'
import { UNSPACED_LETTER } from './word.ts'

export type CommandKind = 'section' | 'action' | 'off-the-record' | 'on-the-record'

export interface VoiceCommand {
  does: CommandKind
  /** As it is spoken, in any language; case, accents and punctuation do not matter. */
  phrase: string
}

export interface VoiceCommands {
  on: boolean
  /** Whose words count. */
  who: 'host' | 'everyone'
  phrases: VoiceCommand[]
}

export interface VoiceHit {
  does: CommandKind
  /** What followed: the section's title, the action item. */
  text: string
  /** Session time of the phrase. */
  at: Ms
}

/** Longest title of a section and longest action item, characters. */
const MAX_TEXT = { section: 80, action: 300 }
const LETTER = /[\p{L}\p{N}]/u
const SENTENCE_END = /[.!?。！？؟…]/u

interface Letters {
  /** Folded letters and digits only. */
  text: string
  /** Where each stands in the original; one more for the end. */
  origin: number[]
}

/** The commands in one line, in order. */
export function findCommands(words: readonly Word[], commands: VoiceCommands): VoiceHit[] {
  if (!commands.on || words.length === 0) return []
  const original = words
    .map((word) => word.text)
    .join('')
    .normalize('NFC')
  const letters = lettersOf(original)
  const phrases = commands.phrases
    .map(({ does, phrase }) => ({ does, letters: lettersOf(phrase).text }))
    .filter((phrase) => phrase.letters !== '')
    // “Off the record now” before “off the record”.
    .sort((a, b) => b.letters.length - a.letters.length)
  const found: { does: CommandKind; from: number; to: number }[] = []
  for (let at = 0; at < letters.text.length; at++) {
    if (!beginsSentence(original, letters.origin[at] as number)) continue
    const hit = phrases.find(
      (phrase) =>
        letters.text.startsWith(phrase.letters, at) &&
        endsWord(original, letters, at + phrase.letters.length),
    )
    if (!hit) continue
    const end = at + hit.letters.length
    found.push({
      does: hit.does,
      from: letters.origin[at] as number,
      to: (letters.origin[end - 1] as number) + 1,
    })
    at = end - 1
  }
  return found.map(({ does, from, to }, index) => ({
    does,
    text: argument(does, original.slice(to, found[index + 1]?.from)),
    at: timeOf(words, from),
  }))
}

function lettersOf(text: string): Letters {
  const folded = fold(text)
  let kept = ''
  const origin: number[] = []
  for (let i = 0; i < folded.text.length; i++) {
    const char = folded.text[i] as string
    if (!LETTER.test(char)) continue
    kept += char
    origin.push(folded.origin[i] as number)
  }
  return { text: kept, origin }
}

/** Nothing before it, or the end of a sentence. */
function beginsSentence(original: string, at: number): boolean {
  const before = original.slice(0, at).trimEnd()
  return before === '' || SENTENCE_END.test(before.at(-1) as string)
}

function endsWord(original: string, letters: Letters, end: number): boolean {
  const last = letters.origin[end - 1] as number
  if (UNSPACED_LETTER.test(original[last] as string)) return true
  const next = original[last + 1]
  return next === undefined || !LETTER.test(next)
}

/** “New section. Budget. We start with …” is about the budget; an action item goes on to the end of the line. */
function argument(does: CommandKind, rest: string): string {
  if (does !== 'section' && does !== 'action') return ''
  let text = rest.replace(/^[^\p{L}\p{N}]+/u, '').trim()
  if (does === 'section') {
    const end = text.search(SENTENCE_END)
    if (end >= 0) text = text.slice(0, end)
  }
  const most = MAX_TEXT[does]
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text
}

function timeOf(words: readonly Word[], at: number): Ms {
  let passed = 0
  for (const word of words) {
    passed += word.text.normalize('NFC').length
    if (passed > at) return word.start
  }
  return words.at(-1)?.start ?? 0
}
