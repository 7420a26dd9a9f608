/** One line of speech as a Deepgram alternative: transcript, confidence, words. */
import { textOf, type Word } from '../core/transcript.ts'
import { confidence, type JsonObject, round, seconds, withoutPunctuation } from './codec-kit.ts'
import type { DeepgramQuery } from './deepgram-query.ts'

export interface Line {
  words: readonly Word[]
  language: string
  start: number
  end: number
}

export function alternative(line: Line, query: DeepgramQuery, speaker: number): JsonObject {
  const text = textOf(line.words)
  return {
    transcript: query.formatted ? text : plain(text, line.language),
    confidence: confidence(line.words),
    words: line.words.map((word) => renderWord(word, line.language, query, speaker)),
    ...(query.tellsLanguage && line.language ? { languages: [line.language] } : {}),
  }
}

function renderWord(
  { text, start, end, probability }: Word,
  language: string,
  query: DeepgramQuery,
  speaker: number,
): JsonObject {
  const trimmed = text.trim()
  return {
    word: plain(trimmed, language) || trimmed,
    start: seconds(start),
    end: seconds(end),
    confidence: round(probability),
    ...(query.formatted ? { punctuated_word: trimmed } : {}),
    ...(query.diarize ? { speaker } : {}),
  }
}

/** Without punctuate or smart_format Deepgram sends lower-case words alone. */
function plain(text: string, language: string): string {
  return withoutPunctuation(text).toLocaleLowerCase(language || undefined)
}
