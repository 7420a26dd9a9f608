import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { AppError } from '../../server/core/error.ts'
import { type RoomEnvelope, utteranceText } from '../../server/core/transcript.ts'
import { type HandStream, spoken } from '../helpers/hand-engine.ts'
import { eventually, type Kit, openKit, settle } from '../helpers/room-kit.ts'

let kit: Kit
beforeEach(async () => {
  kit = await openKit()
})
afterEach(() => kit.close())

const stored = (heard: RoomEnvelope[]) => heard.map(({ event }) => event.type)

async function speaking(name = 'Ada', key = 'key-ada') {
  const { room } = await kit.rooms.create()
  const participant = await room.join({ name, key, role: 'speaker' })
  const seat = await room.seat(participant.id, `stream-${key}`)
  const stream = kit.engine.streams.at(-1)!
  return { room, participant, seat, stream }
}

describe('events', () => {
  test('[RM1] a final is in the store when the first listener hears it', async () => {
    const { room, stream } = await speaking()
    const session = room.session!
    let inStore = 0
    kit.bus.subscribe(room.id, async ({ event, seq }) => {
      if (event.type !== 'utterance-finished') return
      inStore = (await kit.store.eventsSince(session.id, seq - 1, 1)).length
    })
    stream.says('hello world')
    await settle()
    expect(inStore).toBe(1)
  })

  test('[RM2] seqs are dense and the order is the same everywhere', async () => {
    const { room, stream } = await speaking()
    const heard = kit.listen(room.id)
    for (let i = 0; i < 20; i++) stream.says(`line ${i}`, i * 1000)
    const said = () => heard.filter(({ event }) => event.type === 'utterance-finished')
    await eventually(() => expect(said()).toHaveLength(20))
    const finals = said()
    const log = await kit.store.eventsSince(room.session!.id, 0, 100)
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
    expect(log.slice(-20)).toEqual(finals)
  })

  test('[RM13] what is said after a line is shown when the line is finished, only the newest of it, and at once while the disk refuses', async () => {
    const { room, stream } = await speaking()
    const heard = kit.listen(room.id)
    const disk = Promise.withResolvers<void>()
    const append = kit.store.append.bind(kit.store)
    kit.store.append = async (...args) => {
      await disk.promise
      return append(...args)
    }
    const draft = (text: string) =>
      stream.emit({
        type: 'utterance-updated',
        utterance: { ...spoken(''), id: 'utt_rest', pending: spoken(text).committed },
      })
    stream.says('the line')
    draft('the')
    draft('the rest')
    await settle()
    expect(stored(heard)).toEqual([])
    disk.resolve()
    await settle()
    expect(stored(heard)).toEqual(['utterance-finished', 'utterance-updated'])
    draft('the rest of it')
    expect(stored(heard)).toHaveLength(3)

    kit.store.append = () => Promise.reject(new AppError('storage', 'full'))
    stream.says('another', 5000)
    draft('more')
    await settle()
    expect(stored(heard).slice(3)).toEqual(['utterance-updated'])
    kit.store.append = append
  })

  test('[RM3] a meeting starts with its first speaker', async () => {
    const { room } = await kit.rooms.create()
    expect(room.session).toBeNull()
    expect(await room.eventsSince('', 0, 10)).toEqual([])
    await room.join({ name: 'Ada', key: '', role: 'speaker' })
    expect(room.session?.roomId).toBe(room.id)
  })

  test('[RM6] an empty final withdraws the line and leaves nothing stored', async () => {
    const { room, stream } = await speaking()
    stream.emit({ type: 'utterance-updated', utterance: { ...spoken('hm'), pending: [] } })
    expect(room.transcript.utterances).toHaveLength(1)
    stream.emit({ type: 'utterance-finished', utterance: { ...spoken(''), id: 'utt_0' } })
    await settle()
    expect(room.transcript.utterances).toHaveLength(0)
    const log = await kit.store.eventsSince(room.session!.id, 0, 100)
    expect(stored(log)).not.toContain('utterance-finished')
  })

  test('[RM7] a refinement replaces a fast final once, never an edit', async () => {
    const { room, stream } = await speaking()
    stream.says('helo world')
    await settle()
    stream.emit({ type: 'utterance-refined', utterance: spoken('hello world') })
    await settle()
    stream.emit({ type: 'utterance-refined', utterance: spoken('hello wurld') })
    await settle()
    const refined = room.transcript.utterances[0]!
    expect([refined.rev, refined.state, utteranceText(refined)]).toEqual([2, 'refined', 'hello world'])

    stream.says('second line', 5000)
    await settle()
    const second = room.transcript.utterances[1]!
    const edited = { ...second, rev: 2, state: 'edited' as const }
    await room.record({ type: 'utterance-revised', utterance: edited })
    stream.emit({ type: 'utterance-refined', utterance: spoken('second lime', 5000) })
    await settle()
    expect(room.transcript.utterances[1]).toEqual(edited)
  })

  test('[RM11] a listener that throws does not disturb the others', async () => {
    const { room, stream } = await speaking()
    let calls = 0
    kit.bus.subscribe(room.id, () => {
      calls++
      throw new Error('broken screen')
    })
    const heard = kit.listen(room.id)
    stream.says('one')
    stream.says('two', 1000)
    await eventually(() => expect(stored(heard)).toEqual(['utterance-finished', 'utterance-finished']))
    expect(calls).toBe(1)
  })
})

describe('people', () => {
  test('[RM4] the same key is the same participant, also after a restart', async () => {
    const { room, participant } = await speaking()
    const again = await room.join({ name: 'Ada L.', key: 'key-ada', role: 'speaker' })
    expect([again.id, again.name]).toEqual([participant.id, 'Ada L.'])
    await kit.crash()
    kit = await openKit(kit.directory)
    const back = await (await kit.rooms.get(room.id))!.join({ name: '', key: 'key-ada', role: 'speaker' })
    expect([back.id, back.name]).toEqual([participant.id, 'Ada L.'])
  })

  test('[RM5] a locked room lets known speakers back in and refuses new ones', async () => {
    const { room, participant } = await speaking()
    await room.configure({ locked: true })
    await expect(room.join({ name: 'Eve', key: 'key-eve', role: 'speaker' })).rejects.toThrow('locked')
    expect((await room.join({ name: 'Ada', key: 'key-ada', role: 'speaker' })).id).toBe(participant.id)
  })

  test('[RM18] who comes back with another link is what that link makes of them', async () => {
    const { room, participant } = await speaking()
    const heard = kit.listen(room.id)
    const come = async (role: 'host' | 'speaker') =>
      (await room.join({ name: 'Ada', key: 'key-ada', role })).role
    const role = () => room.transcript.participants.get(participant.id)?.role
    expect([await come('host'), role()]).toEqual(['host', 'host'])
    expect([await come('speaker'), role()]).toEqual(['speaker', 'speaker'])
    expect([await come('speaker'), stored(heard).length]).toEqual(['speaker', 2])
    // Merged away while away: whoever speaks is listed again.
    await room.leave(participant.id)
    const gone = { ...participant, role: 'viewer' as const }
    await room.record({ type: 'participant-changed', participant: gone })
    expect([await come('speaker'), role()]).toEqual(['speaker', 'speaker'])
  })

  test('[RM8] the end waits for everybody’s speech; the next speaker starts anew', async () => {
    const { room, stream } = await speaking()
    const before = room.session!
    const heard = kit.listen(room.id)
    stream.finish = async () => stream.says('last words', 900)
    await room.end()
    expect(stored(heard)).toEqual(['utterance-finished', 'session-ended'])
    expect(room.session).toBeNull()
    const late = room.seat(before.id, 'late')
    await expect(late).rejects.toMatchObject({ code: 'conflict', message: 'The meeting has ended.' })
    await room.join({ name: 'Ada', key: 'key-ada', role: 'speaker' })
    expect(room.session!.id).not.toBe(before.id)
    expect(room.session!.epoch).not.toBe(before.epoch)
    expect(room.transcript.utterances).toHaveLength(0)
  })

  test('[RM9] after a crash the meeting goes on where its log ends', async () => {
    const { room, stream } = await speaking()
    stream.says('before the crash')
    await settle()
    const { session } = room
    const { seq } = room.transcript
    await kit.crash()
    kit = await openKit(kit.directory)
    const back = (await kit.rooms.get(room.id))!
    expect(back.session).toEqual(session)
    expect([...back.transcript.present]).toEqual([])
    expect(back.transcript.utterances.map(utteranceText)).toEqual(['before the crash'])
    expect(back.transcript.seq).toBe(seq + 1) // the participant-left that tidies up
  })

  test('[RM10] kept audio that was never recognised is recognised when its stream comes back', async () => {
    const { room, participant, seat, stream } = await speaking()
    const second = new Uint8Array(32_000)
    for (let i = 0; i < 5; i++) seat.accept(i * 32_000, second)
    await seat.sync()
    stream.says('two seconds of it', 500) // ends at 1,700 ms
    await settle()
    await kit.crash()
    kit = await openKit(kit.directory)
    const back = (await kit.rooms.get(room.id))!
    const again = await back.seat(participant.id, seat.stream)
    expect(again.offset).toBe(5 * 32_000)
    const resumed = kit.engine.streams.at(-1)!
    const end = 500 + 4 * 300
    expect(resumed.options.start).toBe(end)
    expect(resumed.samples).toBe(5 * 16_000 - (end - again.start) * 16)
  })
})

describe('two microphones in one room', () => {
  async function together() {
    const near = await speaking('Ada', 'key-ada')
    const bob = await near.room.join({ name: 'Bob', key: 'key-bob', role: 'speaker' })
    const far = await near.room.seat(bob.id, 'stream-bob')
    const farStream = kit.engine.streams.at(-1)!
    near.seat.feed(new Float32Array(16_000 * 10).fill(0.1))
    far.feed(new Float32Array(16_000 * 10).fill(0.01))
    return { ...near, farStream }
  }
  const sentence = 'we should ship the new release on monday'
  const lines = (room: { transcript: { utterances: readonly Parameters<typeof utteranceText>[0][] } }) =>
    room.transcript.utterances.map(utteranceText)

  for (const [first, order] of [
    ['louder', (near: HandStream, far: HandStream) => [near, far]],
    ['quieter', (near: HandStream, far: HandStream) => [far, near]],
  ] as const) {
    test(`[CT5] the ${first} final comes first: one line, under the louder speaker`, async () => {
      const { room, participant, stream, farStream } = await together()
      for (const each of order(stream, farStream)) {
        each.says(sentence, each === stream ? 1000 : 1300, each === stream ? 'utt_near' : 'utt_far')
        await eventually(() => expect(lines(room)).toEqual([sentence]))
      }
      await eventually(() => expect(room.transcript.utterances[0]?.participantId).toBe(participant.id))
      expect(lines(room)).toEqual([sentence])
      const stored = await kit.store.transcript(room.session!.id)
      expect(stored.utterances).toEqual(room.transcript.utterances)
    })
  }

  for (const first of ['near', 'far']) {
    test(`[CT6] a voice that one microphone divides and the other does not is told once (${first} first)`, async () => {
      const { room, participant, stream, farStream } = await together()
      const far = () =>
        farStream.says('we should ship the new release on monday when the tests are green', 1300, 'utt_far')
      const heard = (count: number) => eventually(() => expect(lines(room)).toHaveLength(count))
      if (first === 'far') {
        far()
        await heard(1)
      }
      stream.says(sentence, 1000, 'utt_near')
      await heard(first === 'far' ? 2 : 1)
      stream.says('when the tests are green', 1000 + 8 * 300, 'utt_near2')
      await heard(2)
      if (first === 'near') far()
      await settle()
      await eventually(() => expect(lines(room)).toEqual([sentence, 'when the tests are green']))
      expect(room.transcript.utterances.every((each) => each.participantId === participant.id)).toBe(true)
    })
  }

  for (const [first, order] of [
    ['louder', (near: HandStream, far: HandStream) => [near, far]],
    ['quieter', (near: HandStream, far: HandStream) => [far, near]],
  ] as const)
    for (const drafted of [true, false])
      test(`[CT7] both finals in one moment, the ${first} one first, ${drafted ? 'both' : 'neither'} seen as a draft: one line`, async () => {
        const { room, participant, stream, farStream } = await together()
        const both = order(stream, farStream)
        const say = (each: HandStream, how: 'says' | 'thinks') =>
          each[how](sentence, each === stream ? 1000 : 1300, each === stream ? 'utt_near' : 'utt_far')
        if (drafted) say(farStream, 'thinks')
        for (const each of both) say(each, 'says') // the second comes while the first is being stored
        await settle()
        await eventually(() => expect(lines(room)).toEqual([sentence]))
        expect(room.transcript.utterances[0]?.participantId).toBe(participant.id)
        const stored = await kit.store.transcript(room.session!.id)
        expect(stored.utterances).toEqual(room.transcript.utterances)
      })

  test('[CT5] people who talk over each other both stay', async () => {
    const { room, stream, farStream } = await together()
    stream.says(sentence, 1000, 'utt_near')
    farStream.says('but the tests are red since friday', 1200, 'utt_far')
    await eventually(() => expect(lines(room)).toHaveLength(2))
  })
})

test('[RM16] a drawn name that is taken is drawn again; one that was asked for is refused', async () => {
  const { room } = await kit.rooms.create()
  const { createRoom } = kit.store
  const tried: string[] = []
  kit.store.createRoom = (record) => {
    tried.push(record.id)
    return createRoom.call(kit.store, tried.length < 3 ? { ...record, id: room.id } : record)
  }
  const fresh = await kit.rooms.create()
  expect([tried.length, new Set(tried).size, fresh.room.id]).toEqual([3, 3, tried[2] as string])
  await expect(kit.rooms.create({ id: room.id })).rejects.toMatchObject({ code: 'conflict' })
})

test('[SA7] a stream belongs to whoever announced it first, also at the same moment, and when it has ended', async () => {
  const { room } = await kit.rooms.create()
  const ada = await room.join({ name: 'Ada', key: 'a', role: 'speaker' })
  const eve = await room.join({ name: 'Eve', key: 'e', role: 'speaker' })
  const announced = await Promise.allSettled([ada, eve].map(({ id }) => room.seat(id, 's1')))
  expect(announced).toMatchObject([
    { status: 'fulfilled', value: { participantId: ada.id } },
    { status: 'rejected', reason: { code: 'forbidden' } },
  ])
  await expect(room.seat(eve.id, 's1')).rejects.toMatchObject({ code: 'forbidden' })
  await room.leave(ada.id)
  await expect(room.seat(eve.id, 's1')).rejects.toMatchObject({ code: 'forbidden' })
})
