/** A language model of the tests' making, and a meeting to ask it about. */
import type { AppError } from '../../server/core/error.ts'
import { emptyTranscript, type Transcript, type Utterance } from '../../server/core/transcript.ts'
import type { ChatSettings } from '../../server/integration/chat.ts'
import { openStub } from './stub.ts'

/** Endpoint, settings that lead there without waiting, and what it was sent last. */
export function openModel() {
  const stub = openStub()
  const settings: ChatSettings = {
    url: `${stub.url}/v1/`,
    model: 'm',
    key: 'k',
    timeout: 200,
    sleep: async () => {},
  }
  const lastBody = () =>
    JSON.parse(stub.seen.at(-1)?.body ?? '{}') as {
      messages: { role: string; content: string }[]
      stream: boolean
    }
  return { stub, settings, lastBody }
}

/** The code it was rejected with; null = it was not. */
export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: AppError) => thrown.code,
  )

export function utterance(n: number, text: string, language = 'en'): Utterance {
  return {
    id: `u${n}`,
    participantId: 'p1',
    rev: 1,
    state: 'final',
    start: n * 1000,
    end: n * 1000 + 1000,
    language,
    committed: [{ text, start: 0, end: 1, probability: 1 }],
    pending: [],
  }
}

/** Each text is a line that Ada says. */
export function meeting(...texts: string[]): Transcript {
  const participants = new Map([
    ['p1', { id: 'p1', name: 'Ada', role: 'speaker', colour: 0, muted: false } as const],
  ])
  return { ...emptyTranscript, participants, utterances: texts.map((text, i) => utterance(i + 1, text)) }
}
