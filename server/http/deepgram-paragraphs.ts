/** What a file's channel said as Deepgram's paragraphs: sentences, broken at pauses and before they grow long. Pure. */
import { textOf, type Word } from '../core/transcript.ts'
import { type JsonObject, seconds } from '../protocol/codec-kit.ts'

/** A pause as long as this begins a new paragraph, ms; so does the sentence after so many. */
const PAUSE = 2000
const SENTENCES = 5

const SENTENCE_END = /[.!?…。！？؟][)\]"'”’»]*$/u

interface Sentence {
  words: Word[]
  start: number
  end: number
}

/** `lines` are finished lines of one channel in order; `speaker` is told where speakers are asked for. */
export function paragraphsOf(lines: readonly (readonly Word[])[], speaker: number | null): JsonObject {
  const paragraphs: Sentence[][] = []
  for (const sentence of lines.flatMap(sentencesOf)) {
    const open = paragraphs.at(-1)
    const last = open?.at(-1)
    if (open && last && open.length < SENTENCES && sentence.start - last.end < PAUSE) open.push(sentence)
    else paragraphs.push([sentence])
  }
  const said = (sentences: Sentence[]) => sentences.map(({ words }) => textOf(words)).join(' ')
  const whose = speaker === null ? '' : `Speaker ${speaker}: `
  return {
    transcript: `\n${paragraphs.map((each) => whose + said(each)).join('\n\n')}`,
    paragraphs: paragraphs.map((sentences) => ({
      sentences: sentences.map(({ words, start, end }) => ({
        text: textOf(words),
        start: seconds(start),
        end: seconds(end),
      })),
      num_words: sentences.reduce((sum, { words }) => sum + words.length, 0),
      start: seconds(sentences[0]?.start ?? 0),
      end: seconds(sentences.at(-1)?.end ?? 0),
      ...(speaker !== null && { speaker }),
    })),
  }
}

/** A line ends its last sentence, with a full stop or without. */
function sentencesOf(line: readonly Word[]): Sentence[] {
  const sentences: Sentence[] = []
  let ended = true
  for (const word of line) {
    if (ended) sentences.push({ words: [], start: word.start, end: word.end })
    const open = sentences.at(-1) as Sentence
    open.words.push(word)
    open.end = word.end
    ended = SENTENCE_END.test(word.text.trim())
  }
  return sentences
}
