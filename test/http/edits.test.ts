import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Mark } from '../../db/store.ts'
import { type Participant, textOf, type Utterance } from '../../server/core/transcript.ts'
import { said } from '../db/samples.ts'
import { type HttpKit, openHttpKit, recordMeeting } from './kit.ts'

let kit: HttpKit
let base: string
let speaker: string

beforeAll(async () => {
  kit = await openHttpKit()
})
afterAll(() => kit.close())

/** A new meeting with lines of one speaker, and one of another. */
async function meeting(lines: string[] = ['one two three four', 'five six']): Promise<string> {
  const made = await recordMeeting(kit, 1)
  const { id } = made.session
  for (const { id: line } of (await kit.store.transcript(id)).utterances)
    await kit.store.append(id, { type: 'utterance-removed', utteranceId: line })
  for (const [i, text] of lines.entries())
    await kit.store.append(id, said(`utt_${i + 1}`, made.participantId, text, 1000 + i * 3000))
  base = `/api/sessions/${id}`
  speaker = made.participantId
  return id
}

interface Detail {
  session: { participants: { name: string }[]; utterances: number }
  transcript: { utterances: Utterance[]; participants: Participant[] }
  history: { undo: string | null; redo: string | null }
}
const detail = () => kit.json<Detail>('GET', base)
const lines = async () => (await detail()).transcript.utterances.map((each) => textOf(each.committed))
const edit = (operation: object) => kit.json<Detail['history']>('POST', `${base}/edits`, operation)

describe('edits', () => {
  test('[RV6] every kind is undone and done again, in order', async () => {
    await meeting()
    await edit({ kind: 'split', utteranceId: 'utt_1', at: 7 })
    expect(await lines()).toEqual(['one two', 'three four', 'five six'])
    const second = (await detail()).transcript.utterances[1]
    await edit({ kind: 'speaker', utteranceIds: [second?.id], name: 'Cleo' })
    await edit({ kind: 'rename', participantId: speaker, name: 'Ana' })
    await edit({ kind: 'replace', find: 'six', replace: 'seven' })
    const history = await edit({ kind: 'remove', utteranceId: 'utt_1' })
    expect(history).toMatchObject({ undo: 'remove', redo: null })
    expect(await lines()).toEqual(['three four', 'five seven'])
    expect((await detail()).session.utterances).toBe(2)

    for (const expected of [
      ['one two', 'three four', 'five seven'],
      ['one two', 'three four', 'five six'],
      null,
      null,
      ['one two three four', 'five six'],
    ]) {
      await kit.json('POST', `${base}/undo`)
      if (expected) expect(await lines()).toEqual(expected)
    }
    const undone = await detail()
    expect(undone.history).toEqual({ undo: null, redo: 'split' })
    expect(undone.transcript.participants.map(({ name, role }) => [name, role])).toEqual([
      ['Ada', 'speaker'],
      ['Cleo', 'viewer'],
    ])
    expect(undone.transcript.utterances[0]?.state).toBe('final')
    for (let i = 0; i < 5; i++) await kit.json('POST', `${base}/redo`)
    expect(await lines()).toEqual(['three four', 'five seven'])
    expect((await detail()).transcript.participants.map(({ name }) => name)).toEqual(['Ana', 'Cleo'])
    expect((await kit.call('POST', `${base}/redo`)).status).toBe(409)
  })

  test('[RV6] a new edit ends what could be done again; undo goes on after a restart', async () => {
    const id = await meeting()
    await edit({ kind: 'merge', utteranceId: 'utt_1' })
    await kit.json('POST', `${base}/undo`)
    expect((await edit({ kind: 'remove', utteranceId: 'utt_2' })).redo).toBeNull()
    const { edits } = await kit.json<{ edits: { kind: string }[] }>('GET', `${base}/edits`)
    expect(edits.map(({ kind }) => kind)).toEqual(['remove'])
    const other = new (await import('../../server/room/editor.ts')).Editor({
      store: kit.store,
      recordAll: (sessionId, events) => kit.rooms.recordAll(sessionId, events),
    })
    await other.undo(id)
    expect(await lines()).toEqual(['one two three four', 'five six'])
  })

  test('[RV17] two people edit one line: the second is told, and neither text is lost', async () => {
    const id = await meeting()
    const type = (text: string, rev: number) =>
      kit.call('POST', `${base}/edits`, { kind: 'text', utteranceId: 'utt_1', text, rev })
    const codeOf = async (answer: Response) => [
      answer.status,
      ((await answer.json()) as { error: { code: string } }).error.code,
    ]
    expect((await type('one 2 three four', 1)).status).toBe(200)
    expect(await codeOf(await type('one two THREE four', 1))).toEqual([409, 'changed'])
    expect(await lines()).toEqual(['one 2 three four', 'five six'])
    const split = { kind: 'split', utteranceId: 'utt_1', at: 4, rev: 1 }
    expect(await codeOf(await kit.call('POST', `${base}/edits`, split))).toEqual([409, 'changed'])
    const patch = { text: 'mine', rev: 1 }
    expect((await kit.call('PATCH', `${base}/utterances/utt_1`, patch)).status).toBe(409)
    // The same words are no conflict, nor is another speaker, nor what the recogniser made better.
    expect((await type('one 2 three four', 1)).status).toBe(200)
    await edit({ kind: 'speaker', utteranceIds: ['utt_1'], name: 'Cleo' })
    expect((await type('one 2 THREE four', 2)).status).toBe(200)
    await kit.store.append(id, said('utt_2', speaker, 'five sixty', 4000, { rev: 2, state: 'refined' }))
    const late = { kind: 'text', utteranceId: 'utt_2', text: 'five 6', rev: 1 }
    expect((await kit.call('POST', `${base}/edits`, late)).status).toBe(200)
    // Who has seen it decides; who says nothing of what they saw is taken at their word, as before.
    expect((await type('one two THREE four', 4)).status).toBe(200)
    await edit({ kind: 'text', utteranceId: 'utt_1', text: 'the last' })
    expect(await lines()).toEqual(['the last', 'five 6'])
    // An undone change is a change.
    await kit.json('POST', `${base}/undo`)
    expect(await codeOf(await type('the very last', 6))).toEqual([409, 'changed'])
  })

  test('[RV17] taking an edit back, down to what was recognised, is a change to whoever typed over the edit', async () => {
    await meeting()
    const type = (text: string, rev: number) =>
      kit.call('POST', `${base}/edits`, { kind: 'text', utteranceId: 'utt_1', text, rev })
    expect((await type('one 2 three four', 1)).status).toBe(200)
    await kit.json('POST', `${base}/undo`)
    expect((await detail()).transcript.utterances[0]?.state).toBe('final')
    expect((await type('one 2 three 4', 2)).status).toBe(409)
  })

  test('[RV7] typing in a line is one edit', async () => {
    await meeting()
    for (const text of ['one two three fou', 'one two three', 'one two thirty'])
      await kit.json('PATCH', `${base}/utterances/utt_1`, { text })
    await kit.json('PATCH', `${base}/utterances/utt_2`, { text: 'five' })
    await kit.json('POST', `${base}/undo`)
    expect(await lines()).toEqual(['one two thirty', 'five six'])
    await kit.json('POST', `${base}/undo`)
    expect(await lines()).toEqual(['one two three four', 'five six'])
  })

  test('[RV8] what was recognised is kept, shown and brought back', async () => {
    await meeting()
    await kit.json('PATCH', `${base}/utterances/utt_1`, { text: 'something else' })
    const { original, revisions } = await kit.json<{
      original: { text: string }
      revisions: { text: string; state: string }[]
    }>('GET', `${base}/utterances/utt_1/revisions`)
    expect(original.text).toBe('one two three four')
    expect(revisions.map(({ text, state }) => [text, state])).toEqual([
      ['one two three four', 'final'],
      ['something else', 'edited'],
    ])
    await edit({ kind: 'restore', utteranceId: 'utt_1' })
    expect((await lines())[0]).toBe('one two three four')
  })

  test('[RV8] taken out for good', async () => {
    const id = await meeting(['a secret word', 'five six'])
    await kit.json('PATCH', `${base}/utterances/utt_1`, { text: 'a secret world' })
    expect((await kit.call('DELETE', `${base}/utterances/utt_1`)).status).toBe(204)
    expect(await lines()).toEqual(['five six'])
    expect(JSON.stringify(await kit.store.eventsSince(id, 0, 1000))).not.toContain('secret')
    await kit.json('POST', `${base}/undo`)
    expect(await lines()).toEqual(['five six'])
    expect((await kit.call('GET', `${base}/utterances/utt_1/revisions`)).status).toBe(200)
  })

  test('[RV3] merged speakers are one in lists, search and exports', async () => {
    await meeting(['one two three four', 'five sixty'])
    await edit({ kind: 'speaker', utteranceIds: ['utt_2'], name: 'Cleo' })
    const cleo = (await detail()).transcript.participants.find(({ name }) => name === 'Cleo')
    await edit({ kind: 'merge-speakers', from: cleo?.id, into: speaker })
    expect((await detail()).session.participants.map(({ name }) => name)).toEqual(['Ada'])
    const { hits } = await kit.json<{ hits: { participant: { name: string } }[] }>(
      'GET',
      '/api/search?q=sixty',
    )
    expect(hits[0]?.participant.name).toBe('Ada')
    expect(await (await kit.call('GET', `${base}/export.txt`)).text()).not.toContain('Cleo')
  })
})

describe('marks', () => {
  test('[RV9] stars and notes', async () => {
    await meeting()
    const post = (body: object, status = 201) =>
      kit.json<{ mark: Mark }>('POST', `${base}/marks`, body, status)
    const star = { kind: 'star', utteranceId: 'utt_1', start: 1000, end: 2150 }
    const { mark } = await post(star)
    expect((await post(star)).mark.id).toBe(mark.id)
    expect((await kit.call('POST', `${base}/marks`, { kind: 'note', start: 5 })).status).toBe(400)
    const note = (await post({ kind: 'note', start: 4000, text: ' Check this ' })).mark
    await kit.json('PATCH', `${base}/marks/${note.id}`, { text: 'Checked' })
    const { marks } = await kit.json<{ marks: Mark[] }>('GET', `${base}/marks`)
    expect(marks.map(({ kind, text, utteranceId }) => [kind, text, utteranceId])).toEqual([
      ['star', '', 'utt_1'],
      ['note', 'Checked', null],
    ])
    expect((await kit.call('DELETE', `${base}/marks/${mark.id}`)).status).toBe(204)
    expect((await kit.call('DELETE', `${base}/marks/${mark.id}`)).status).toBe(404)
  })
})
