/** What a client makes of the events a line brings it, whatever the line does to them. */
import { expect, test } from 'bun:test'
import { Following } from '../../server/client/following.ts'
import type { RoomEnvelope } from '../../server/core/transcript.ts'
import { said } from '../db/samples.ts'

const envelope = (epoch: string, seq: number): RoomEnvelope => ({
  epoch,
  seq,
  event: said(`utt_${epoch}${seq}`, 'par_1', `line ${seq}`, seq * 1000),
})

test('[FA24] every stored event counts once and in order; before a missing one nothing is taken', () => {
  const following = new Following()
  following.begin('a')
  const outcomes = [1, 2, 2, 1, 4, 3, 4].map((seq) => following.take(envelope('a', seq)))
  expect(outcomes).toEqual(['taken', 'taken', 'duplicate', 'duplicate', 'hole', 'taken', 'taken'])
  expect(following.transcript.utterances.map(({ id }) => id)).toEqual([
    'utt_a1',
    'utt_a2',
    'utt_a3',
    'utt_a4',
  ])
  expect(following.oddities).toEqual({ duplicates: 2, holes: 1 })
  expect(following.since).toEqual({ epoch: 'a', seq: 4 })
})

test('[FA24] passing events are shown and move nothing', () => {
  const following = new Following()
  following.begin('a')
  following.take(envelope('a', 1))
  const lag: RoomEnvelope = { epoch: 'a', seq: 1, event: { type: 'lag', participantId: 'par_1', lag: 900 } }
  expect([following.take(lag), following.take(lag)]).toEqual(['taken', 'taken'])
  expect(following.transcript.lag.get('par_1')).toBe(900)
  expect(following.since).toEqual({ epoch: 'a', seq: 1 })
})

test('[FA24] another log starts over, from its first event or not at all', () => {
  const following = new Following()
  expect(following.since).toBeUndefined()
  following.begin('a')
  following.take(envelope('a', 1))
  expect(following.take(envelope('b', 2))).toBe('hole')
  expect(following.since).toEqual({ epoch: 'b', seq: 0 })
  expect(following.take(envelope('b', 1))).toBe('taken')
  expect(following.transcript.utterances.map(({ id }) => id)).toEqual(['utt_b1'])
})

test('[FA40] a log that ends before what was seen starts over: its numbers are other events now', () => {
  const following = new Following()
  following.begin('a', 0)
  for (const seq of [1, 2, 3]) following.take(envelope('a', seq))
  following.begin('a', 3)
  expect(following.since).toEqual({ epoch: 'a', seq: 3 })
  following.begin('a', 2)
  expect(following.since).toEqual({ epoch: 'a', seq: 0 })
  expect([1, 2, 3].map((seq) => following.take(envelope('a', seq)))).toEqual(['taken', 'taken', 'taken'])
})
