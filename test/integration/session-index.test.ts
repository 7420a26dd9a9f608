/** Which meeting an event belongs to, and what was said in it. */
import { expect, test } from 'bun:test'
import type { SessionSummary } from '../../db/store.ts'
import { emptyTranscript, type RoomEnvelope, type Transcript } from '../../server/core/transcript.ts'
import { SessionIndex } from '../../server/integration/session-index.ts'
import { said, session } from '../db/samples.ts'

function open() {
  const asked: string[] = []
  const running = new Map<string, Transcript>()
  let now = 0
  let broken = false
  const index = new SessionIndex({
    store: {
      async sessions() {
        asked.push('sessions')
        if (broken) throw new Error('disk')
        return [{ ...session('ses_old'), epoch: 'old' } as SessionSummary]
      },
      async transcript(id) {
        asked.push(id)
        return emptyTranscript
      },
    },
    live: async (id) => running.get(id) ?? null,
    now: () => now,
  })
  return {
    index,
    asked,
    running,
    setBroken: (now: boolean) => (broken = now),
    wait: (ms: number) => (now += ms),
  }
}

const line = (epoch: string): RoomEnvelope => ({ epoch, seq: 9, event: said('utt_1', 'par_1', 'hello', 0) })

test('[IN36] a meeting is known from its start, else looked up once by its log', async () => {
  const { index, asked } = open()
  const started = session('ses_new')
  await index.sessionOf('room', {
    epoch: 'new',
    seq: 1,
    event: { type: 'session-started', session: started },
  })
  expect(await index.sessionOf('room', line('new'))).toBe('ses_new')
  expect(asked).toEqual([])
  expect(await Promise.all([1, 2].map(() => index.sessionOf('room', line('old'))))).toEqual([
    'ses_old',
    'ses_old',
  ])
  expect(asked).toEqual(['sessions'])
  expect(await index.sessionOf('room', line('nowhere'))).toBeNull()
})

test('[IN36] what cannot be looked up belongs to no meeting, breaks nothing, and is asked for again', async () => {
  const { index, setBroken } = open()
  setBroken(true)
  expect(await index.sessionOf('room', line('old'))).toBeNull()
  setBroken(false)
  expect(await index.sessionOf('room', line('old'))).toBe('ses_old')
})

test('[IN36] a running meeting is asked for what it has now; an ended one is read again when it changed or is old', async () => {
  const { index, asked, running, wait } = open()
  running.set('ses_a', { ...emptyTranscript, seq: 3 })
  expect((await index.transcriptOf('ses_a')).seq).toBe(3)
  await index.transcriptOf('ses_b')
  await index.transcriptOf('ses_b')
  expect(asked).toEqual(['ses_b'])
  index.changed('ses_b')
  await index.transcriptOf('ses_b')
  wait(30_000)
  await index.transcriptOf('ses_b')
  expect(asked).toEqual(['ses_b', 'ses_b', 'ses_b'])
})
