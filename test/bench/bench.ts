/**
 * `bun run bench [-- --speakers 1,2,4,6,8] [--seconds 120] [--clips en_*] [--directory ../shared/speech]`: people speak over real
 * sockets into the running server at real time; a reader's socket is the clock. Prints one row per number of speakers.
 */
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { SpeechEvent } from '../../server/asr/speech-event.ts'
import type { RoomEnvelope, Word } from '../../server/core/transcript.ts'
import { record, speak } from '../helpers/native-client.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'
import { type Clip, loadClips } from './clips.ts'
import { openRealEngine } from './engine.ts'
import { finals, type GoldWord, goldWords, measure, type TakeFigures } from './measure.ts'
import { type Heard, transcribe, usage } from './play.ts'
import { markdown, type RunFigures, summarise } from './table.ts'
import { errorRate } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    speakers: { type: 'string', default: '1,2,4,6,8' },
    seconds: { type: 'string', default: '100' },
    clips: { type: 'string', default: 'en_sonnet1,en_ami_*,en_ls_*,en_lj0*,en_mfa*,en_jfk' },
    directory: { type: 'string', default: join(import.meta.dir, '..', '..', '..', 'shared', 'speech') },
    model: { type: 'string', default: '' },
  },
})

/** What one person says: clips one after the other with a second between, and the offline words on the same clock. */
interface Part {
  clip: Clip
  gold: GoldWord[]
}

/** Silence between clips and after the last one, ms. */
const BETWEEN = 1000
const AFTER = 2500

async function main(): Promise<void> {
  const directory = existsSync(values.directory) ? values.directory : join(import.meta.dir, '..', 'fixtures')
  const wanted = values.clips.split(',')
  const clips = loadClips(directory, (id) =>
    wanted.some((want) => (want.endsWith('*') ? id.startsWith(want.slice(0, -1)) : id === want)),
  )
  const offline = await offlineWords(clips)
  const server = await startServer({
    args: ['--language', 'en', ...(values.model ? ['--model', values.model] : [])],
  })
  try {
    await untilReady(server)
    const commit = Bun.spawnSync(['git', 'rev-parse', '--short', 'HEAD']).stdout.toString().trim()
    console.log(
      `${cpus()[0]?.model} × ${cpus().length}, commit ${commit}, model ${values.model || 'base-q8_0'}`,
    )
    console.log(
      `file transcription, same clips: WER ${offline.rate.toFixed(2)}, ${offline.speed.toFixed(1)} × real time`,
    )
    const rows: Record<string, string>[] = []
    for (const count of values.speakers.split(',').map(Number)) {
      const parts = Array.from({ length: count }, (_, index) => playlist(clips, offline.words, index, count))
      rows.push({ speakers: String(count), ...summarise(await meeting(server, parts)) })
      console.log(JSON.stringify(rows.at(-1)))
    }
    console.log(`\n${markdown(rows)}`)
  } finally {
    await server.dispose()
  }
}

async function offlineWords(clips: readonly Clip[]) {
  const engine = await openRealEngine()
  const words = new Map<string, Word[]>()
  const began = performance.now()
  for (const clip of clips) {
    words.set(
      clip.id,
      finals((await transcribe(engine, clip)).heard).flatMap(({ committed }) => committed),
    )
  }
  const seconds = (performance.now() - began) / 1000
  await engine.close()
  const text = clips
    .map(
      (clip) =>
        words
          .get(clip.id)
          ?.map((word) => word.text)
          .join('') ?? '',
    )
    .join(' ')
  const audio = clips.reduce((sum, clip) => sum + clip.seconds, 0)
  const rate = errorRate(clips.map((clip) => clip.reference).join(' '), text, clips[0]?.language ?? 'en')
  return { words, rate, speed: audio / seconds }
}

/** About `--seconds` of speech for person `index` of `count`; everybody begins at another clip. */
function playlist(clips: readonly Clip[], words: Map<string, Word[]>, index: number, count: number): Part {
  const pcm: Float32Array[] = []
  const gold: GoldWord[] = []
  const texts: string[] = []
  let at = 0
  for (let i = 0; at < Number(values.seconds) * 1000 && i < clips.length; i++) {
    const clip = clips[(i + Math.floor((index * clips.length) / count)) % clips.length] as Clip
    for (const word of goldWords(words.get(clip.id) ?? [], clip.language)) {
      gold.push({ ...word, start: word.start + at, end: word.end + at })
    }
    pcm.push(clip.pcm, new Float32Array(BETWEEN * 16))
    texts.push(clip.reference)
    at += Math.round(clip.pcm.length / 16) + BETWEEN
  }
  pcm.push(new Float32Array(AFTER * 16))
  const joined = new Float32Array(pcm.reduce((sum, each) => sum + each.length, 0))
  let offset = 0
  for (const each of pcm) {
    joined.set(each, offset)
    offset += each.length
  }
  const clip = {
    id: `person ${index + 1}`,
    language: 'en',
    seconds: at / 1000,
    trust: '',
    reference: texts.join(' '),
    pcm: joined,
  }
  return { clip, gold }
}

/** Everybody speaks at once into one room; what a reader's screen receives, and when, is measured. */
async function meeting(server: RunningServer, parts: readonly Part[]): Promise<RunFigures> {
  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  const created = await (await fetch(`${server.url}/api/rooms`, post)).json()
  const room = (created as { room: { id: string } }).room.id
  const arrived: { at: number; envelope: RoomEnvelope }[] = []
  const reader = record({ url: server.url, room, role: 'viewer' })
  reader.client.on((event) => {
    if (event.type === 'event') arrived.push({ at: performance.now(), envelope: event.envelope })
  })
  const pids = () => [server.process.pid, ...childrenOf(server.process.pid)]
  const before = usage(pids())
  let memory = before.memory
  const meter = setInterval(() => {
    memory = Math.max(memory, usage(pids()).memory)
  }, 1000)
  const began: number[] = []
  await Promise.all(
    parts.map(async ({ clip }, index) => {
      await Bun.sleep(index * 700)
      const speaker = record({ url: server.url, room, name: clip.id, participantKey: clip.id })
      const recording = speaker.client.record()
      await speaker.until(() => speaker.client.status === 'open')
      began[index] = performance.now()
      await speak(recording, toPcm16(clip.pcm))
      await recording.end()
      speaker.close()
    }),
  )
  clearInterval(meter)
  const cpuSeconds = usage(pids()).cpu - before.cpu
  await Bun.sleep(300)
  reader.close()
  const sessionId = reader.client.transcript.session?.id ?? ''
  const { tracks, transcript } = (await (await fetch(`${server.url}/api/sessions/${sessionId}`)).json()) as {
    tracks: { participantId: string; start: number }[]
    transcript: { participants: { id: string; name: string }[] }
  }
  await fetch(`${server.url}/api/sessions/${sessionId}`, { method: 'DELETE' })
  const figures: TakeFigures[] = parts.map(({ clip, gold }, index) => {
    const participant = transcript.participants.find(({ name }) => name === clip.id)?.id ?? ''
    const start = tracks.find(({ participantId }) => participantId === participant)?.start ?? 0
    const heard = arrived.flatMap(({ at, envelope }) =>
      heardFrom(envelope, participant, at - (began[index] ?? 0), start),
    )
    return measure({ clip, heard }, gold)
  })
  const audioSeconds = parts.reduce((sum, { clip }) => sum + clip.seconds, 0)
  return { figures, audioSeconds, cpuSeconds, memory }
}

/** A room's event as the engine's of one speaker, times from the first sample of the recording. */
function heardFrom({ event }: RoomEnvelope, participant: string, at: number, start: number): Heard[] {
  if (!('utterance' in event) || event.utterance.participantId !== participant) return []
  const shift = (words: readonly Word[]) =>
    words.map((word) => ({ ...word, start: word.start - start, end: word.end - start }))
  const { id, language, committed, pending } = event.utterance
  const utterance = {
    id,
    language,
    start: event.utterance.start - start,
    end: event.utterance.end - start,
    committed: shift(committed),
    pending: shift(pending),
  }
  const type = (
    {
      'utterance-updated': 'utterance-updated',
      'utterance-finished': 'utterance-finished',
      'utterance-revised': 'utterance-refined',
    } as const
  )[event.type]
  const ended: SpeechEvent[] =
    type === 'utterance-finished' ? [{ type: 'speech-ended', at: committed.at(-1) ? utterance.end : 0 }] : []
  return [...ended, { type, utterance } as SpeechEvent].map((each) => ({ at, event: each }))
}

function childrenOf(pid: number): number[] {
  const list = Bun.spawnSync(['ps', '-o', 'pid=', '--ppid', String(pid)]).stdout.toString()
  return list.split('\n').map(Number).filter(Boolean)
}

function toPcm16(pcm: Float32Array): Uint8Array {
  const words = Int16Array.from(pcm, (sample) =>
    Math.max(-32768, Math.min(32767, Math.round(sample * 32768))),
  )
  return new Uint8Array(words.buffer)
}

await main()
