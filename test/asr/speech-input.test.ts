/** When sound is shown to the voice detector. */
import { expect, test } from 'bun:test'
import { SpeechInput } from '../../server/asr/speech-input.ts'
import { CHUNK } from '../../server/core/vad.ts'
import { settle } from '../helpers/fake-clock.ts'

/** Microphone noise at −60 dBFS, the same every time; `voice` is added. */
function noise(chunks: number, voice = 0): Float32Array {
  let seed = 11
  return Float32Array.from({ length: chunks * CHUNK }, (_, i) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return (seed / 2_147_483_648 - 0.5) * 0.0035 + voice * Math.sin(i / 9)
  })
}

function open(speaking = () => false, probability = (_: number) => 0) {
  const asked: number[] = []
  let seen = 0
  const detector = {
    async detect(pcm: Float32Array) {
      const chunks = pcm.length / CHUNK
      asked.push(chunks)
      return new Float32Array(chunks).fill(probability(chunks))
    },
    reset() {},
    close() {},
  }
  const input = new SpeechInput(
    detector,
    () => seen++,
    () => {},
    speaking,
  )
  const feed = async (pcm: Float32Array) => {
    for (let at = 0; at < pcm.length; at += CHUNK) {
      input.feed(pcm.subarray(at, at + CHUNK))
      await settle()
    }
  }
  return { input, asked, feed, seen: () => seen }
}

test('[VD7] a steady room is looked at a quarter of a second at a time, and all of it', async () => {
  const { asked, feed, seen, input } = open()
  await feed(noise(56))
  expect(asked).toEqual(Array(7).fill(8))
  await feed(noise(3))
  expect(seen()).toBe(56)
  let flushed = false
  input.whenSeen(() => {
    flushed = true
  })
  await settle()
  expect(flushed).toBe(true)
  expect(seen()).toBe(59)
})

test('[VD7] what stands out of the room is looked at at once, together with what waited', async () => {
  const { asked, feed } = open()
  await feed(noise(10))
  await feed(noise(1, 0.05))
  expect(asked).toEqual([8, 3])
})

test('[VD7] while somebody speaks every chunk is looked at as it comes', async () => {
  const { asked, feed } = open(() => true)
  await feed(noise(5))
  expect(asked).toEqual([1, 1, 1, 1, 1])
})

test('[VD8] of a room that stays steady the detector hears the last of every four seconds', async () => {
  const { asked, feed, seen, input } = open()
  await feed(noise(56))
  asked.splice(0)
  await feed(noise(512))
  expect(asked).toEqual(Array(4).fill(32))
  expect(seen() * CHUNK).toBe(input.cursor)
  asked.splice(0)
  await feed(noise(20))
  await feed(noise(1, 0.05))
  expect(asked).toEqual([21])
  // Now every quarter of a second counts again.
  asked.splice(0)
  await feed(noise(48))
  expect(asked).toEqual(Array(6).fill(8))
})

test('[VD8] a voice in that second, however soft, and all that waited is looked at', async () => {
  const { asked, feed, seen } = open(
    () => false,
    (chunks) => (chunks === 32 ? 0.6 : 0),
  )
  await feed(noise(56 + 128))
  await feed(noise(8))
  expect(asked.slice(-4)).toEqual([32, 64, 64, 8])
  expect(seen()).toBe(56 + 128 + 8)
})

test('[VD9] noises of the room that the detector has heard do not stand out any more', async () => {
  const { asked, feed, input } = open()
  const steps = async () => {
    asked.splice(0)
    for (let i = 0; i < 10; i++) {
      await feed(noise(7))
      await feed(noise(1, 0.003))
    }
    return asked.length
  }
  await feed(noise(16))
  await steps()
  expect(await steps()).toBeLessThan(9)
  asked.splice(0)
  await feed(noise(2))
  await feed(noise(1, 0.05))
  expect(input.cursor).toBe(input.buffer.end)
})
