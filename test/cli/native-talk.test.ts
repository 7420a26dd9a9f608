/** `parley client --protocol native` against a running server behind a line that is cut. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Heard } from '../../server/cli/dialects.ts'
import { roomAddress } from '../../server/cli/native-room.ts'
import { talkNatively } from '../../server/cli/native-talk.ts'
import { checkFlags, converse } from '../../server/cli/talk-options.ts'
import { type ChaosProxy, startChaosProxy } from '../helpers/chaos-proxy.ts'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import { openSite, type Site } from '../security/kit.ts'

let site: Site
let proxy: ChaosProxy
beforeAll(async () => {
  site = await openSite({ numbers: true })
  proxy = await startChaosProxy(site.app.port)
})
afterAll(async () => {
  await proxy.close()
  await site.close()
})

const COUNT = 20

/** Sound in pieces of 0.2 s, at ten times its pace. */
async function* counting(before: () => void = () => {}) {
  const sound = sayNumbers(1, COUNT)
  for (let at = 0; at < sound.length; at += 6400) {
    before()
    await Bun.sleep(20)
    yield sound.subarray(at, at + 6400)
  }
}

const numbers = Array.from({ length: COUNT }, (_, index) => String(index + 1))

test('[CL9] cuts in mid-speech lose no word and double none, and are told', async () => {
  const heard: Heard[] = []
  const notes: string[] = []
  let cuts = 0
  await talkNatively({
    uri: new URL(proxy.url),
    room: site.room.id,
    token: site.tokens.speaker,
    settings: {},
    chunkSize: 3200,
    realTime: false,
    // In the middle of what has partly arrived.
    sound: counting(() => {
      if (heard.filter(({ type }) => type === 'final').length < cuts * 3 + 2) return
      cuts++
      if (cuts === 2) proxy.reset()
      else proxy.cut()
    }),
    onHeard: (one) => heard.push(one),
    onNote: (note) => notes.push(note),
  })
  const finals = heard.filter(({ type }) => type === 'final').map((each) => 'text' in each && each.text)
  expect(finals).toEqual(numbers)
  expect(cuts).toBeGreaterThan(0)
  expect(notes.some((note) => note.includes('is cut'))).toBe(true)
  expect(notes.some((note) => note.startsWith('Connected again'))).toBe(true)
}, 30_000)

test('[CL9] without a room one is made, and the page to read along is told', async () => {
  const out = { stdout: '', stderr: '' }
  const flags = { protocol: 'native', uri: site.url, token: site.ownerKey, chunkSize: 4096, patience: 15 }
  await converse(
    flags,
    { sound: counting(), realTime: false },
    {
      stdout: { write: (text: string) => (out.stdout += text) },
      stderr: { write: (text: string) => (out.stderr += text) },
    },
  )
  expect(out.stdout.trim().split('\n')).toEqual(numbers)
  expect(out.stderr).toMatch(/Read along: .*\/c\/[a-z0-9-]+/)
}, 30_000)

test('[CL9] nobody there, a link that is none, an address that is no room: a sentence', async () => {
  const say = (uri: string, more: object = {}) =>
    talkNatively({
      uri: new URL(uri),
      settings: {},
      chunkSize: 3200,
      sound: counting(),
      realTime: false,
      onHeard() {},
      onNote() {},
      ...more,
    }).then(
      () => 'fine',
      (thrown: { code: string }) => thrown.code,
    )
  expect(await say('http://127.0.0.1:1')).toBe('unavailable')
  expect(await say('http://127.0.0.1:1', { room: 'no-such-room-1' })).toBe('unavailable')
  expect(await say(site.url, { room: site.room.id, token: 'x'.repeat(26) })).toBe('forbidden')
  expect(await say(site.url)).toBe('forbidden')
  const { secret } = site.app.access.addKey('program', ['transcribe'])
  const told = talkNatively({
    uri: new URL(site.url),
    token: secret,
    settings: {},
    chunkSize: 3200,
    sound: counting(),
    realTime: false,
    onHeard() {},
    onNote() {},
  })
  await expect(told).rejects.toThrow(/lacks the right 'rooms:write'.*keys add.*--room and --token/)
  expect(() => checkFlags({ protocol: 'native', uri: `${site.url}/ws/asr-stream` })).toThrow('no room')
  expect(() => checkFlags({ protocol: 'native', raw: true })).toThrow('--raw')
  expect(roomAddress({ uri: new URL('https://host:8443/r/quiet-otter-4207#secret') })).toEqual({
    server: 'https://host:8443',
    room: 'quiet-otter-4207',
    token: 'secret',
  })
})
