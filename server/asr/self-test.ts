/** What this machine can carry: a few decodes of a typical draft, measured when the engine starts. */
import { SAMPLES_PER_MS } from '../core/audio.ts'
import type { DecodeRequest, Decoder } from './backend.ts'

export interface SelfTest {
  /** Seconds of speech per second, all workers together. */
  realTimeFactor: number
  /** Speakers at once for whom drafts still come every `SLOWEST` ms. */
  capacity: number
  /** Of these so many can talk at once for long without words coming later or drafts being given up. */
  comfortable: number
  /** One-thread cost of a draft, ms. */
  draftCost: number
}

/** A draft's usual window (engine note §5). */
const WINDOW_MS = 5000
/** Tokens a draft decodes one by one, on average; noise gives none, so they are added by their share of the encoder's cost. */
const TOKEN_SHARE = 1.3
/** A speaker is carried when drafts come at least so often, ms. */
const SLOWEST = 1800
const SHARE = 0.75
/**
 * Drafts, finals and detection of somebody who talks without a pause, in drafts' costs per second (load table L5, where a
 * draft cost 0.36 s: one speaker took 0.29 of two cores, two took 0.60), and the share of the cores they may take.
 */
const TALK = 1.65
const CALM = 0.8

/** Runs one warming and two measured decodes on one thread. */
export async function selfTest(
  decoder: Decoder,
  machine: { cores: number; workers: number },
): Promise<SelfTest> {
  await decoder.decode(noise())
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 2; i++) {
    const started = performance.now()
    const { cost } = await decoder.decode(noise())
    // CPU time is not disturbed by other programs; remote backends know none.
    best = Math.min(best, cost.cpu || performance.now() - started)
  }
  const draftCost = Math.max(1, best * TOKEN_SHARE)
  const capacity = Math.max(1, Math.floor((SHARE * machine.cores * SLOWEST) / draftCost))
  const comfortable = Math.max(1, Math.floor((CALM * machine.cores * 1000) / (TALK * draftCost)))
  const parallel = Math.min(machine.cores, machine.workers)
  return {
    draftCost: Math.round(draftCost),
    realTimeFactor: Math.round(((WINDOW_MS * parallel) / draftCost) * 10) / 10,
    capacity,
    comfortable: Math.min(capacity, comfortable),
  }
}

function noise(): DecodeRequest {
  // A fixed sequence: the same work at every start.
  let seed = 1
  const pcm = Float32Array.from({ length: WINDOW_MS * SAMPLES_PER_MS }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return (seed / 2_147_483_648 - 0.5) * 0.02
  })
  return {
    kind: 'draft',
    pcm,
    language: 'en',
    languages: [],
    task: 'transcribe',
    vocabulary: '',
    context: '',
    prefix: [],
    draft: [],
    padding: 96,
    beamSize: 1,
    temperatures: [0],
    threads: 1,
  }
}
