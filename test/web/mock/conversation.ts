/** What the stand-in's meeting is about: its people, its lines in three languages, and a meeting of four hours. */
import type { Participant, Utterance, Word } from '../../../server/core/transcript.ts'

export const PEOPLE: readonly Participant[] = ['Amira Haddad', 'Jonas Weber', 'Yuki Tanaka'].map(
  (name, index) => ({
    id: `par_${index + 1}`,
    name,
    role: index === 0 ? 'host' : 'speaker',
    colour: index,
    muted: false,
  }),
)

interface Line {
  speaker: Participant
  language: string
  text: string
}

const [AMIRA, JONAS, YUKI] = PEOPLE as [Participant, Participant, Participant]
export const LINES: readonly Line[] = (
  [
    [
      AMIRA,
      'en',
      'Good morning everyone. Shall we start with the release, or with the numbers from last week?',
    ],
    [
      JONAS,
      'en',
      'The numbers first, they are short. Sign-ups went up by eleven percent, and support requests stayed flat.',
    ],
    [AMIRA, 'en', 'That is better than we expected. What changed?'],
    [JONAS, 'en', 'Mostly the new start page. People reach the first meeting in under a minute now.'],
    [YUKI, 'ja', '日本からの利用者も増えました。字幕が速くなったという声が多いです。'],
    [AMIRA, 'en', 'Lovely. Then the release: what is still open, and who needs help before Thursday?'],
    [
      YUKI,
      'en',
      'The export of edited transcripts is done. I would like one more pair of eyes on the subtitle timing.',
    ],
    [JONAS, 'ar', 'أستطيع مراجعة التوقيت اليوم بعد الظهر.'],
    [AMIRA, 'en', 'Perfect, thank you. Let us write that down as an action item and move on.'],
  ] as const
).map(([speaker, language, text]) => ({ speaker, language, text }))

/** Of the lines that are not English, by their language. */
export const ENGLISH: Record<string, string> = {
  ja: 'Users from Japan have grown too. Many say that the captions have become faster.',
  ar: 'I can review the timing this afternoon.',
}

/** When the first line begins, and the pause between two, ms. */
export const BEGIN = 2_000
export const PAUSE = 900

export const lineId = (index: number): string => `utt_${String(index).padStart(4, '0')}`

/** One word every 320 ms; some are less sure than others, the same at every run. */
export function wordsOf(text: string, start: number, language: string): Word[] {
  const pieces =
    language === 'ja'
      ? (text.match(/.{1,3}/gu) ?? [])
      : text.split(' ').map((word, index) => (index ? ` ${word}` : word))
  return pieces.map((piece, index) => ({
    text: piece,
    start: start + index * 320,
    end: start + index * 320 + 300,
    probability: 0.62 + ((index * 37) % 38) / 100,
  }))
}

/** Line `index` (the script repeats), begun at `start`: its first `shown` words while it is spoken, null = the final. */
export function utteranceOf(index: number, start: number, shown: number | null): Utterance {
  const { speaker, language, text } = LINES[index % LINES.length] as Line
  const words = wordsOf(text, start, language)
  const all = shown === null ? words : words.slice(0, shown)
  const settled = shown === null ? all.length : Math.max(0, all.length - 3)
  return {
    id: lineId(index),
    participantId: speaker.id,
    rev: shown === null ? 1 : 0,
    state: shown === null ? 'final' : 'pending',
    start,
    end: all.at(-1)?.end ?? start,
    language,
    committed: all.slice(0, settled),
    pending: all.slice(settled),
  }
}

/** Every line of the script once, one after the other. */
export function wholeScript(): Utterance[] {
  let start = BEGIN
  return LINES.map((_, index) => {
    const utterance = utteranceOf(index, start, null)
    start = utterance.end + PAUSE
    return utterance
  })
}

const VOCABULARY = ['we', 'talk', 'about', 'budget', 'release', 'people', 'time', 'words', 'rooms', 'plans']

/** Four hours, 40,000 words. */
export function fourHours(): Utterance[] {
  return Array.from({ length: 4_000 }, (_, index) => {
    const start = index * 3_600
    const committed = Array.from({ length: 10 }, (_, i) => ({
      text: `${i ? ' ' : ''}${VOCABULARY[(index + i * 3) % VOCABULARY.length]}`,
      start: start + i * 300,
      end: start + i * 300 + 250,
      probability: 0.9,
    }))
    const speaker = PEOPLE[Math.floor(index / 3) % PEOPLE.length] as Participant
    return {
      id: `utt_${index}`,
      participantId: speaker.id,
      rev: 1,
      state: 'final',
      start,
      end: start + 3_000,
      language: 'en',
      committed,
      pending: [],
    }
  })
}
