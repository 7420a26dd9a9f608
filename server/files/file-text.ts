/** What was heard in a file as a transcript, and as plain text. Pure. */
import { emptyTranscript, type Participant, type Transcript, type Utterance } from '../core/transcript.ts'
import { UNSPACED_LETTER } from '../core/word.ts'
import type { FileResult, FileUtterance } from './file-job.ts'

/** A, B, … Z, then numbers. */
export function channelName(channel: number): string {
  return channel < 26 ? String.fromCharCode(65 + channel) : String(channel + 1)
}

/** Session-like Transcript of a file: one participant per channel, named as OpenAI names speakers. */
export function transcriptOf(result: FileResult): Transcript {
  const participants = new Map<string, Participant>()
  for (let i = 0; i < result.channels; i++) {
    const id = `channel-${i}`
    participants.set(id, {
      id,
      name: `Speaker ${channelName(i)}`,
      role: 'speaker',
      colour: i % 8,
      muted: false,
    })
  }
  const utterances = result.utterances.map(
    (utterance): Utterance => ({
      ...utterance,
      participantId: `channel-${utterance.channel}`,
      rev: 1,
      state: 'final',
    }),
  )
  return { ...emptyTranscript, participants, utterances }
}

export function fileText(utterances: readonly FileUtterance[]): string {
  let text = ''
  for (const { committed } of utterances) {
    // Utterances of scripts without spaces join as their words do; elsewhere words carry the space before them.
    const piece = committed.map((word) => word.text).join('')
    text +=
      text && !/^\s/.test(piece) && /[\p{L}\p{N}\p{P}]$/u.test(text) && !isUnspacedJoin(text, piece)
        ? ` ${piece}`
        : piece
  }
  return text.trim()
}

function isUnspacedJoin(before: string, after: string): boolean {
  const unspaced = (letter = '') => UNSPACED_LETTER.test(letter) || /[、。！？]/.test(letter)
  return unspaced(before.at(-1)) && unspaced(after[0])
}
