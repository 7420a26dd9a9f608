/** A file as a stream that arrives at once: media → 16 kHz → SpeechStreams (one per channel) → utterances, settled and in order. */

import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import { SAMPLE_RATE, samplesToMs } from '../core/audio.ts'
import type { MediaDecoder } from '../media/media-decoder.ts'

/** What a job needs of a SpeechStream or of a seat in a room. */
export interface SpeechSink {
  feed(pcm: Float32Array): void
  finish(): Promise<void>
  backlog(): number
  on(listener: (event: SpeechEvent) => void): () => void
}

/** An utterance with times from the start of the file. */
export interface FileUtterance extends SpokenUtterance {
  channel: number
}

export interface FileJob {
  media: Pick<MediaDecoder, 'planes' | 'close'>
  /** Opened when the audio begins, once per channel. `start` is what the sink adds to its times. */
  open(channel: number, channels: number): Promise<{ sink: SpeechSink; start: number }>
  signal: AbortSignal
  /** Each utterance once, when its text no longer changes. */
  onUtterance?(utterance: FileUtterance): void
  /** Ms of audio fed and ms recognised, as it goes. */
  onProgress?(fed: number, done: number): void
  /** Pause between looks at a full backlog (tests). */
  sleep?: (ms: number) => Promise<unknown>
}

export interface FileResult {
  utterances: FileUtterance[]
  /** Ms of audio. */
  duration: number
  channels: number
}

/** Audio (ms) a stream may hold undecided before the file waits: keeps a 4-hour file at a few megabytes. */
export const MAX_BACKLOG = 30_000
/** Samples per feed: one second, so that waiting and stopping are possible everywhere. */
const STEP = SAMPLE_RATE
/** A final counts as settled when this many later ones of its channel are there and no refinement came. */
const SETTLED_AFTER = 3

export async function runFileJob(job: FileJob): Promise<FileResult> {
  const { media, signal } = job
  const channels: Channel[] = []
  let fed = 0
  try {
    for await (const planes of media.planes) {
      if (signal.aborted) break
      while (channels.length < planes.length)
        channels.push(await openChannel(job, channels.length, planes.length))
      for (const step of steps(planes)) {
        if (signal.aborted) break
        for (const [i, pcm] of step.entries()) channels[i]?.sink.feed(pcm)
        fed += step[0]?.length ?? 0
        await waitForRoom(job, channels, fed)
      }
    }
    signal.throwIfAborted()
    await unlessAborted(Promise.all(channels.map((channel) => channel.sink.finish())), signal)
  } finally {
    // Stopped or failed, what is finished is told as well.
    for (const channel of channels) channel.settle(true)
    for (const channel of channels) channel.stop()
    media.close()
  }
  const utterances = channels.flatMap((channel) => channel.utterances)
  utterances.sort((a, b) => a.start - b.start || a.channel - b.channel)
  return { utterances, duration: samplesToMs(fed), channels: channels.length }
}

/** All channels, a second at a time. */
function* steps(planes: readonly Float32Array[]): Generator<Float32Array[]> {
  const length = planes[0]?.length ?? 0
  for (let at = 0; at < length; at += STEP) yield planes.map((plane) => plane.slice(at, at + STEP))
}

/** The recogniser may need long for the end of a file: whoever stops it does not wait for that. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop))
}

async function waitForRoom(job: FileJob, channels: Channel[], fed: number): Promise<void> {
  const sleep = job.sleep ?? Bun.sleep
  for (;;) {
    const backlog = Math.max(...channels.map((channel) => channel.sink.backlog()))
    job.onProgress?.(samplesToMs(fed), Math.max(0, samplesToMs(fed) - backlog))
    if (backlog <= MAX_BACKLOG || job.signal.aborted) return
    await sleep(50)
  }
}

interface Channel {
  sink: SpeechSink
  utterances: FileUtterance[]
  settle(all: boolean): void
  stop(): void
}

/** Collects finals; a refinement replaces its final. What is settled is told in order of speech. */
async function openChannel(job: FileJob, index: number, of: number): Promise<Channel> {
  const { sink, start } = await job.open(index, of)
  const utterances: FileUtterance[] = []
  const refined = new Set<string>()
  let told = 0
  const settle = (all: boolean) => {
    while (told < utterances.length) {
      const next = utterances[told] as FileUtterance
      if (!all && !refined.has(next.id) && utterances.length - told <= SETTLED_AFTER) return
      told++
      if (next.committed.length > 0) job.onUtterance?.(next)
    }
  }
  const stop = sink.on((event) => {
    if (event.type !== 'utterance-finished' && event.type !== 'utterance-refined') return
    const utterance = fromStart(event.utterance, start, index)
    const at = utterances.findLastIndex((known) => known.id === utterance.id)
    if (at < 0) utterances.push(utterance)
    else if (at >= told) utterances[at] = utterance
    if (event.type === 'utterance-refined') refined.add(utterance.id)
    settle(false)
  })
  const spoken = () => utterances.filter((utterance) => utterance.committed.length > 0)
  return {
    sink,
    get utterances() {
      return spoken()
    },
    settle,
    stop,
  }
}

function fromStart(utterance: SpokenUtterance, start: number, channel: number): FileUtterance {
  const move = (ms: number) => Math.max(0, ms - start)
  return {
    ...utterance,
    channel,
    start: move(utterance.start),
    end: move(utterance.end),
    committed: utterance.committed.map((word) => ({ ...word, start: move(word.start), end: move(word.end) })),
    pending: [],
  }
}
