/** What every TranscriptStore must do, as a suite: an implementation's test file calls it with a way to open itself. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Archive } from '../../db/store.ts'
import { applyEvent } from '../../server/core/apply-event.ts'
import { emptyTranscript, type StoredEvent, type Transcript } from '../../server/core/transcript.ts'
import { joined, room, roomSettings, said, session } from '../db/samples.ts'

export interface StoreUnderTest {
  store: Archive
  /** Closes the store and opens the same data again; null if the implementation forgets by design. */
  reopen: (() => Promise<Archive>) | null
  dispose(): Promise<void>
}

export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let under: StoreUnderTest
    let store: Archive
    beforeEach(async () => {
      under = await open()
      store = under.store
      await store.createRoom(room('quiet-otter'))
    })
    afterEach(() => under.dispose())

    const start = async (id: string, extra = {}) => {
      const created = session(id, extra)
      await store.createSession(created)
      await store.append(id, { type: 'session-started', session: created })
      return created
    }
    const record = async (id: string, events: StoredEvent[]) => {
      for (const event of events) await store.append(id, event)
    }
    const texts = (transcript: Transcript) =>
      transcript.utterances.map((utterance) =>
        utterance.committed
          .map((word) => word.text)
          .join('')
          .trim(),
      )

    test('[ST1] seq is 1-based, dense, and counted per session', async () => {
      await store.createSession(session('ses_a'))
      await store.createSession(session('ses_b'))
      const seqs: [string, number][] = []
      for (const id of ['ses_a', 'ses_b', 'ses_a', 'ses_a', 'ses_b']) {
        seqs.push([id, await store.append(id, { type: 'session-renamed', title: 'x' })])
      }
      expect(seqs).toEqual([
        ['ses_a', 1],
        ['ses_b', 1],
        ['ses_a', 2],
        ['ses_a', 3],
        ['ses_b', 2],
      ])
    })

    test('[ST1] appends that are not awaited one by one get different seqs in order', async () => {
      await store.createSession(session('ses_a'))
      const events = Array.from({ length: 20 }, (_, i) => said(`utt_${i}`, 'par_1', `line ${i}`, i * 1000))
      expect(await Promise.all(events.map((event) => store.append('ses_a', event)))).toEqual(
        events.map((_, i) => i + 1),
      )
      const stored = await store.eventsSince('ses_a', 0, 100)
      expect(stored.map((envelope) => envelope.event)).toEqual(events)
    })

    test('[ST2] eventsSince gives the stored events after a seq, in order, limited, with the epoch', async () => {
      const { epoch } = await start('ses_a')
      const events = [
        joined('par_1', 'Ana'),
        said('utt_1', 'par_1', 'one', 0),
        said('utt_2', 'par_1', 'two', 900),
      ]
      await record('ses_a', events)
      expect(await store.eventsSince('ses_a', 2, 1)).toEqual([
        { epoch, seq: 3, event: events[1] as StoredEvent },
      ])
      expect((await store.eventsSince('ses_a', 1, 100)).map(({ seq }) => seq)).toEqual([2, 3, 4])
      expect(await store.eventsSince('ses_a', 4, 100)).toEqual([])
    })

    test('[ST3] the transcript is the log folded by applyEvent', async () => {
      await start('ses_a')
      await record('ses_a', [
        joined('par_1', 'Ana'),
        said('utt_2', 'par_1', 'second', 2000),
        said('utt_1', 'par_1', 'first', 1000),
        { type: 'gap', gap: { id: 'gap_1', participantId: 'par_1', start: 1, end: 2, reason: 'network' } },
        { type: 'session-ended', endedAt: 9000 },
      ])
      const events = await store.eventsSince('ses_a', 0, 100)
      const transcript = await store.transcript('ses_a')
      expect(transcript).toEqual(events.reduce(applyEvent, emptyTranscript))
      expect(texts(transcript)).toEqual(['first', 'second'])
      expect(transcript.session?.endedAt).toBe(9000)
    })

    test('[ST4] what was acknowledged is there after the store is opened again', async () => {
      if (!under.reopen) return
      await start('ses_a')
      await record('ses_a', [joined('par_1', 'Ana'), said('utt_1', 'par_1', 'still here', 0)])
      const before = await store.transcript('ses_a')
      store = await under.reopen()
      expect(await store.transcript('ses_a')).toEqual(before)
      expect(await store.append('ses_a', { type: 'session-renamed', title: 'y' })).toBe(4)
    })

    test('[ST5] the open session of a room is the one that has not ended, after a restart too', async () => {
      expect(await store.openSession('quiet-otter')).toBeNull()
      const created = await start('ses_a')
      if (under.reopen) store = await under.reopen()
      expect(await store.openSession('quiet-otter')).toEqual(created)
      await store.append('ses_a', { type: 'session-ended', endedAt: 5000 })
      expect(await store.openSession('quiet-otter')).toBeNull()
      expect((await store.session('ses_a'))?.endedAt).toBe(5000)
    })

    test('[ST6] the newest revision is what is searched and exported; older ones are kept', async () => {
      await start('ses_a')
      await record('ses_a', [
        said('utt_1', 'par_1', 'the first gess', 0, { rev: 1 }),
        said('utt_1', 'par_1', 'the first guess', 0, { rev: 2, state: 'refined' }),
        said('utt_1', 'par_1', 'a late old one', 0, { rev: 1 }),
      ])
      expect(texts(await store.transcript('ses_a'))).toEqual(['the first guess'])
      expect(await store.search({ text: 'gess', limit: 10 })).toEqual([])
      expect(await store.search({ text: 'late', limit: 10 })).toEqual([])
      expect(await store.search({ text: 'guess', limit: 10 })).toHaveLength(1)
      expect((await store.revisions('ses_a', 'utt_1')).map(({ rev }) => rev)).toEqual([1, 2, 1])
    })

    test('[ST7] new names of people and sessions reach lists and search', async () => {
      await start('ses_a')
      await record('ses_a', [joined('par_1', 'Speaker'), said('utt_1', 'par_1', 'hello', 0)])
      const participant = { id: 'par_1', name: 'Zoë', role: 'host' as const, colour: 3, muted: false }
      await record('ses_a', [
        { type: 'participant-changed', participant },
        { type: 'session-renamed', title: 'Budget' },
      ])
      const [hit] = await store.search({ text: 'hello', limit: 10, speaker: 'zoe' })
      expect(hit?.participant).toEqual({ id: 'par_1', name: 'Zoë', colour: 3 })
      expect(hit?.session.title).toBe('Budget')
      const [listed] = await store.sessions({ limit: 10 })
      expect(listed?.participants).toEqual([{ id: 'par_1', name: 'Zoë', colour: 3 }])
      expect(listed?.title).toBe('Budget')
    })

    test('[ST8] a removed line is out of text, search and translations, and its words out of the log', async () => {
      await start('ses_a')
      await record('ses_a', [
        said('utt_1', 'par_1', 'tell nobody', 0),
        said('utt_1', 'par_1', 'tell nobody please', 0, { rev: 2 }),
        {
          type: 'utterance-translated',
          translation: { utteranceId: 'utt_1', language: 'de', rev: 2, text: 'niemand' },
        },
        said('utt_2', 'par_1', 'this may stay', 1000),
        { type: 'utterance-removed', utteranceId: 'utt_1' },
      ])
      expect(texts(await store.transcript('ses_a'))).toEqual(['this may stay'])
      expect(await store.search({ text: 'nobody', limit: 10 })).toEqual([])
      const log = await store.eventsSince('ses_a', 0, 100)
      expect(log.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
      expect(JSON.stringify(log)).not.toMatch(/nobody|please|niemand/)
      expect(JSON.stringify(log)).toMatch(/stay/)
    })

    test('[ST9] a session that does not exist is not-found, and nothing is stored', async () => {
      const missing = { code: 'not-found' }
      await expect(store.append('ses_x', { type: 'session-ended', endedAt: 1 })).rejects.toMatchObject(
        missing,
      )
      await expect(store.transcript('ses_x')).rejects.toMatchObject(missing)
      await expect(store.eventsSince('ses_x', 0, 10)).rejects.toMatchObject(missing)
      await expect(store.createSession(session('ses_y', { roomId: 'nowhere' }))).rejects.toMatchObject(
        missing,
      )
      expect(await store.session('ses_x')).toBeNull()
      expect(await store.sessions({ limit: 10 })).toEqual([])
    })

    test('[ST10] rooms: created once, changed in part, listed newest first', async () => {
      await expect(store.createRoom(room('quiet-otter'))).rejects.toMatchObject({ code: 'conflict' })
      await store.createRoom(room('loud-lion', { createdAt: 5 }))
      const settings = roomSettings({ title: 'New title', locked: true })
      await store.updateRoom('quiet-otter', { settings })
      expect(await store.room('quiet-otter')).toEqual({
        ...room('quiet-otter'),
        settings,
      })
      expect(await store.room('nobody-home')).toBeNull()
      await expect(store.updateRoom('nobody-home', { settings })).rejects.toMatchObject({ code: 'not-found' })
      expect((await store.rooms(10)).map(({ id }) => id)).toEqual(['loud-lion', 'quiet-otter'])
      expect(await store.rooms(1)).toHaveLength(1)
      // A room nobody met in can be forgotten, one with a meeting cannot.
      await start('ses_a')
      for (const id of ['quiet-otter', 'loud-lion', 'nobody-home']) await store.forgetRoom(id)
      expect((await store.rooms(10)).map(({ id }) => id)).toEqual(['quiet-otter'])
    })

    test('[ST11] sessions are listed newest first, page by page, with what a card shows', async () => {
      for (const [id, startedAt] of [
        ['ses_a', 1000],
        ['ses_b', 3000],
        ['ses_c', 2000],
      ] as const) {
        await start(id, { startedAt })
      }
      await record('ses_b', [
        joined('par_1', 'Ana'),
        joined('par_2', 'Bo', 1),
        said('utt_1', 'par_1', 'eins zwei', 0, { language: 'de' }),
        said('utt_2', 'par_2', 'three', 4000),
        said('utt_3', 'par_2', 'four', 9000),
      ])
      const first = await store.sessions({ limit: 2 })
      expect(first.map(({ id }) => id)).toEqual(['ses_b', 'ses_c'])
      expect((await store.sessions({ limit: 2, before: 2000 })).map(({ id }) => id)).toEqual(['ses_a'])
      expect(await store.sessions({ limit: 2, roomId: 'loud-lion' })).toEqual([])
      // Two that began in the same millisecond are on two pages, each once.
      await start('ses_d', { startedAt: 2000 })
      const after = (beforeId: string) => store.sessions({ limit: 1, before: 2000, beforeId })
      expect((await store.sessions({ limit: 2 })).map(({ id }) => id)).toEqual(['ses_b', 'ses_d'])
      expect((await after('ses_d')).map(({ id }) => id)).toEqual(['ses_c'])
      expect((await after('ses_c')).map(({ id }) => id)).toEqual(['ses_a'])
      // Of these the order is that of their ids, not that in which they came.
      await start('ses_0', { startedAt: 2000 })
      const all = ['ses_b', 'ses_d', 'ses_c', 'ses_0', 'ses_a']
      expect((await store.sessions({ limit: 9 })).map(({ id }) => id)).toEqual(all)
      expect((await after('ses_c')).map(({ id }) => id)).toEqual(['ses_0'])
      expect(first[0]).toMatchObject({
        roomTitle: 'Room',
        utterances: 3,
        languages: ['en', 'de'],
        duration: 9250,
        hasAudio: false,
        starred: false,
        participants: [
          { id: 'par_1', name: 'Ana', colour: 0 },
          { id: 'par_2', name: 'Bo', colour: 1 },
        ],
      })
      expect(await store.session('ses_b')).toEqual(first[0] as NonNullable<(typeof first)[0]>)
    })

    test('[ST12] a participant comes back by the hash of its key, in that session only', async () => {
      await start('ses_a')
      await start('ses_b')
      await store.append('ses_a', joined('par_1', 'Ana'))
      await store.setParticipantKey('ses_a', 'par_1', 'hash')
      await store.setParticipantKey('ses_a', 'par_1', 'hash')
      expect(await store.participantByKey('ses_a', 'hash')).toMatchObject({ id: 'par_1', name: 'Ana' })
      expect(await store.participantByKey('ses_a', 'other')).toBeNull()
      expect(await store.participantByKey('ses_b', 'hash')).toBeNull()
    })

    test('[ST13] saving a track again changes it; a stream has one track in its session', async () => {
      await start('ses_a')
      const track = {
        id: 'trk_1',
        sessionId: 'ses_a',
        participantId: 'par_1',
        stream: 's1',
        path: 'audio/ses_a/trk_1.pcm',
        start: 500,
        bytes: 0,
        ended: false,
        encoding: 'pcm' as const,
      }
      await store.saveTrack(track)
      expect((await store.session('ses_a'))?.hasAudio).toBe(false)
      await store.saveTrack({ ...track, bytes: 64_000, ended: true })
      expect(await store.tracks('ses_a')).toEqual([{ ...track, bytes: 64_000, ended: true }])
      expect(await store.trackByStream('ses_a', 's1')).toEqual({ ...track, bytes: 64_000, ended: true })
      expect(await store.trackByStream('ses_a', 's2')).toBeNull()
      await expect(store.saveTrack({ ...track, id: 'trk_2' })).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.session('ses_a')).toMatchObject({ hasAudio: true, duration: 2500 })
    })

    test('[ST47] a meeting is as long as its sound, packed or not', async () => {
      await start('ses_a')
      const place = { sessionId: 'ses_a', participantId: 'par_1', stream: 's1', path: 'audio/ses_a/trk_1' }
      for (const encoding of ['pcm', 'opus', 'none'] as const) {
        await store.saveTrack({ ...place, id: 'trk_1', start: 500, bytes: 64_000, ended: true, encoding })
        expect((await store.session('ses_a'))?.duration).toBe(2500)
      }
    })

    test('[ME22] meetings that are over are unpacked while one of their recordings is raw samples', async () => {
      const track = (sessionId: string, encoding: 'pcm' | 'opus' | 'none', ended = true) =>
        store.saveTrack({
          id: `trk_${sessionId}`,
          sessionId,
          participantId: 'par_1',
          stream: 's1',
          path: `audio/${sessionId}/x.${encoding}`,
          start: 0,
          bytes: 64_000,
          ended,
          encoding,
        })
      for (const id of ['ses_a', 'ses_b', 'ses_c', 'ses_d']) {
        await start(id)
        await track(id, 'pcm', id !== 'ses_d')
        if (id !== 'ses_c') await record(id, [{ type: 'session-ended', endedAt: 9_000_000_000_000 }])
      }
      expect((await store.unpacked()).sort()).toEqual(['ses_a', 'ses_b'])
      await track('ses_b', 'opus')
      expect(await store.unpacked()).toEqual(['ses_a'])
      await store.deleteSession('ses_a')
      expect(await store.unpacked()).toEqual([])
    })

    test('[ST14] a deleted session is gone from everywhere, its neighbour untouched', async () => {
      for (const id of ['ses_a', 'ses_b']) {
        await start(id)
        await record(id, [joined('par_1', 'Ana'), said('utt_1', 'par_1', 'shared words', 0)])
        await store.setParticipantKey(id, 'par_1', 'hash')
        await store.saveMark({
          id: `mrk_${id}`,
          sessionId: id,
          utteranceId: 'utt_1',
          kind: 'note',
          start: 0,
          end: 1,
          text: 'n',
          createdAt: 1,
        })
      }
      await store.deleteSession('ses_a')
      expect(await store.session('ses_a')).toBeNull()
      expect(await store.marks('ses_a')).toEqual([])
      expect(await store.participantByKey('ses_a', 'hash')).toBeNull()
      await expect(store.eventsSince('ses_a', 0, 10)).rejects.toMatchObject({ code: 'not-found' })
      const hits = await store.search({ text: 'shared', limit: 10 })
      expect(hits.map((hit) => hit.session.id)).toEqual(['ses_b'])
      expect(await store.eventsSince('ses_b', 0, 10)).toHaveLength(3)
      await store.deleteSession('ses_a') // again: nothing to do, no error
    })

    test('[ST15] a session is kept as its room said, and expired says when that is over', async () => {
      const day = 86_400_000
      const keep = (what: 'text' | 'nothing', days: number | null) => roomSettings({ keep: { what, days } })
      await store.createRoom(room('two-days-100', { settings: keep('text', 2) }))
      await store.createRoom(room('for-ever-100', { settings: keep('text', null) }))
      await store.createRoom(room('no-trace-100', { settings: keep('nothing', 30) }))
      for (const [id, roomId] of [
        ['ses_2', 'two-days-100'],
        ['ses_e', 'for-ever-100'],
        ['ses_n', 'no-trace-100'],
      ] as const) {
        await start(id, { roomId })
        await store.append(id, { type: 'session-ended', endedAt: 10 * day })
      }
      expect((await store.session('ses_2'))?.expiresAt).toBe(12 * day)
      expect((await store.session('ses_e'))?.expiresAt).toBeNull()
      expect(await store.expired(10 * day - 1)).toEqual([])
      expect(await store.expired(10 * day)).toEqual(['ses_n'])
      expect((await store.expired(12 * day)).sort()).toEqual(['ses_2', 'ses_n'])
      await store.append('ses_2', { type: 'settings-changed', settings: keep('text', 5) })
      expect((await store.session('ses_2'))?.expiresAt).toBe(15 * day)
      await store.setKeepDays('ses_2', null)
      expect(await store.expired(99 * day)).toEqual(['ses_n'])
    })

    test('[ST15] a session that was never ended is over a day after its last event', async () => {
      const now = Date.now()
      await store.createRoom(
        room('no-trace-100', { settings: roomSettings({ keep: { what: 'nothing', days: null } }) }),
      )
      await start('ses_a', { roomId: 'no-trace-100', startedAt: 1000 })
      expect(await store.expired(now + 3_600_000)).toEqual([])
      expect(await store.expired(now + 2 * 86_400_000)).toEqual(['ses_a'])
    })

    test('[ST16] a star is kept and can be searched by', async () => {
      await start('ses_a')
      await record('ses_a', [said('utt_1', 'par_1', 'words', 0)])
      expect(await store.search({ text: 'words', starred: true, limit: 10 })).toEqual([])
      await store.setStarred('ses_a', true)
      expect((await store.session('ses_a'))?.starred).toBe(true)
      expect(await store.search({ text: 'words', starred: true, limit: 10 })).toHaveLength(1)
    })

    test('[ST17] marks and summaries are kept with their session', async () => {
      await start('ses_a')
      const mark = {
        id: 'mrk_1',
        sessionId: 'ses_a',
        utteranceId: null,
        kind: 'star' as const,
        start: 5,
        end: 9,
        text: '',
        createdAt: 1,
      }
      await store.saveMark(mark)
      await store.saveMark({ ...mark, id: 'mrk_0', start: 1 })
      await store.saveMark({ ...mark, text: 'better' })
      expect((await store.marks('ses_a')).map(({ id, text }) => [id, text])).toEqual([
        ['mrk_0', ''],
        ['mrk_1', 'better'],
      ])
      await store.deleteMark('mrk_0')
      expect(await store.marks('ses_a')).toHaveLength(1)
      const summary = {
        id: 'sum_1',
        sessionId: 'ses_a',
        createdAt: 1,
        model: 'm',
        template: 't',
        body: { points: ['p'] },
      }
      await store.saveSummary(summary)
      await store.saveSummary({ ...summary, id: 'sum_2', createdAt: 2 })
      expect((await store.summaries('ses_a')).map(({ id }) => id)).toEqual(['sum_2', 'sum_1'])
      expect((await store.summaries('ses_a'))[1]).toEqual(summary)
    })

    test('[ST18] a healthy store says so; a closed one refuses', async () => {
      expect(await store.check()).toEqual({ ok: true, detail: 'ok' })
      await store.close()
      await store.close()
      await expect(store.rooms(1)).rejects.toMatchObject({ code: 'unavailable' })
    })
  })
}
