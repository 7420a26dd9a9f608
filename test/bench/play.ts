/** Plays clips into an engine as microphones would, at real time, and writes down what came back and when. */
import { readFileSync } from 'node:fs'
import type { SpeechEngine, SpeechEvent, SpeechOptions } from '../../server/asr/speech-event.ts'
import type { Clip } from './clips.ts'

/** One event and the time it came, ms after the clip's first sample was due. */
export interface Heard {
  at: number
  event: SpeechEvent
}

export interface Take {
  clip: Clip
  heard: Heard[]
}

export const benchOptions: SpeechOptions = {
  language: null,
  languages: [],
  task: 'transcribe',
  vocabulary: '',
  drafts: true,
  refine: true,
}

export interface PlayOptions {
  options?: Partial<SpeechOptions>
  /** 1 = real time. */
  speed?: number
  frameMs?: number
  /** Room sound after the clip, ms. */
  silenceAfter?: number
}

/** One clip as one speaker; resolves when everything has been decided. */
export async function play(engine: SpeechEngine, clip: Clip, play: PlayOptions = {}): Promise<Take> {
  const { speed = 1, frameMs = 40, silenceAfter = 1500 } = play
  const pcm = new Float32Array(clip.pcm.length + silenceAfter * 16)
  pcm.set(clip.pcm)
  const stream = engine.open({
    ...benchOptions,
    language: clip.language || null,
    ...play.options,
    start: 0,
    room: clip.id,
    speaker: clip.id,
  })
  const heard: Heard[] = []
  const t0 = performance.now()
  stream.on((event) => heard.push({ at: (performance.now() - t0) * speed, event }))
  const frame = frameMs * 16
  for (let at = 0; at < pcm.length; at += frame) {
    // A frame can be sent once its last sample has been spoken.
    const due = t0 + Math.min(at + frame, pcm.length) / 16 / speed
    const wait = due - performance.now()
    if (wait > 1) await Bun.sleep(wait)
    stream.feed(pcm.subarray(at, at + frame))
  }
  await stream.finish()
  return { clip, heard }
}

/** A whole clip as fast as the engine takes it, finals only. */
export async function transcribe(
  engine: SpeechEngine,
  clip: Clip,
  options: Partial<SpeechOptions> = {},
): Promise<Take> {
  const stream = engine.open({
    ...benchOptions,
    drafts: false,
    language: clip.language || null,
    ...options,
    start: 0,
    room: clip.id,
    speaker: clip.id,
  })
  const heard: Heard[] = []
  const t0 = performance.now()
  stream.on((event) => heard.push({ at: performance.now() - t0, event }))
  for (let at = 0; at < clip.pcm.length; at += 16_000) {
    stream.feed(clip.pcm.subarray(at, at + 16_000))
    while (stream.backlog() > 120_000) await Bun.sleep(20)
  }
  await stream.finish()
  return { clip, heard }
}

/** A process and everything it started (Linux). */
export function treeOf(pid: number): number[] {
  const list = Bun.spawnSync(['ps', '-o', 'pid=', '--ppid', String(pid)]).stdout.toString()
  return [pid, ...list.split('\n').map(Number).filter(Boolean).flatMap(treeOf)]
}

/** CPU seconds used so far by processes (Linux), and their memory in MB. */
export function usage(pids: readonly number[]): { cpu: number; memory: number } {
  let cpu = 0
  let memory = 0
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      cpu += (Number(fields[11]) + Number(fields[12])) / 100
      memory += (Number(fields[21]) * 4096) / 1e6
    } catch {
      // Ended meanwhile.
    }
  }
  return { cpu, memory }
}
