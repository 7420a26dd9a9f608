/** A stream on a clock that tests move, with a scripted recogniser and a voice detector that reads marked audio. */
import type { VoiceDetector } from '../../server/asr/backend.ts'
import type { FakeScript } from '../../server/asr/backends/fake.ts'
import { type FakeBehaviour, FakeDecoder, markedAudio } from '../../server/asr/backends/fake-decoder.ts'
import { Scheduler } from '../../server/asr/scheduler.ts'
import type { SpeechEvent, SpeechOptions, SpeechStreamLike } from '../../server/asr/speech-event.ts'
import type { StreamServices } from '../../server/asr/stream-services.ts'
import { textOf } from '../../server/core/transcript.ts'
import { CHUNK } from '../../server/core/vad.ts'
import { FakeClock, settle } from '../helpers/fake-clock.ts'

export const options: SpeechOptions = {
  language: 'en',
  languages: [],
  task: 'transcribe',
  vocabulary: '',
  drafts: true,
  refine: true,
}

/** Loud chunks are speech. */
export function markDetector(): VoiceDetector {
  return {
    async detect(pcm) {
      return Float32Array.from({ length: pcm.length / CHUNK }, (_, i) =>
        Math.abs(pcm[i * CHUNK + CHUNK / 2] as number) >= 0.5 ? 0.95 : 0.02,
      )
    },
    reset() {},
    close() {},
  }
}

export function kit(script: FakeScript, behaviour: FakeBehaviour = {}, machine = { cores: 2, slots: 2 }) {
  const clock = new FakeClock()
  const decoder = new FakeDecoder(script, behaviour)
  const scheduler = new Scheduler({ decoder, clock, cores: machine.cores, slots: () => machine.slots })
  const active = new Set<object>()
  let ids = 0
  const services: StreamServices = {
    scheduler,
    clock,
    openDetector: markDetector,
    capabilities: () => decoder.capabilities,
    vadThreshold: 0.5,
    beamSize: 5,
    newId: () => `utt_${++ids}`,
    setActive(stream, on) {
      if (on) active.add(stream)
      else active.delete(stream)
      scheduler.activeStreams = active.size
    },
    onClose() {},
  }
  return { clock, decoder, scheduler, services, active }
}

/** Feeds 40 ms at a time at the speed of the clock. */
export async function speak(
  stream: SpeechStreamLike,
  clock: FakeClock,
  from: number,
  to: number,
  speech: [number, number][],
): Promise<void> {
  for (let at = from; at < to; at += 40) {
    stream.feed(markedAudio(at, Math.min(to, at + 40), speech))
    await clock.advance(40)
  }
}

/** Lets decodes and timers come to rest while waiting for something that needs the clock to go on. */
export async function until<T>(promise: Promise<T>, clock: FakeClock): Promise<T> {
  let done = false
  promise.finally(() => {
    done = true
  })
  for (let i = 0; i < 2000 && !done; i++) await clock.advance(50)
  await settle()
  return promise
}

export function record(stream: SpeechStreamLike): SpeechEvent[] {
  const events: SpeechEvent[] = []
  stream.on((event) => events.push(event))
  return events
}

export function finalsOf(events: readonly SpeechEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'utterance-finished' ? [textOf(event.utterance.committed)] : [],
  )
}

/** What a reader saw, one text per update. */
export function screens(events: readonly SpeechEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'utterance-updated'
      ? [textOf(event.utterance.committed.concat(event.utterance.pending))]
      : [],
  )
}
