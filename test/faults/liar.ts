/** R22: clients that lie about their recordings while honest people speak: wrong offsets, holes without end, another's stream, one stream from two places. */
import { newId } from '../../server/core/id.ts'
import { packAudioFrame } from '../../server/core/wire.ts'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import type { Fault } from './fault.ts'
import { holdMeeting, type Scene } from './meeting.ts'

/** Nobody may wait longer than this for an answer meanwhile, ms. */
const ANSWER_WITHIN = 1_500

interface Raw {
  say(message: object): void
  frame(number: number, offset: number | bigint, pcm16: Uint8Array): void
  /** Everything the server said, parsed. */
  told: { type: string; code?: string; offset?: number; number?: number; participant?: { id: string } }[]
  until(type: string): Promise<void>
  close(): void
}

/** A socket of Parley's own protocol, by hand. */
async function speakerByHand({ node, room }: Scene, key: string): Promise<Raw> {
  const socket = new WebSocket(`${node.server.url.replace('http', 'ws')}/ws/room/${room}`)
  const told: Raw['told'] = []
  socket.onmessage = ({ data }) => void told.push(JSON.parse(String(data)))
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  const send = (data: string | Uint8Array<ArrayBuffer>) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data)
  }
  const raw: Raw = {
    told,
    say: (message) => send(JSON.stringify(message)),
    frame(number, offset, pcm16) {
      const bytes = packAudioFrame({ number, offset: 0, pcm16 }) as Uint8Array<ArrayBuffer>
      new DataView(bytes.buffer).setBigUint64(8, BigInt.asUintN(64, BigInt(offset)), true)
      send(bytes)
    },
    async until(type) {
      for (const end = performance.now() + 10_000; performance.now() < end; await Bun.sleep(10))
        if (told.some((message) => message.type === type)) return
      throw new Error(`no ${type}: ${JSON.stringify(told.at(-1))}`)
    },
    close: () => socket.close(),
  }
  raw.say({
    type: 'hello',
    version: 1,
    role: 'speaker',
    name: 'Liar',
    token: '',
    participantKey: key,
  })
  await raw.until('welcome')
  return raw
}

const second = new Uint8Array(32_000)
/** Offsets nobody can mean. */
const OFFSETS = [-2n, 1n, 7n, 2n ** 53n, 2n ** 53n + 2n, 2n ** 63n, 2n ** 64n - 2n, 64_000n, 10n ** 12n]

/** One liar, until the others have finished. */
async function lie(scene: Scene, stranger: string, at: number): Promise<{ owned: boolean; acked: number }> {
  const { random, speaking } = scene
  const raw = await speakerByHand(scene, `liar-${at}`)
  raw.say({ type: 'audio-start', number: 1, stream: stranger })
  raw.say({ type: 'audio-start', number: 2, stream: `liar-${at}-${newId('evt')}` })
  await raw.until('audio-ready')
  let sent = 0
  while (speaking()) {
    const blow = Math.floor(random() * 6)
    if (blow === 0) raw.frame(2, OFFSETS[Math.floor(random() * OFFSETS.length)] ?? 0n, second)
    if (blow === 1) raw.frame(1, 0, second)
    if (blow === 2) raw.say({ type: 'audio-lost', number: 2, from: 0, to: sent + 100_000_000 })
    if (blow === 3) raw.say({ type: 'audio-end', number: 2, length: 10 ** 15 })
    if (blow === 4) raw.say({ type: 'audio-lost', number: 2, from: 0, to: -4 })
    if (blow === 5) raw.frame(2, sent, second.subarray(0, 2 * Math.floor(random() * 16_000)))
    sent = Math.max(
      sent,
      ...raw.told.flatMap(
        ({ type, number, offset }) => (type === 'audio-ready' && number === 2 && offset) || 0,
      ),
    )
    await Bun.sleep(50)
  }
  const owned = raw.told.some(({ type, number }) => type === 'audio-ready' && number === 1)
  const acked = Math.max(
    0,
    ...raw.told.map(({ type, number, offset }) => (type === 'ack' && number === 2 && offset) || 0),
  )
  raw.close()
  return { owned, acked }
}

export const liarFaults: Fault[] = [
  {
    id: 'R22',
    name: 'three clients lie about offsets, holes and whose stream it is; two send one stream at once',
    runs: 1,
    longRuns: 10,
    run: (seed) => {
      let slowest = 0
      let taken = 0
      let twins: number[] = []
      return holdMeeting({
        seed,
        numbers: 40,
        speed: 1.5,
        async disturb(scene) {
          const { speakers, speaking, node } = scene
          await speakers[0]?.until(() => (speakers[0]?.acknowledged.size ?? 0) > 0)
          const [victim = ''] = speakers[0]?.acknowledged.keys() ?? []
          const watching = (async () => {
            while (speaking()) {
              const began = performance.now()
              await (await fetch(`${node.server.url}/healthz`)).text()
              slowest = Math.max(slowest, performance.now() - began)
              await Bun.sleep(30)
            }
          })()
          const lies = Promise.all([0, 1, 2].map((at) => lie(scene, victim, at)))
          twins = await twoAtOnce(scene)
          taken = (await lies).filter(({ owned }) => owned).length
          await watching
        },
      }).then((outcome) => ({
        ...outcome,
        // Holes of the liars' own making stand in the transcript as such.
        gaps: 0,
        ok: outcome.ok && taken === 0 && slowest < ANSWER_WITHIN && twins.length === 0,
        note: `${outcome.note}an answer took ${Math.round(slowest)} ms at most${taken ? `, ${taken} took another's stream` : ''}${twins.length ? `, of one stream sent by two ${twins.join(' ')} were lost or doubled` : ''}`,
      }))
    },
  },
]

/** One person's recording sent from two places in turns, each with what it believes is next: every number once. */
async function twoAtOnce(scene: Scene): Promise<number[]> {
  const sound = sayNumbers(9001, 9010)
  const key = 'twins'
  const stream = `twins-${newId('evt')}`
  const [one, two] = [await speakerByHand(scene, key), await speakerByHand(scene, key)]
  for (const raw of [one, two]) raw.say({ type: 'audio-start', number: 1, stream })
  await two.until('audio-ready')
  for (let at = 0; at < sound.length; at += 6_400) {
    for (const raw of [one, two]) raw.frame(1, at, sound.subarray(at, at + 6_400))
    await Bun.sleep(20)
  }
  two.say({ type: 'audio-end', number: 1, length: sound.length })
  await two.until('audio-ended')
  for (const raw of [one, two]) raw.close()
  await scene.viewers[0]?.until(() => count(scene, 9010) > 0).catch(() => {})
  return Array.from({ length: 10 }, (_, i) => 9001 + i).filter((number) => count(scene, number) !== 1)
}

function count({ viewers }: Scene, number: number): number {
  const texts = (viewers[0]?.client.transcript.utterances ?? []).flatMap(({ rev, committed }) =>
    rev > 0 ? committed.map(({ text }) => text.trim()) : [],
  )
  return texts.filter((text) => text === String(number)).length
}
