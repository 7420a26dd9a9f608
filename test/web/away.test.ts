/** A speaker whose line is cut for an hour while the page stays open: more than its memory holds, all of it kept and sent. */
import { expect, test } from 'bun:test'
import { BYTES_PER_SECOND, unpackAudioFrame } from '../../server/core/wire.ts'
import type { SpoolStore } from '../../web/audio/spool.ts'
import type { AudioUplink, UplinkMessage } from '../../web/audio/uplink.ts'
import type { MicrophoneModelValue } from '../../web/state/microphone.ts'
import { SpeakerModel } from '../../web/state/speaker.ts'
import { memoryStore } from './memory-store.ts'

/** One second of sound that says which one it is. */
const second = (index: number) => new Uint8Array(BYTES_PER_SECOND).fill(index % 251)

/** A page that speaks, its device's store, and the server's side of its stream. */
function page(spool: SpoolStore | null) {
  let frame: (pcm16: Uint8Array) => void = () => {}
  let gap: (ms: number) => void = () => {}
  let listeners = 0
  let tick: () => void = () => {}
  let now = 0
  const uplinks: AudioUplink[] = []
  const sent: UplinkMessage[] = []
  /** Per second of sound, which one it says it is. */
  const heard: number[] = []
  let bytes = 0
  const microphone = {
    listen: (listener: { frame: (pcm16: Uint8Array) => void; gap: (ms: number) => void }) => {
      listeners++
      frame = listener.frame
      gap = listener.gap
      return () => void listeners--
    },
  } as unknown as MicrophoneModelValue
  const speaker = new SpeakerModel(microphone, {
    addUplink(create) {
      const uplink = create(uplinks.length + 1, {
        sendJson: (message) => void sent.push(message),
        sendBytes(packed) {
          const got = unpackAudioFrame(packed)
          if (typeof got === 'string') throw new Error(got)
          if (got.offset !== bytes) throw new Error(`a hole at ${bytes}`)
          for (let at = 0; at < got.pcm16.length; at++)
            if ((bytes + at) % BYTES_PER_SECOND === 0) heard.push(got.pcm16[at] as number)
          bytes += got.pcm16.length
        },
        buffered: () => 0,
        now: () => now,
      })
      uplinks.push(uplink)
      return uplink
    },
    every: (_, callback) => {
      tick = callback
      return () => {}
    },
    roomId: 'r',
    part: 'voice',
    spool,
    wall: () => now,
  })
  speaker.start()
  speaker.inSession('ses_1')
  const settle = async () => {
    for (let i = 0; i < 8; i++) await Promise.resolve()
  }
  return {
    speaker,
    sent,
    heard,
    uplink: uplinks[0] as AudioUplink,
    uplinks,
    settle,
    gap: (ms: number) => gap(ms),
    get listeners() {
      return listeners
    },
    /** Recorded, and not looked at yet. */
    record(from: number, to: number) {
      for (let index = from; index < to; index++) frame(second(index))
    },
    async say(from: number, to: number) {
      for (let index = from; index < to; index++) {
        frame(second(index))
        tick()
        await settle()
      }
    },
    /** Connected again: sends until nothing is left, at the pace that is allowed. */
    async catchUp(from: number) {
      this.uplink.connected()
      this.uplink.ready(from)
      for (let before = -1; bytes !== before; ) {
        before = bytes
        for (let i = 0; i < 20; i++) {
          now += 250
          this.uplink.pump()
          await settle()
        }
      }
    },
  }
}

const HOUR = 3_600

test('[WB115] an hour without a line, the page open: what the memory gave up comes from the spool, every second once', async () => {
  const { speaker, say, sent, heard, ...rest } = page(memoryStore())
  await say(0, HOUR)
  expect(speaker.kept.value).toBe(HOUR * 1000)
  expect(speaker.onlyHere.value).toBe(false)
  await rest.catchUp(0)
  expect(heard.length).toBe(HOUR)
  expect(heard.every((value, index) => value === index % 251)).toBe(true)
  expect(sent.filter(({ type }) => type === 'audio-lost')).toEqual([])
})

test('[WB113] offline to the end: what was said last is kept for the next visit, and the page knows how far behind it is', async () => {
  const store = memoryStore()
  const { speaker, say, record } = page(store)
  await say(0, 10)
  expect(speaker.behind.value).toBe(10_000)
  record(10, 12)
  await speaker.finish(0)
  await Bun.sleep(0)
  const [stream] = await store.streams()
  expect(await store.end(stream?.stream ?? '')).toBe(12 * BYTES_PER_SECOND)
  expect([speaker.behind.value, speaker.kept.value, speaker.speaking.value]).toEqual([0, 0, false])
})

test('[WB116] a device that takes no sound: the page says that it has it alone, and how much of it', async () => {
  const full = { ...memoryStore(), put: () => Promise.reject(new Error('QuotaExceededError')) }
  for (const spool of [full, null]) {
    const { speaker, say } = page(spool)
    await say(0, 700)
    await say(700, 701)
    expect(speaker.onlyHere.value).toBe(true)
    // Ten minutes is what memory holds.
    expect(speaker.kept.value).toBe(600_000)
  }
})

test('[WB116] a device that takes sound again is believed again', async () => {
  let full = true
  const store = memoryStore()
  const put: SpoolStore['put'] = (...chunk) =>
    full ? Promise.reject(new Error('QuotaExceededError')) : store.put(...chunk)
  const { speaker, say } = page({ ...store, put })
  await say(0, 10)
  expect(speaker.onlyHere.value).toBe(true)
  full = false
  await say(10, 20)
  expect(speaker.onlyHere.value).toBe(false)
  expect(speaker.kept.value).toBe(20_000)
})

test('[WB15] what an earlier page owes this meeting is delivered once, and forgotten when the server has it', async () => {
  const store = memoryStore()
  const owed = { stream: 'earlier', roomId: 'r', part: 'voice', sessionId: 'ses_1', createdAt: 0 }
  await store.putStream(owed)
  await store.put('earlier', 0, second(1))
  const { speaker, uplinks, settle, say } = page(store)
  await settle()
  expect(uplinks.map(({ stream, ring }) => [stream, ring.end])).toEqual([
    [uplinks[0]?.stream ?? '', 0],
    ['earlier', BYTES_PER_SECOND],
  ])
  // The same meeting again (a reconnect), with a recording of this page in the spool by now: neither is sent twice.
  await say(0, 5)
  speaker.inSession('ses_1')
  await settle()
  expect(uplinks).toHaveLength(2)
  uplinks[1]?.end()
  await settle()
  expect((await store.streams()).map(({ stream }) => stream)).toEqual([uplinks[0]?.stream ?? ''])
  uplinks[0]?.end()
  await settle()
  expect(await store.streams()).toEqual([])
})

test('[WB111] a meeting that takes over what was said in the last leaves nothing of it in the spool', async () => {
  const store = memoryStore()
  const { speaker, uplink, say, settle } = page(store)
  await say(0, 5)
  const before = uplink.stream
  expect((await store.streams()).map(({ stream }) => stream)).toEqual([before])
  uplink.anew()
  speaker.inSession('ses_2')
  await settle()
  await say(5, 6)
  expect((await store.streams()).map(({ stream, sessionId }) => [stream, sessionId])).toEqual([
    [`${before}-2`, 'ses_2'],
  ])
})

test('[WB6] a hole in the microphone’s sound is a hole in the recording', () => {
  const { uplink, record, gap } = page(null)
  record(0, 1)
  gap(500)
  record(1, 2)
  expect(uplink.ring.nextAvailable(BYTES_PER_SECOND)).toBe(1.5 * BYTES_PER_SECOND)
  expect(uplink.ring.end).toBe(2.5 * BYTES_PER_SECOND)
})

test('[WB3] the microphone is listened to once while somebody speaks, and no longer', async () => {
  const at = page(null)
  at.speaker.start()
  expect([at.listeners, at.uplinks.length]).toEqual([1, 1])
  await at.speaker.finish(0)
  expect(at.listeners).toBe(0)
})
