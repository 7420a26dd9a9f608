import { expect, test } from 'bun:test'
import { applyEvents } from '../../server/core/apply-event.ts'
import { changesOf } from '../../server/core/editing.ts'
import { type Transcript, textOf, type Utterance } from '../../server/core/transcript.ts'
import { chooseVersion, differences, withoutStretch } from '../../server/core/version.ts'
import { joined, said, session, utterance } from '../db/samples.ts'
import { transcriptOf } from '../export/samples.ts'

/** A transcript that is changed step by step, with all its revisions. */
function meeting() {
  let transcript = transcriptOf([
    { type: 'session-started', session: session('ses_a') },
    joined('par_1', 'Ana'),
    joined('par_2', 'Bo', 1),
    said('utt_1', 'par_1', 'one too three', 1000),
    said('utt_2', 'par_1', 'for five', 4000),
    said('utt_3', 'par_2', 'six seven', 7000),
  ])
  const revisions = new Map<string, Utterance[]>(transcript.utterances.map((line) => [line.id, [line]]))
  const apply = (lines: { before: Utterance | null; after: Utterance }[]) => {
    for (const { after } of lines) {
      const event = { type: 'utterance-revised', utterance: after } as const
      transcript = applyEvents(transcript, [{ epoch: 'e', seq: transcript.seq + 1, event }])
      revisions.set(after.id, [...(revisions.get(after.id) ?? []), after])
    }
  }
  return {
    get transcript(): Transcript {
      return transcript
    },
    apply,
    edit: (operation: Parameters<typeof changesOf>[1]) =>
      apply(
        changesOf(transcript, operation, {
          newId: (prefix) => `${prefix}_n`,
          original: () => null,
          seen: () => null,
        }).lines,
      ),
    choose: (to: Parameters<typeof chooseVersion>[1]) => apply(chooseVersion(transcript, to, revisions)),
    shown: () =>
      transcript.utterances
        .filter((line) => line.committed.length > 0)
        .map((line) => `${line.participantId} ${textOf(line.committed)}`),
    state: () =>
      transcript.utterances
        .filter((line) => line.committed.length > 0)
        .map((line) => ({ id: line.id, rev: line.rev })),
  }
}

const HEARD = [
  utterance('v_1', 'par_1', 'one two three', 1000, { state: 'refined' }),
  utterance('v_2', 'par_1', 'four five', 4000, { state: 'refined' }),
  utterance('v_3', 'par_2', 'six seven', 7000, { state: 'refined' }),
]

test('[RV11] a version takes the place of the text, and goes again', () => {
  const one = meeting()
  const before = one.state()
  one.choose({ lines: HEARD, shown: null })
  expect(one.shown()).toEqual(['par_1 one two three', 'par_1 four five', 'par_2 six seven'])
  const second = one.state()
  one.choose({ lines: [], shown: before })
  expect(one.shown()).toEqual(['par_1 one too three', 'par_1 for five', 'par_2 six seven'])
  one.choose({ lines: HEARD, shown: second })
  expect(one.shown()[0]).toBe('par_1 one two three')
})

test('[RV12] what people edited, removed or gave to others stays', () => {
  const one = meeting()
  one.edit({ kind: 'text', utteranceId: 'utt_2', text: 'four, five!' })
  one.edit({ kind: 'remove', utteranceId: 'utt_3' })
  const before = one.state()
  one.choose({ lines: HEARD, shown: null })
  expect(one.shown()).toEqual(['par_1 one two three', 'par_1 four, five!'])
  // Edited in the new version: there when it comes back, and an edit of a shared line stays where it is.
  one.edit({ kind: 'text', utteranceId: 'v_1', text: 'ONE' })
  one.edit({ kind: 'text', utteranceId: 'utt_2', text: 'four and five' })
  const second = one.state()
  one.choose({ lines: [], shown: before })
  expect(one.shown()).toEqual(['par_1 one too three', 'par_1 four and five'])
  one.choose({ lines: HEARD, shown: second })
  expect(one.shown()).toEqual(['par_1 ONE', 'par_1 four and five'])
  // A third pass does not take lines of another version for removed ones.
  const third = meeting()
  third.choose({ lines: HEARD, shown: null })
  third.choose({ lines: [utterance('w_1', 'par_1', 'uno', 1000)], shown: null })
  expect(third.shown()).toEqual(['par_1 uno'])
})

test('[RV12] merged speakers stay merged; a line heard around an edit keeps the rest of its words', () => {
  const one = meeting()
  one.edit({ kind: 'text', utteranceId: 'utt_1', text: 'eins' })
  one.apply(
    one.transcript.utterances
      .filter((line) => line.id === 'utt_3')
      .map((line) => ({ before: line, after: { ...line, participantId: 'par_1', rev: line.rev + 1 } })),
  )
  const long = utterance('v_9', 'par_1', 'zero one two three four', 700)
  one.choose({ lines: [long, HEARD[2] as Utterance], shown: null })
  expect(one.shown()).toEqual(['par_1 zero', 'par_1 eins', 'par_1 four', 'par_1 six seven'])
})

test('[RV13] where two versions differ', () => {
  const one = meeting()
  const shown = one.transcript.utterances
  expect(differences(shown, HEARD, 10)).toEqual([
    { start: 1300, participantId: 'par_1', before: 'too', after: 'two' },
    { start: 4000, participantId: 'par_1', before: 'for', after: 'four' },
  ])
  expect(differences(shown, shown, 10)).toEqual([])
  expect(differences(shown, [], 10)).toHaveLength(2)
})

test('[RV8] what is unsaid is unsaid in versions too', () => {
  expect(withoutStretch(HEARD, 'par_1', 900, 1600).map((line) => textOf(line.committed))).toEqual([
    'three',
    'four five',
    'six seven',
  ])
  expect(withoutStretch(HEARD, 'par_2', 6000, 9000)).toHaveLength(2)
})
