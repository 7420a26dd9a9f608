/** Which lines of which meetings a question is about: found word by word through the search, the rare words weighing more. */

export interface Found {
  sessionId: string
  utteranceId: string
}

export interface Retrieval {
  /** Lines with this word, best first. */
  search(word: string): Promise<Found[]>
}

/** Words asked for; a longer question has its rarest ones in front anyway. */
const MOST_WORDS = 10
const MOST_LINES = 48

/** Small words that say nothing about what is asked, in the languages of the interface. */
const EMPTY = new Set(
  (
    'the and for was were what who whom when where which why how did does has have had with about that this they them ' +
    'from into our you your are not been will would could should there any all ' +
    'der die das und oder was wer wann wo wie warum hat haben wurde wurden ist sind mit von für über den dem des ein eine ' +
    'les des une pour avec quoi que qui quand est ont sur dans par los las una para con qué quién cuándo dónde son por del'
  ).split(' '),
)

/** The words of a question that are worth looking for. */
export function questionWords(question: string): string[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })
  const words: string[] = []
  for (const { segment, isWordLike } of segmenter.segment(question.normalize('NFC').toLowerCase())) {
    if (!isWordLike || EMPTY.has(segment)) continue
    const dense =
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(segment)
    if (dense || [...segment].length >= 3) words.push(segment)
  }
  return [...new Set(words)].slice(0, MOST_WORDS)
}

/** Lines that share most with the question, best first. */
export async function retrieve(question: string, { search }: Retrieval): Promise<Found[]> {
  const scores = new Map<string, Found & { score: number }>()
  for (const word of questionWords(question)) {
    const hits = await search(word)
    const weight = 1 / Math.log2(2 + hits.length)
    hits.forEach((hit, rank) => {
      const key = `${hit.sessionId} ${hit.utteranceId}`
      const known = scores.get(key) ?? { ...hit, score: 0 }
      known.score += weight * (1 + 1 / (1 + rank))
      scores.set(key, known)
    })
  }
  return [...scores.values()]
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST_LINES)
    .map(({ sessionId, utteranceId }) => ({ sessionId, utteranceId }))
}
