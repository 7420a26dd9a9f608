/** People speaking over real sockets into the running server at real time; a reader's socket is the clock. */
import type { SpeechEvent, SpokenUtterance } from '../../server/asr/speech-event.ts'
import type { RoomEnvelope, Utterance, Word } from '../../server/core/transcript.ts'
import { record } from '../helpers/native-client.ts'
import type { RunningServer } from '../helpers/server.ts'
import { type Gold, joinGold, shiftGold } from './alignment.ts'
import type { Clip } from './clips.ts'
import { measure } from './measure.ts'
import { type Heard, treeOf, usage } from './play.ts'
import type { RunFigures } from './table.ts'

/** What one person says: clips one after the other with a second between, and when each word is spoken. */
export interface Part {
  clip: Clip
  gold: Gold
}

/** Silence between clips and after the last one, ms. */
const BETWEEN = 1000
const AFTER = 2500
/** What a browser sends at once, ms. */
const FRAME = 40

/** Between people's beginnings where two of them would otherwise say the same at once, ms: that is one voice in two microphones. */
const APART = 3000

/** About `seconds` of speech for person `index` of `count`; everybody begins at another clip, with few clips at another time. */
export function playlist(
  clips: readonly Clip[],
  gold: ReadonlyMap<string, Gold>,
  seconds: number,
  index = 0,
  count = 1,
): Part {
  const pcm: Float32Array[] = []
  const golds: Gold[] = []
  const texts: string[] = []
  let at = clips.length < count ? index * APART : 0
  const until = at + seconds * 1000
  pcm.push(new Float32Array(at * 16))
  for (let i = 0; at < until && i < clips.length; i++) {
    const clip = clips[(i + Math.floor((index * clips.length) / count)) % clips.length] as Clip
    golds.push(shiftGold(gold.get(clip.id) as Gold, at))
    // Whole milliseconds, so that times in the joined recording stay exact.
    const length = Math.ceil(clip.pcm.length / 16) * 16
    const padded = new Float32Array(length + BETWEEN * 16)
    padded.set(clip.pcm)
    pcm.push(padded)
    texts.push(clip.reference)
    at += padded.length / 16
  }
  pcm.push(new Float32Array(AFTER * 16))
  const reference = texts.join(' ')
  const clip = {
    id: `person ${index + 1}`,
    language: 'en',
    seconds: at / 1000,
    trust: '',
    reference,
    pcm: join(pcm),
  }
  return { clip, gold: joinGold(golds) }
}

function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, each) => sum + each.length, 0))
  let offset = 0
  for (const each of parts) {
    joined.set(each, offset)
    offset += each.length
  }
  return joined
}

/** Hands over each frame when its last sample has been spoken, as a microphone does. */
export async function asSpoken(
  pcm: Float32Array,
  write: (frame: Float32Array) => void,
  stop?: () => boolean,
  began = performance.now(),
): Promise<void> {
  for (let at = 0; at < pcm.length && !stop?.(); at += FRAME * 16) {
    const wait = began + Math.min(at + FRAME * 16, pcm.length) / 16 - performance.now()
    if (wait > 1) await Bun.sleep(wait)
    write(pcm.subarray(at, at + FRAME * 16))
  }
}

/** Everybody speaks at once into one room; what a reader's screen receives, and when, is measured. */
export async function meeting(server: RunningServer, parts: readonly Part[]): Promise<RunFigures> {
  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  const created = await (await fetch(`${server.url}/api/rooms`, post)).json()
  const room = (created as { room: { id: string } }).room.id
  const arrived: { at: number; envelope: RoomEnvelope }[] = []
  const reader = record({ url: server.url, room, role: 'viewer' })
  reader.client.on((event) => {
    if (event.type === 'event') arrived.push({ at: performance.now(), envelope: event.envelope })
  })
  const meter = meterOf(server.process.pid)
  const began: number[] = []
  let lost = 0
  await Promise.all(
    parts.map(async ({ clip }, index) => {
      await Bun.sleep(index * 700)
      const speaker = record({ url: server.url, room, name: clip.id, participantKey: clip.id })
      const recording = speaker.client.record()
      await speaker.until(() => speaker.client.status === 'open')
      began[index] = performance.now()
      await asSpoken(clip.pcm, (frame) => recording.write(toPcm16(frame)))
      await recording.end()
      lost += speaker.lost.reduce((sum, { from, to }) => sum + to - from, 0)
      speaker.close()
    }),
  )
  await settled(() => arrived.at(-1)?.at ?? 0)
  const used = meter.stop()
  reader.close()
  const sessionId = reader.client.transcript.session?.id ?? ''
  const { tracks, transcript } = (await (await fetch(`${server.url}/api/sessions/${sessionId}`)).json()) as {
    tracks: { participantId: string; start: number }[]
    transcript: { participants: { id: string; name: string }[] }
  }
  await fetch(`${server.url}/api/sessions/${sessionId}`, { method: 'DELETE' })
  const figures = parts.map(({ clip, gold }, index) => {
    const participant = transcript.participants.find(({ name }) => name === clip.id)?.id ?? ''
    const start = tracks.find(({ participantId }) => participantId === participant)?.start ?? 0
    const heard = arrived.flatMap(({ at, envelope }) =>
      heardFrom(envelope, participant, at - (began[index] ?? 0), start),
    )
    return measure({ clip, heard }, gold)
  })
  const audioSeconds = parts.reduce((sum, { clip }) => sum + clip.seconds, 0)
  return { figures, audioSeconds, ...used, lostSeconds: lost / 32_000 }
}

/** Waits until nothing has come for two seconds: refinements may follow the end of a recording. */
async function settled(newest: () => number): Promise<void> {
  const until = performance.now() + 30_000
  while (performance.now() < until && performance.now() - newest() < 2000) await Bun.sleep(100)
}

/** CPU and memory of a process and all its children from now on. */
export function meterOf(pid: number) {
  const before = usage(treeOf(pid))
  let { memory } = before
  const timer = setInterval(() => {
    memory = Math.max(memory, usage(treeOf(pid)).memory)
  }, 1000)
  return {
    stop() {
      clearInterval(timer)
      return { cpuSeconds: usage(treeOf(pid)).cpu - before.cpu, memory }
    },
  }
}

/** A room's event as the engine's of one speaker, times from the first sample of the recording. */
function heardFrom({ event }: RoomEnvelope, participant: string, at: number, start: number): Heard[] {
  if (event.type === 'lag') return event.participantId === participant ? [{ at, event }] : []
  if (!('utterance' in event) || event.utterance.participantId !== participant) return []
  const type = (
    {
      'utterance-updated': 'utterance-updated',
      'utterance-finished': 'utterance-finished',
      'utterance-revised': 'utterance-refined',
    } as const
  )[event.type]
  return [{ at, event: { type, utterance: spoken(event.utterance, start) } as SpeechEvent }]
}

function spoken(utterance: Utterance, start: number): SpokenUtterance {
  const shift = (words: readonly Word[]) =>
    words.map((word) => ({ ...word, start: word.start - start, end: word.end - start }))
  const { id, language, committed, pending } = utterance
  return {
    id,
    language,
    start: utterance.start - start,
    end: utterance.end - start,
    committed: shift(committed),
    pending: shift(pending),
  }
}

export function toPcm16(pcm: Float32Array): Uint8Array {
  const words = Int16Array.from(pcm, (sample) =>
    Math.max(-32768, Math.min(32767, Math.round(sample * 32768))),
  )
  return new Uint8Array(words.buffer)
}
