import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LiveEdge } from '../../server/core/live-edge.ts'
import { Silences } from '../../server/core/silences.ts'
import { utteranceText } from '../../server/core/transcript.ts'
import type { VoiceCommands } from '../../server/core/voice-command.ts'
import { proposedPhrases } from '../../server/core/voice-phrases.ts'
import type { Room } from '../../server/room/room.ts'
import { spoken } from '../helpers/hand-engine.ts'
import { type Kit, openKit, settle } from '../helpers/room-kit.ts'

let kit: Kit
beforeEach(async () => {
  kit = await openKit()
})
afterEach(() => kit.close())

/** `count` samples that are not silent. */
const sound = (count: number) => new Float32Array(count).fill(0.5)
const commands: VoiceCommands = { on: true, who: 'host', phrases: proposedPhrases('en') }

async function sit(room: Room, name: string, role: 'host' | 'speaker' = 'speaker') {
  const participant = await room.join({ name, key: `key-${name}`, role })
  const seat = await room.seat(participant.id, `stream-${name}`)
  return { participant, seat, stream: kit.engine.streams.at(-1)! }
}

async function meeting(settings = {}) {
  const { room } = await kit.rooms.create({ settings })
  const heard = kit.listen(room.id)
  return { room, heard, ...(await sit(room, 'Ada', 'host')) }
}

/** Samples of a recording that are not zero, as they lie on the disk. */
async function loud(room: Room): Promise<number> {
  const [track] = await kit.store.tracks(room.session!.id)
  const bytes = readFileSync(join(kit.directory, track!.path))
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2).filter((sample) => sample !== 0)
    .length
}
const loudHeard = (fed: Float32Array[]) =>
  fed.flatMap((pcm) => [...pcm]).filter((sample) => sample !== 0).length

describe('muted by the host', () => {
  test('[HO1] silence is kept and heard until the speaker unmutes', async () => {
    const { room, participant, seat, stream } = await meeting()
    seat.feed(sound(160))
    await room.tools.silence(participant.id, true, { ownButton: true })
    expect(room.transcript.participants.get(participant.id)).toMatchObject({ muted: true, silenced: true })
    seat.feed(sound(160))
    await room.tools.mute(participant.id, false)
    const seen = room.transcript.participants.get(participant.id)!
    expect([seen.muted, seen.silenced ?? false]).toEqual([false, false])
    seat.feed(sound(160))
    await seat.sync()
    expect(await loud(room)).toBe(320)
    expect([stream.samples, loudHeard(stream.fed)]).toEqual([480, 320])
  })

  test('[HO1] whoever reloads the page stays muted by the host', async () => {
    const { room, participant } = await meeting()
    await room.tools.silence(participant.id, true, { ownButton: true })
    await room.leave(participant.id)
    const { participant: back, seat } = await sit(room, 'Ada', 'host')
    expect(back).toMatchObject({ id: participant.id, muted: true, silenced: true })
    seat.feed(sound(160))
    expect(loudHeard(kit.engine.streams.at(-1)!.fed)).toBe(0)
  })

  test('[HO2] taking it back leaves the own button as it was', async () => {
    const { room, participant } = await meeting()
    await room.tools.silence(participant.id, true, { ownButton: true })
    await room.tools.silence(participant.id, false, { ownButton: true })
    expect(room.transcript.participants.get(participant.id)).toMatchObject({ muted: true })
    await room.tools.silence(participant.id, true, { ownButton: false })
    await room.tools.silence(participant.id, false, { ownButton: false })
    expect(room.transcript.participants.get(participant.id)).toMatchObject({ muted: false })
  })
})

describe('off the record', () => {
  test('[HO3] nothing is kept or heard, everyone is told, and a gap stays', async () => {
    const { room, heard, participant, seat, stream } = await meeting()
    seat.feed(sound(160))
    await room.tools.offTheRecord(true, participant.id)
    expect(stream.flushed).toBe(1)
    expect(room.transcript.offRecord).toMatchObject({ participantId: participant.id })
    seat.feed(sound(160))
    const second = await sit(room, 'Bo')
    second.seat.feed(sound(160))
    await room.tools.offTheRecord(false, participant.id)
    seat.feed(sound(160))
    await seat.sync()
    expect(room.transcript.offRecord).toBeNull()
    expect(room.transcript.gaps).toMatchObject([{ reason: 'off-the-record', participantId: participant.id }])
    expect(await loud(room)).toBe(320)
    expect([stream.samples, loudHeard(stream.fed)]).toEqual([480, 320])
    expect(loudHeard(second.stream.fed)).toBe(0)
    expect(heard.map(({ event }) => event.type)).toContain('off-the-record')
  })

  test('[HO4] it survives a restart and ends with the meeting', async () => {
    const { room, participant } = await meeting()
    await room.tools.offTheRecord(true, participant.id)
    await kit.crash()
    const again = await openKit(kit.directory)
    const back = (await again.rooms.get(room.id))!
    expect(back.transcript.offRecord).not.toBeNull()
    await back.join({ name: 'Ada', key: 'key-Ada', role: 'host' })
    const seat = await back.seat(participant.id, 'stream-new')
    seat.feed(sound(160))
    expect(loudHeard(again.engine.streams.at(-1)!.fed)).toBe(0)
    await back.end()
    expect(back.transcript.offRecord).toBeNull()
    expect(back.transcript.gaps).toMatchObject([{ reason: 'off-the-record' }])
    await again.rooms.close()
    kit = again
  })

  test('[HO5] by what was spoken when, not by what arrived when', () => {
    const edge = new LiveEdge()
    expect(edge.at(0)).toBeNull()
    // A line with 50 to 80 ms of delay …
    for (let at = 60; at <= 10_000; at += 60) edge.note(at + 50 + (at % 40), at)
    // … is cut at 10 s; at 15 s the room goes off the record, at 18 s back on, and nothing has come meanwhile.
    const off = edge.at(15_000)!
    const on = edge.at(18_000)!
    expect(off.from).toBeLessThanOrEqual(15_000)
    expect(off.from).toBeGreaterThan(14_900)
    expect(on.to).toBeGreaterThanOrEqual(17_950)
    const silences = new Silences()
    silences.begin('off-the-record', off.from * 32)
    silences.end('off-the-record', on.to * 32)
    const kept = silences.apply(14_000 * 32, new Uint8Array(5_000 * 32).fill(7))
    const first = kept.indexOf(0)
    const last = kept.lastIndexOf(0)
    expect(Math.abs(first / 32 - 1_000)).toBeLessThan(100)
    expect(Math.abs(last / 32 - 4_000)).toBeLessThan(100)
    expect(first % 2).toBe(0)
  })

  describe('[HO13] what is still on its way when the server starts again', () => {
    const SECOND = 32_000
    let now: number
    const clocks: { mockRestore(): void }[] = []
    beforeEach(() => {
      now = 1_000_000
      clocks.push(spyOn(performance, 'now').mockImplementation(() => now))
      clocks.push(spyOn(Date, 'now').mockImplementation(() => now))
    })
    afterEach(() => {
      for (const clock of clocks.splice(0)) clock.mockRestore()
    })
    /** The seconds of the recording that are silent, of 20, whose first two came before the server was killed. */
    async function silentSeconds(during: (room: Room, id: string) => unknown, later: typeof during) {
      const { room, participant, seat } = await meeting()
      seat.accept(0, new Uint8Array(2 * SECOND).fill(1))
      await seat.sync()
      now += 2_000
      await during(room, participant.id)
      await kit.crash()
      kit = await openKit(kit.directory)
      const back = (await kit.rooms.get(room.id))!
      await back.join({ name: 'Ada', key: 'key-Ada', role: 'host' })
      const again = await back.seat(participant.id, 'stream-Ada')
      await later(back, participant.id)
      for (let at = 2; at < 20; at++) again.accept(at * SECOND, new Uint8Array(SECOND).fill(1))
      await again.sync()
      const [track] = await kit.store.tracks(back.session!.id)
      const kept = readFileSync(join(kit.directory, track!.path))
      const silent = Array.from({ length: 20 }, (_, second) => second).filter(
        (second) => kept[second * SECOND + 100] === 0,
      )
      const gaps = back.transcript.gaps.map(({ start, end }) => [start, end])
      return { silent, gaps: gaps.sort(([a = 0], [b = 0]) => a - b) }
    }
    const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

    test('is silent up to the end of the time off the record, and what else that takes is a gap', async () => {
      const found = await silentSeconds(
        async (room, id) => {
          now += 3_000
          await room.tools.offTheRecord(true, id)
          now += 4_000
          await room.tools.offTheRecord(false, id)
          now += 9_000
        },
        () => {},
      )
      expect(found).toEqual({
        silent: seconds(2, 10),
        gaps: [
          [2_000, 5_000],
          [5_000, 9_000],
        ],
      })
    })

    test('also when it ends before any of it comes', async () => {
      const found = await silentSeconds(
        async (room, id) => {
          await room.tools.offTheRecord(true, id)
          now += 4_000
        },
        async (room, id) => {
          now += 3_000
          await room.tools.offTheRecord(false, id)
        },
      )
      expect(found).toEqual({ silent: seconds(2, 9), gaps: [[2_000, 9_000]] })
    })

    test('sound without numbers is kept again from the first moment, however much time passed in quiet', async () => {
      const { room, participant, seat } = await meeting()
      const between = async () => {
        now += 60_000
        await room.tools.offTheRecord(true, participant.id)
        now += 5_000
        await room.tools.offTheRecord(false, participant.id)
        now += 1_000
      }
      await between()
      seat.feed(sound(160))
      await between()
      seat.feed(sound(160))
      await seat.sync()
      expect(await loud(room)).toBe(320)
    })

    test('is kept where nothing was off the record since', async () => {
      const found = await silentSeconds(
        async () => {
          now += 9_000
        },
        () => {},
      )
      expect(found).toEqual({ silent: [], gaps: [] })
    })
  })

  test('[HO11] “back on the record” ends it; nothing else of what was said goes anywhere', async () => {
    const { room, heard, participant, seat } = await meeting({ commands })
    await room.tools.offTheRecord(true, participant.id)
    seat.feed(sound(160))
    const ear = kit.engine.streams.at(-1)!
    expect(loudHeard(ear.fed)).toBe(160)
    ear.says('the secret plan')
    await settle()
    expect(room.transcript.offRecord).not.toBeNull()
    ear.says('Back on the record.', 2_000)
    await settle()
    expect(room.transcript.offRecord).toBeNull()
    expect(ear.closed).toBe(true)
    expect(JSON.stringify(heard)).not.toContain('secret')
    expect(JSON.stringify(await kit.store.eventsSince(room.session!.id, 0, 100))).not.toContain('secret')
  })

  test('[HO11] without such a phrase nobody listens', async () => {
    const phrases = commands.phrases.filter(({ does }) => does !== 'on-the-record')
    const { room, participant, seat } = await meeting({ commands: { ...commands, phrases } })
    const before = kit.engine.streams.length
    await room.tools.offTheRecord(true, participant.id)
    seat.feed(sound(160))
    expect(kit.engine.streams).toHaveLength(before)
  })
})

describe('voice commands', () => {
  test('[HO9] a final sets a mark, its refinement improves it, and the line stays', async () => {
    const { room, stream } = await meeting({ commands })
    stream.says('Action item. Jonas sens the numbers.', 0, 'utt_1')
    await settle()
    expect(room.transcript.marks).toMatchObject([{ kind: 'action', text: 'Jonas sens the numbers.' }])
    stream.emit({
      type: 'utterance-refined',
      utterance: spoken('Action item: Jonas sends the numbers.', 0, 'utt_1'),
    })
    await settle()
    expect(room.transcript.marks).toMatchObject([{ kind: 'action', text: 'Jonas sends the numbers.' }])
    expect(room.transcript.utterances.map(utteranceText)).toEqual(['Action item: Jonas sends the numbers.'])
    expect(await kit.store.marks(room.session!.id)).toMatchObject([
      { kind: 'action', text: 'Jonas sends the numbers.' },
    ])
  })

  test('[HO9] off the record happens once per line', async () => {
    const { room, stream, participant } = await meeting({ commands })
    stream.says('Off the record.', 0, 'utt_1')
    await settle()
    expect(room.transcript.offRecord).not.toBeNull()
    await room.tools.offTheRecord(false, participant.id)
    stream.emit({ type: 'utterance-refined', utterance: spoken('Off the record!', 0, 'utt_1') })
    await settle()
    expect(room.transcript.offRecord).toBeNull()
  })

  test('[HO10] off at first; then the host, or everybody', async () => {
    const { room, stream } = await meeting()
    const guest = await sit(room, 'Bo')
    stream.says('New section. One.', 0, 'utt_1')
    await settle()
    await room.configure({ commands })
    guest.stream.says('New section. Two.', 5_000, 'utt_2')
    await settle()
    expect(room.transcript.marks).toEqual([])
    await room.configure({ commands: { ...commands, who: 'everyone' } })
    guest.stream.says('New section. Three.', 9_000, 'utt_3')
    stream.says('New section. Four.', 12_000, 'utt_4')
    await settle()
    expect(room.transcript.marks.map((mark) => mark.text)).toEqual(['Three', 'Four'])
  })

  test('[HO12] a removed line takes its marks along', async () => {
    const { room, stream } = await meeting({ commands })
    stream.says('Action item. Buy the canary a cage.', 0, 'utt_1')
    await settle()
    await room.record({ type: 'utterance-removed', utteranceId: 'utt_1' })
    expect(room.transcript.marks).toEqual([])
    const log = JSON.stringify(await kit.store.eventsSince(room.session!.id, 0, 100))
    expect(log).not.toContain('canary')
    expect(await kit.store.marks(room.session!.id)).toEqual([])
  })

  test('[HO9] a mark set by hand can be taken back', async () => {
    const { room, participant } = await meeting()
    await room.tools.mark('section', ' Budget ', participant.id)
    const [mark] = room.transcript.marks
    expect(mark).toMatchObject({ kind: 'section', text: 'Budget' })
    await room.tools.unmark(mark!.id)
    expect(room.transcript.marks).toEqual([])
    await expect(room.tools.unmark('mrk_none')).rejects.toMatchObject({ code: 'not-found' })
  })
})
