/** Meetings that are deleted, and files that are sent. */
import { expect, test } from 'bun:test'
import { DeletionModel } from '../../web/state/deletion.ts'
import { UploadsModel } from '../../web/state/uploads.ts'
import { handClock } from './clock.ts'

test('[WB45] a deletion waits ten seconds, can be called back, and is carried out by the next one', async () => {
  const clock = handClock()
  const removed: string[] = []
  const deletion = new DeletionModel({
    remove: async (id) => removed.push(id),
    later: clock.later,
  })
  deletion.begin([{ id: 'a', title: 'A' }])
  clock.advance(9_500)
  expect(deletion.doomed.value?.seconds).toBe(1)
  deletion.undo()
  clock.advance(20_000)
  expect(removed).toEqual([])
  expect(deletion.gone.value.has('a')).toBe(false)
  deletion.begin([{ id: 'b', title: 'B' }])
  deletion.begin([{ id: 'c', title: 'C' }])
  expect(removed).toEqual(['b'])
  clock.advance(10_000)
  expect(removed).toEqual(['b', 'c'])
  expect(deletion.gone.value.has('c')).toBe(true)
})

test('[WB55] files go one after the other; a failed one does not stop the next', async () => {
  const sent: string[] = []
  const uploads = new UploadsModel({
    send: async (file: { name: string }, events) => {
      sent.push(file.name)
      events.progress(0.5)
      if (file.name === 'bad.txt') throw new Error('This is no audio.')
      events.accepted('/r/x', 'ses_1')
    },
  })
  uploads.add([{ name: 'bad.txt' }, { name: 'good.wav' }])
  expect(uploads.uploads.value.map((each) => each.state.kind)).toEqual(['sending', 'waiting'])
  await Bun.sleep(0)
  expect(sent).toEqual(['bad.txt', 'good.wav'])
  expect(uploads.uploads.value.map((each) => each.state)).toEqual([
    { kind: 'failed', reason: 'This is no audio.' },
    { kind: 'done', sessionId: 'ses_1' },
  ])
  uploads.dismiss(1)
  expect(uploads.uploads.value.length).toBe(1)
})
