/** R9: poison for sound into every door of a running server with the real recogniser, over real sockets and HTTP, while somebody speaks. */
import { packAudioFrame } from '../../server/core/wire.ts'
import { type Poison, packed, poisons } from '../helpers/poison.ts'
import { speechless } from '../helpers/spoken-numbers.ts'
import { KINDS, type Kind, Talker } from '../helpers/talker.ts'
import type { Fault } from './fault.ts'
import { seeded } from './kit.ts'
import { compared, countInto } from './worker.ts'

const UPLOADS = ['/v1/audio/transcriptions', '/v1/audio/translations', '/inference']
/** Conversations at once; how long one may take before its line is cut, ms. */
const AT_ONCE = 5
const PATIENCE = 6000

interface Verdict {
  conversations: number
  /** Doors that no longer let a good client in afterwards, or answers that were a bug of ours. */
  wrong: string[]
}

/** Everything bad through every door, while `busy`; then a good client at each. */
async function poisonAll(url: string, seed: number, busy: () => boolean): Promise<Verdict> {
  const verdict: Verdict = { conversations: 0, wrong: [] }
  const all = poisons(seeded(seed), 24)
  const address = url.replace('http', 'ws')
  const jobs: (() => Promise<void>)[] = [
    ...KINDS.flatMap((kind) => all.map((poison) => () => swallow(address, kind, poison))),
    ...all.map((poison) => () => roomSocket(address, poison)),
    ...UPLOADS.flatMap((path) => all.map((poison) => () => upload(url + path, poison, verdict.wrong))),
  ]
  // Each door early and late: in a fixed, shuffled order.
  const random = seeded(seed + 1)
  for (let i = jobs.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[jobs[i], jobs[j]] = [jobs[j] as () => Promise<void>, jobs[i] as () => Promise<void>]
  }
  const worker = async () => {
    for (let job = jobs.pop(); job && busy(); job = jobs.pop()) {
      await job()
      verdict.conversations++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  for (const kind of KINDS) {
    const good = new Talker(address, kind)
    await Promise.race([good.open, Bun.sleep(PATIENCE)])
    if (!good.isOpen) verdict.wrong.push(`${kind.name} is closed for good clients`)
    good.cut()
  }
  if (!(await fetch(`${url}/healthz`)).ok) verdict.wrong.push('/healthz')
  return verdict
}

/** One conversation of poison, to its end or cut in the middle. */
export async function swallow(address: string, kind: Kind, poison: Poison): Promise<void> {
  const talker = new Talker(address, kind, { hello: false })
  await Promise.race([talker.open, Bun.sleep(PATIENCE)])
  if (!talker.isOpen) return
  if (kind.name === 'asr-stream' && poison.encoding)
    talker.send(JSON.stringify({ language_code: 'en', sample_rate_hertz: 16_000, encoding: poison.encoding }))
  else talker.hello()
  await Promise.race([talker.ready, talker.closed, Bun.sleep(PATIENCE)])
  for (const frame of poison.frames) if (talker.isOpen) talker.send(packed(kind.protocol, frame))
  if (talker.isOpen) await Promise.race([talker.end(), talker.closed, Bun.sleep(PATIENCE)])
  talker.cut()
}

/** Parley's own door: frames before, instead of and after a greeting. */
async function roomSocket(address: string, poison: Poison): Promise<void> {
  const made = await fetch(`${address.replace('ws', 'http')}/api/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  if (!made.ok) return
  const { room, links } = (await made.json()) as { room: { id: string }; links: { speak: string } }
  const socket = new WebSocket(`${address}/ws/room/${room.id}`)
  const over = new Promise((resolve) => socket.addEventListener('close', resolve))
  await new Promise((resolve) => {
    socket.onopen = resolve
    socket.onclose = resolve
  })
  const token = new URL(links.speak, 'http://x').hash.slice(1)
  const hello = {
    type: 'hello',
    version: 1,
    role: 'speaker',
    name: 'P',
    token,
    participantKey: 'p'.repeat(26),
  }
  socket.send(JSON.stringify(hello))
  socket.send(JSON.stringify({ type: 'audio-start', stream: 'x'.repeat(20), number: 1 }))
  await Bun.sleep(100)
  for (const frame of poison.frames) {
    if (socket.readyState !== WebSocket.OPEN) break
    // Behind a good header, with a wrong offset, and as they are.
    socket.send(packAudioFrame({ number: 1, offset: 0, pcm16: frame }) as Uint8Array<ArrayBuffer>)
    socket.send(packAudioFrame({ number: 9, offset: 2 ** 40, pcm16: frame }) as Uint8Array<ArrayBuffer>)
    socket.send(frame as Uint8Array<ArrayBuffer>)
  }
  await Promise.race([over, Bun.sleep(300)])
  socket.close()
}

async function upload(url: string, { frames }: Poison, wrong: string[]): Promise<void> {
  const form = new FormData()
  form.set('file', new Blob(frames as Uint8Array<ArrayBuffer>[]), 'sound.bin')
  form.set('model', 'whisper-1')
  const signal = AbortSignal.timeout(PATIENCE * 2)
  const response = await fetch(url, { method: 'POST', body: form, signal }).catch(() => null)
  if (response && response.status >= 500 && response.status !== 503)
    wrong.push(`${new URL(url).pathname} ${response.status} ${(await response.text()).slice(0, 100)}`)
  await response?.body?.cancel().catch(() => {})
}

export const poisonFaults: Fault[] = [
  {
    id: 'R9',
    name: `poison for sound into every door (${KINDS.length} of other programs, the room, ${UPLOADS.length} uploads) while somebody speaks`,
    runs: 1,
    longRuns: 3,
    missing: speechless,
    run: async (seed) => {
      let verdict: Verdict = { conversations: 0, wrong: [] }
      const heard = await countInto(seed, async (node, speaking) => {
        verdict = await poisonAll(node.server.url, seed, speaking)
      })
      const outcome = await compared(heard)
      return judged(outcome, outcome.note ?? '', verdict)
    },
  },
]

function judged<Result extends { ok?: boolean }>(outcome: Result, note: string, verdict: Verdict) {
  return {
    ...outcome,
    ok: outcome.ok === true && verdict.wrong.length === 0,
    note: [note, `${verdict.conversations} conversations of poison`, ...verdict.wrong]
      .filter(Boolean)
      .join('; '),
  }
}
