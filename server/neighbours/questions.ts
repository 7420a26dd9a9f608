/** A question over every meeting: the search finds where it may be answered, the model reads only that. */
import type { Archive } from '../../db/store.ts'
import type { Transcript } from '../core/transcript.ts'
import type { AskedMeeting } from '../http/neighbours.ts'
import { type AnswerBody, type AnswerDraft, askAcross, type Excerpt } from '../integration/answer.ts'
import type { ChatSettings } from '../integration/chat.ts'
import { retrieve } from '../integration/retrieval.ts'

export interface QuestionDeps {
  store: Pick<Archive, 'search' | 'session'>
  transcriptOf(sessionId: string): Promise<Transcript>
}

/** Meetings read for one question at most. */
const MOST_MEETINGS = 12
/** Lines looked at per word of a question, and of them in one meeting. */
const LINES_PER_WORD = 60
const LINES_PER_MEETING = 12

/** The answer, and of the meetings that were read those it rests on. */
export async function askEveryMeeting(
  { store, transcriptOf }: QuestionDeps,
  llm: ChatSettings,
  question: string,
  options: { signal: AbortSignal; onDraft?: (draft: AnswerDraft) => void },
): Promise<AnswerBody & { meetings: AskedMeeting[] }> {
  const found = await retrieve(question, {
    async search(word) {
      const hits = await store.search({ text: word, limit: LINES_PER_WORD, perSession: LINES_PER_MEETING })
      return hits.map((hit) => ({ sessionId: hit.session.id, utteranceId: hit.utteranceId }))
    },
  })
  const lines = Map.groupBy(found, ({ sessionId }) => sessionId)
  const excerpts: Excerpt[] = []
  const meetings: AskedMeeting[] = []
  for (const [sessionId, places] of [...lines].slice(0, MOST_MEETINGS)) {
    options.signal.throwIfAborted()
    const session = await store.session(sessionId)
    if (!session) continue
    const title = session.title || session.roomTitle || 'Meeting'
    meetings.push({ id: sessionId, title, startedAt: session.startedAt })
    excerpts.push({
      sessionId,
      title: `${title}, ${new Date(session.startedAt).toISOString().slice(0, 10)}`,
      transcript: await transcriptOf(sessionId),
      found: new Set(places.map(({ utteranceId }) => utteranceId)),
    })
  }
  const answer = await askAcross(llm, excerpts, question, options)
  const cited = new Set(answer.bullets.flatMap(({ moments }) => moments.map((moment) => moment.sessionId)))
  return { ...answer, meetings: meetings.filter(({ id }) => cited.has(id)) }
}
