/**
 * The streams on a virtual clock with the real recogniser: each decode's answer arrives when its measured CPU cost says,
 * so figures do not depend on what else the machine is doing, and a clip takes as long as its decoding.
 */
import type {
  DecodeKind,
  DecodeRequest,
  Decoder,
  Hypothesis,
  Token,
  VoiceDetector,
} from '../../server/asr/backend.ts'
import { Scheduler } from '../../server/asr/scheduler.ts'
import type { SpeechEvent, SpeechOptions } from '../../server/asr/speech-event.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import type { StreamServices } from '../../server/asr/stream-services.ts'
import type { Clock } from '../../server/core/clock.ts'
import { newId } from '../../server/core/id.ts'
import type { Clip } from './clips.ts'
import { benchOptions, type Take } from './play.ts'

/** How much faster a decode is on several threads (engine note §5). */
const SPEED_UP = [1, 1, 1.75, 2.3, 2.8]

class VirtualClock implements Clock {
  #now = 0
  #timers: { at: number; order: number; callback: () => void }[] = []
  #order = 0
  /** Real work whose outcome must be known before time may pass. */
  readonly pending = new Set<Promise<unknown>>()

  now(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.pending.add(work)
    work.then(
      () => this.pending.delete(work),
      () => this.pending.delete(work),
    )
    return work
  }

  /** Runs until `done`. */
  async run(done: () => boolean): Promise<void> {
    for (;;) {
      await this.settle()
      if (done()) return
      let next = -1
      for (let i = 0; i < this.#timers.length; i++) {
        const timer = this.#timers[i] as (typeof this.timers)[number]
        const best = this.#timers[next]
        if (!best || timer.at < best.at || (timer.at === best.at && timer.order < best.order)) next = i
      }
      const [timer] = this.#timers.splice(next, 1)
      if (next < 0 || !timer) throw new Error('the simulation has nothing left to do')
      this.#now = Math.max(this.#now, timer.at)
      timer.callback()
    }
  }

  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      if (this.pending.size > 0) {
        await Promise.allSettled(this.pending)
        quiet = 0
      }
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (this.pending.size === 0) quiet++
    }
  }

  private get timers() {
    return this.#timers
  }
}

/** Answers of `real`, delivered when a machine that does nothing else would have them. */
class TimedDecoder implements Decoder {
  /** CPU taken so far by kind of decode, ms. */
  readonly cpu: Record<DecodeKind, number> = { draft: 0, final: 0, refine: 0 }
  constructor(
    private real: Decoder,
    private clock: VirtualClock,
    private costOf: (request: DecodeRequest, answer: Hypothesis) => number,
  ) {}

  get capabilities() {
    return this.real.capabilities
  }

  decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    const started = this.clock.now()
    // One thread always: the result is the same and the cost is the one-thread cost.
    const work = this.clock.track(this.real.decode({ ...request, threads: 1 }))
    return new Promise((resolve, reject) => {
      const known = work.then((hypothesis) => {
        if (process.env.BENCH_DEBUG) describe(request, hypothesis, started)
        const cpu = this.costOf(request, hypothesis)
        const wall = cpu / (SPEED_UP[request.threads] ?? 3)
        if (signal?.aborted) {
          this.cpu[request.kind] += Math.min(cpu, this.clock.now() - started)
          return reject(signal.reason)
        }
        const cancel = this.clock.after(started + wall - this.clock.now(), () => {
          this.cpu[request.kind] += cpu
          // The scheduler learns what decodes cost on the machine that is simulated, not on this one.
          resolve({ ...hypothesis, cost: { ...hypothesis.cost, cpu } })
        })
        signal?.addEventListener('abort', () => {
          cancel()
          this.cpu[request.kind] += Math.min(
            cpu,
            (this.clock.now() - started) * (SPEED_UP[request.threads] ?? 3),
          )
          reject(signal.reason)
        })
      }, reject)
      this.clock.track(known)
    })
  }

  async close(): Promise<void> {}
}

/** What this decode took, ms on one thread. */
export function measuredCost(_: DecodeRequest, { cost }: Hypothesis): number {
  return cost.cpu || cost.mel + cost.encode + cost.prompt + cost.decode
}

/** Of one encoder run of `frames`, of a token that is verified in a batch, of one that is decoded: ms (NOTEBOOK, kernels). */
const COST = { frame: 0.19, frame2: 0.00049, verified: 0.9, decoded: 5 }

/**
 * What such a decode takes on this machine when nothing else runs, from its size alone: two policies then see the same machine,
 * and equal questions are asked at equal times, so that remembered answers fit.
 */
export function fixedCost(
  { pcm, padding, prefix, draft, context, beamSize }: DecodeRequest,
  answer: Hypothesis,
) {
  const frames = Math.min(1500, Math.ceil(pcm.length / 320) + (padding ?? 1500))
  const same = answer.tokens.findIndex((token, i) => token.id !== draft[i]?.id)
  const verified = same < 0 ? Math.min(draft.length, answer.tokens.length) : same
  const batched = prefix.length + draft.length + context.length / 4
  const decoded = (answer.tokens.length - verified + 1) * (beamSize > 1 ? beamSize / 2 : 1)
  return (
    COST.frame * frames + COST.frame2 * frames * frames + COST.verified * batched + COST.decoded * decoded
  )
}

/** What was asked and answered, for looking into single decodes. */
function describe(request: DecodeRequest, answer: Hypothesis, at: number): void {
  const list = (tokens: readonly Token[]) => tokens.map((token) => token.text).join('|')
  const timed = answer.tokens.map(
    (token) => `${token.text}[${token.start}-${token.end} ${token.probability.toFixed(2)}]`,
  )
  console.log(
    `      @${Math.round(at)} ${request.kind} ${Math.round(request.pcm.length / 16)} ms, context "${request.context}", ` +
      `prefix "${list(request.prefix)}", draft "${list(request.draft)}" → ${timed.join('')} ${answer.stop} ` +
      `nsp ${answer.noSpeechProbability.toFixed(2)} alp ${answer.averageLogProbability.toFixed(2)} cpu ${answer.cost.cpu}`,
  )
}

/** Room sound after each clip, samples. */
const SILENCE_AFTER = 1500 * 16

export interface SimulationOptions {
  decoder: Decoder
  openDetector(): VoiceDetector
  cores?: number
  slots?: number
  beamSize?: number
  options?: Partial<SpeechOptions>
  /** What a decode takes; default what it took here. */
  costOf?: (request: DecodeRequest, answer: Hypothesis) => number
  /** Each clip is heard so many times in one stream without a break. */
  repeat?: number
  /** Each speaker begins so long after the one before, ms; default 700. */
  apart?: number
  /** Which room a speaker is in; default one for each. */
  roomOf?: (speaker: number) => string
  /** Samples that arrive at once; default 40 ms. */
  frame?: number
  /** Takes every event at once instead of the take; `at`: ms after the clip's first sample was due. */
  listen?: (event: SpeechEvent, at: number) => void
}

/** Each inner list is one speaker, who plays those clips one after another. */
export async function simulate(
  speakers: readonly (readonly Clip[])[],
  simulation: SimulationOptions,
): Promise<{ takes: Take[]; cpuSeconds: number; cpuBy: Readonly<Record<DecodeKind, number>> }> {
  const clock = new VirtualClock()
  const decoder = new TimedDecoder(simulation.decoder, clock, simulation.costOf ?? measuredCost)
  const { cores = 2, slots = 2, apart = 700, roomOf = String } = simulation
  const scheduler = new Scheduler({ decoder, clock, cores, slots: () => slots })
  const active = new Set<object>()
  const setActive = (stream: object, on: boolean) => {
    if (on) active.add(stream)
    else active.delete(stream)
    scheduler.activeStreams = active.size
  }
  const services: StreamServices = {
    scheduler,
    clock,
    openDetector: () => {
      const detector = simulation.openDetector()
      return { ...detector, detect: (pcm) => clock.track(detector.detect(pcm)) }
    },
    capabilities: () => decoder.capabilities,
    vadThreshold: 0.5,
    beamSize: simulation.beamSize ?? 5,
    newId: () => newId('utt'),
    setActive,
    onClose: (stream) => setActive(stream, false),
  }
  const takes: Take[] = []
  let left = speakers.length
  const next = (clips: readonly Clip[], index: number, room: string) => {
    const clip = clips[index]
    if (!clip) {
      left--
      return
    }
    const stream = new SpeechStream(
      {
        ...benchOptions,
        language: clip.language || null,
        ...simulation.options,
        start: 0,
        room,
      },
      services,
    )
    const take: Take = { clip, heard: [] }
    takes.push(take)
    const t0 = clock.now()
    const { listen = (event, at) => take.heard.push({ at, event }) } = simulation
    stream.on((event) => listen(event, clock.now() - t0))
    const frame = simulation.frame ?? 640
    const length = clip.pcm.length * (simulation.repeat ?? 1)
    const silence = new Float32Array(frame)
    const feed = (at: number) => {
      stream.feed(at < length ? frameAt(clip.pcm, at % clip.pcm.length, frame) : silence)
      if (at + frame < length + SILENCE_AFTER)
        clock.after(t0 + (at + 2 * frame) / 16 - clock.now(), () => feed(at + frame))
      else stream.finish().then(() => next(clips, index + 1, room))
    }
    clock.after(frame / 16, () => feed(0))
  }
  for (const [index, clips] of speakers.entries())
    clock.after(index * apart, () => next(clips, 0, roomOf(index)))
  await clock.run(() => left === 0)
  const { draft, final, refine } = decoder.cpu
  return { takes, cpuSeconds: (draft + final + refine) / 1000, cpuBy: decoder.cpu }
}

/** A whole frame, however little of the sound is left. */
function frameAt(pcm: Float32Array, at: number, length: number): Float32Array {
  const part = pcm.subarray(at, at + length)
  if (part.length === length) return part
  const frame = new Float32Array(length)
  frame.set(part)
  return frame
}
