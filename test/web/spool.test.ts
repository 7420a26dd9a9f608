/** Audio kept on the device across reloads: web/audio/spool.ts on a map instead of IndexedDB. */
import { expect, test } from 'bun:test'
import { AudioRing } from '../../web/audio/ring.ts'
import { owedStreams, StreamSpool, spoolReader } from '../../web/audio/spool.ts'
import { soundOf, undelivered } from '../../web/audio/undelivered.ts'
import { UndeliveredModel } from '../../web/state/undelivered.ts'
import { memoryStore } from './memory-store.ts'

const info = { roomId: 'r', part: 'voice', sessionId: 'ses_1', createdAt: 1_000 }
const second = (value: number) => new Uint8Array(32_000).fill(value)

function recording() {
  const ring = new AudioRing(10_000_000)
  return {
    ring,
    stream: 's1',
    acked: 0,
    get keptMs() {
      return (ring.end - this.acked) / 32
    },
  }
}

test('[WB15] unconfirmed audio survives the page and comes back in order', async () => {
  const store = memoryStore()
  const spool = new StreamSpool(store, info)
  const uplink = recording()
  for (let i = 0; i < 5; i++) uplink.ring.append(second(i))
  await spool.tick(uplink)
  // The page is gone; another one of the same meeting asks.
  expect(await owedStreams(store, info, 2_000)).toEqual([{ stream: 's1', end: 160_000 }])
  const reader = spoolReader(store, 's1')
  const found = await reader.read(40_000, 1_000)
  expect(found?.offset).toBe(40_000)
  expect(found?.bytes.length).toBe(1_000)
  expect(found?.bytes[0]).toBe(1)
  expect(await reader.read(160_000, 10)).toBeNull()
})

test('[WB15] what is confirmed is forgotten; a healthy line writes nothing', async () => {
  const store = memoryStore()
  const spool = new StreamSpool(store, info)
  const uplink = recording()
  uplink.ring.append(second(1))
  await spool.tick(uplink)
  expect(await store.streams()).toEqual([])
  for (let i = 0; i < 4; i++) uplink.ring.append(second(i))
  await spool.tick(uplink)
  expect((await store.streams()).length).toBe(1)
  uplink.acked = uplink.ring.end
  await spool.tick(uplink)
  expect(await store.streams()).toEqual([])
  expect(store.chunks.size).toBe(0)
})

test('[WB15] when nearly all is confirmed, the rest stays until it is, however short', async () => {
  const store = memoryStore()
  const spool = new StreamSpool(store, info)
  const uplink = recording()
  for (let i = 0; i < 4; i++) uplink.ring.append(second(i))
  await spool.tick(uplink)
  uplink.acked = uplink.ring.end - 32_000
  await spool.tick(uplink)
  // The page is gone before the last second is confirmed.
  expect(await owedStreams(store, info, 2_000)).toEqual([{ stream: 's1', end: 128_000 }])
  expect((await spoolReader(store, 's1').read(96_000, 32_000))?.bytes).toEqual(second(3))
})

test('[WB15] another meeting, another voice and last week are not delivered', async () => {
  const store = memoryStore()
  await store.putStream({ stream: 'a', ...info, sessionId: 'ses_2' })
  await store.putStream({ stream: 'b', ...info, part: 'tab' })
  await store.putStream({ stream: 'c', ...info, createdAt: -8 * 86_400_000 })
  const day = 86_400_000
  const left = async (now: number) => {
    expect(await owedStreams(store, info, now)).toEqual([])
    return (await store.streams()).map((stream) => stream.stream)
  }
  // The clock may have been set wrong meanwhile: it is there for another day.
  expect(await left(2_000)).toEqual(['a', 'b', 'c'])
  expect(await left(2_000 + day / 2)).toEqual(['a', 'b', 'c'])
  expect(await left(2_000 + day)).toEqual(['a', 'b'])
})

test('[WB15] a device whose clock was days ahead for a while still delivers what it has', async () => {
  const store = memoryStore()
  await store.putStream({ stream: 'a', ...info })
  await store.put('a', 0, second(1))
  const day = 86_400_000
  expect(await owedStreams(store, info, 400 * day)).toEqual([])
  expect(await owedStreams(store, info, 2_000)).toEqual([{ stream: 'a', end: 32_000 }])
  expect(await owedStreams(store, info, 402 * day)).toEqual([])
  expect((await store.streams()).length).toBe(1)
})

test('[WB15] a store that refuses harms nothing', async () => {
  const store = { ...memoryStore(), putStream: () => Promise.reject(new Error('full')) }
  const uplink = recording()
  for (let i = 0; i < 5; i++) uplink.ring.append(second(i))
  await new StreamSpool(store, info).tick(uplink)
  expect(uplink.ring.end).toBe(160_000)
})

test('[WB112] sound that no meeting takes any more is found with its length, and given out whole', async () => {
  const store = memoryStore()
  const uplink = recording()
  for (let i = 0; i < 5; i++) uplink.ring.append(second(i))
  await new StreamSpool(store, info).tick(uplink)
  // The meeting it was said in still runs: it is delivered, not offered.
  expect(await undelivered(store, 'r', 'ses_1')).toEqual([])
  const found = await undelivered(store, 'r', 'ses_2')
  expect(found).toEqual([{ stream: 's1', createdAt: 1_000, ms: 5_000 }])
  expect(await undelivered(store, 'r', null)).toEqual(found)
  expect(await undelivered(store, 'another', null)).toEqual([])
  const sound = Buffer.concat(await soundOf(store, found))
  expect(sound.length).toBe(160_000)
  expect([sound[0], sound[159_999]]).toEqual([0, 4])
  // Deleting is final, and a screen offers nothing afterwards.
  const saved: string[] = []
  const model = new UndeliveredModel({ spool: store, roomId: 'r', save: (name) => void saved.push(name) })
  await model.look(null)
  await model.save()
  expect(saved).toEqual(['parley-r-1970-01-01-00-00.wav'])
  await model.discard()
  expect(model.items.value).toEqual([])
  expect(await undelivered(store, 'r', null)).toEqual([])
})

test('[WB15] what the server has already is not written, and what it acknowledges goes', async () => {
  const store = memoryStore()
  const spool = new StreamSpool(store, info)
  const uplink = recording()
  for (let i = 0; i < 5; i++) uplink.ring.append(second(i))
  uplink.acked = 32_000
  await spool.tick(uplink)
  const offsets = () => store.chunks.get('s1')?.map(({ offset }) => offset)
  expect(offsets()).toEqual([32_000, 64_000, 96_000, 128_000])
  uplink.acked = 64_000
  await spool.tick(uplink)
  expect(offsets()).toEqual([64_000, 96_000, 128_000])
})

test('[WB15] a second cut in the same recording is kept like the first', async () => {
  const store = memoryStore()
  const spool = new StreamSpool(store, info)
  const uplink = recording()
  for (let i = 0; i < 4; i++) uplink.ring.append(second(i))
  await spool.tick(uplink)
  uplink.acked = uplink.ring.end
  await spool.tick(uplink)
  expect(await store.streams()).toEqual([])
  for (let i = 4; i < 8; i++) uplink.ring.append(second(i))
  await spool.tick(uplink)
  expect(await owedStreams(store, info, 2_000)).toEqual([{ stream: 's1', end: 256_000 }])
  expect((await spoolReader(store, 's1').read(128_000, 32_000))?.bytes).toEqual(second(4))
})

test('[WB113] what was recorded while the spool was writing is written as well', async () => {
  const store = memoryStore()
  const writing = Promise.withResolvers<void>()
  const spool = new StreamSpool(
    {
      ...store,
      // The last thing a tick does: the spool has read the recording by then.
      async deleteBelow() {
        await writing.promise
      },
    },
    info,
  )
  const uplink = recording()
  for (let i = 0; i < 4; i++) uplink.ring.append(second(i))
  const first = spool.tick(uplink)
  while ((await store.end('s1')) < 128_000) await Promise.resolve()
  await Bun.sleep(0)
  uplink.ring.append(second(9))
  void spool.tick(uplink) // the end of the recording: nobody will ask again
  writing.resolve()
  await first
  expect(await store.end('s1')).toBe(160_000)
})
