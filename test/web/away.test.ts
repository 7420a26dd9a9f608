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
  let tick: () => void = () => {}
  let now = 0
  const uplinks: AudioUplink[] = []
  const sent: UplinkMessage[] = []
  /** Per second of sound, which one it says it is. */
  const heard: number[] = []
  let bytes = 0
  const microphone = {
    listen: (listener: { frame: (pcm16: Uint8Array) => void }) => {
      frame = listener.frame
      return () => {}
    },
  } as unknown as MicrophoneModelValue
  const speaker = new SpeakerModel(microphone, {
    addUplink(create) {
      const uplink = create(1, {
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
