/** A transcribed file in the words of OpenAI's API and of whisper.cpp's server. Pure. */
import { languageName } from '../core/language-tag.ts'
import { textOf } from '../core/transcript.ts'
import { EXPORT_OPTIONS, exporters } from '../export/index.ts'
import type { FileResult, FileUtterance } from '../files/file-job.ts'
import { channelName, fileText, transcriptOf } from '../files/file-text.ts'

export interface FormatOptions {
  task: 'transcribe' | 'translate'
  words: boolean
  segments: boolean
  temperature: number
}

/** With plain line ends, as OpenAI and whisper.cpp answer: programs part the cues at empty lines. */
export function subtitles(result: FileResult, format: 'srt' | 'vtt'): string {
  const options = { ...EXPORT_OPTIONS, speakers: result.channels > 1 }
  const text = exporters[format].render(transcriptOf(result), options) as string
  return text.replaceAll('\r\n', '\n')
}

const seconds = (ms: number) => ms / 1000

export function usageOf(result: Pick<FileResult, 'duration'>) {
  return { type: 'duration', seconds: Math.ceil(result.duration / 1000) } as const
}

/** The language most of the speech is in. */
function mainLanguage(utterances: readonly FileUtterance[]): string {
  const spoken = new Map<string, number>()
  for (const { language, start, end } of utterances)
    spoken.set(language, (spoken.get(language) ?? 0) + end - start)
  return [...spoken].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'en'
}

/** How sure that was: of the longest utterance in that language whose detection is known. */
function languageCertainty(utterances: readonly FileUtterance[]): number | undefined {
  const language = mainLanguage(utterances)
  const [longest] = utterances
    .filter((utterance) => utterance.language === language && utterance.languageProbability !== undefined)
    .sort((a, b) => b.end - b.start - (a.end - a.start))
  return longest?.languageProbability
}

export function verboseJson(result: FileResult, options: FormatOptions) {
  const { utterances } = result
  return {
    task: options.task,
    language: languageName(mainLanguage(utterances)),
    duration: seconds(result.duration),
    text: fileText(utterances),
    ...(options.segments && {
      segments: utterances.map((utterance, id) => verboseSegment(utterance, id, options)),
    }),
    ...(options.words && { words: utterances.flatMap((utterance) => utterance.committed.map(plainWord)) }),
    usage: usageOf(result),
  }
}

function plainWord(word: { text: string; start: number; end: number }) {
  return { word: word.text.trim(), start: seconds(word.start), end: seconds(word.end) }
}

function verboseSegment(utterance: FileUtterance, id: number, { temperature }: FormatOptions) {
  const text = ` ${textOf(utterance.committed)}`
  return {
    id,
    // Our windows follow speech, not a grid of 30 s: the place (in centiseconds) where the utterance begins.
    seek: Math.round(utterance.start / 10),
    start: seconds(utterance.start),
    end: seconds(utterance.end),
    text,
    tokens: [] as number[],
    temperature,
    avg_logprob: averageLog(utterance),
    compression_ratio: compressionRatio(text),
    no_speech_prob: 0,
  }
}

function averageLog({ committed }: FileUtterance): number {
  if (committed.length === 0) return 0
  const sum = committed.reduce((total, word) => total + Math.log(Math.max(1e-6, word.probability)), 0)
  return Math.round((sum / committed.length) * 1e4) / 1e4
}

/** Whisper's measure of repetition: bytes of text per byte of its zlib compression. */
function compressionRatio(text: string): number {
  const bytes = new TextEncoder().encode(text)
  return Math.round((bytes.length / Bun.deflateSync(bytes).length) * 100) / 100
}

export function diarizedJson(result: FileResult, task: FormatOptions['task']) {
  return {
    task,
    duration: seconds(result.duration),
    text: fileText(result.utterances),
    segments: result.utterances.map((utterance, i) => diarizedSegment(utterance, i)),
    usage: usageOf(result),
  }
}

/** Also the body of the stream's `transcript.text.segment` event. */
export function diarizedSegment(utterance: FileUtterance, index: number) {
  return {
    type: 'transcript.text.segment' as const,
    id: `seg_${String(index + 1).padStart(3, '0')}`,
    start: seconds(utterance.start),
    end: seconds(utterance.end),
    text: ` ${textOf(utterance.committed)}`,
    speaker: channelName(utterance.channel),
  }
}

/** whisper.cpp's server puts every segment on its own line, with the space it was decoded with. */
export function whisperCppText(result: FileResult): string {
  return result.utterances.map((utterance) => ` ${textOf(utterance.committed)}\n`).join('')
}

export function whisperCppVerbose(result: FileResult, options: FormatOptions & { language: string | null }) {
  const language = languageName(mainLanguage(result.utterances))
  const sure = options.language === null ? languageCertainty(result.utterances) : 1
  return {
    task: options.task,
    language,
    duration: seconds(result.duration),
    text: whisperCppText(result),
    segments: result.utterances.map((utterance, id) => ({
      id,
      text: ` ${textOf(utterance.committed)}`,
      start: seconds(utterance.start),
      end: seconds(utterance.end),
      ...(result.channels > 1 && { speaker: String(utterance.channel) }),
      tokens: [] as number[],
      words: utterance.committed.map((word) => ({
        word: word.text,
        start: seconds(word.start),
        end: seconds(word.end),
        t_dtw: -1,
        probability: word.probability,
      })),
      temperature: options.temperature,
      avg_logprob: averageLog(utterance),
      no_speech_prob: 0,
    })),
    detected_language: language,
    ...(sure !== undefined && {
      detected_language_probability: sure,
      language_probabilities: { [mainLanguage(result.utterances)]: sure },
    }),
  }
}
