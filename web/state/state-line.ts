/** The one line that always says how things stand: decided here, worded by the catalogues. */
import { Refused } from '../../server/core/refusal.ts'

export type StateLine =
  | { kind: 'connecting' }
  | { kind: 'queued'; place: number }
  /** `onlyHere`: what is kept goes when the page is closed. */
  | { kind: 'reconnecting'; keptSeconds: number; recording: boolean; onlyHere?: true }
  | { kind: 'replaying'; seconds: number }
  | { kind: 'refused'; reason: RefusedReason }
  | { kind: 'ended'; at: number }
  | { kind: 'waiting' }
  | { kind: 'paused-by-system' }
  | { kind: 'off-the-record' }
  | { kind: 'muted-speaking' }
  | { kind: 'no-sound'; seconds: number }
  | { kind: 'behind'; seconds: number }
  | { kind: 'muted' }
  | { kind: 'live'; lagSeconds: number | null }

export type RefusedReason = 'not-allowed' | 'withdrawn' | 'not-found' | 'ended' | 'taken-over' | 'other'

export interface StateFacts {
  link: 'idle' | 'connecting' | 'reconnecting' | 'open' | 'refused'
  refusedCode: number
  /** Audio that only this device has, ms; 0 for viewers. */
  keptMs: number
  /** The device takes none of it: it is in this page's memory alone. */
  onlyHere?: boolean
  /** Recorded and not yet sent, ms. */
  behindMs: number
  /** Place in the queue for speaking; 0 = not waiting. */
  queued?: number
  endedAt: number | null
  started: boolean
  offRecord: boolean
  microphone: 'none' | 'on' | 'muted' | 'muted-speaking' | 'paused'
  /** How long my microphone has given nothing at all, ms. */
  silentFor: number
  /** The largest lag of the people speaking, ms; null = nobody speaks. */
  lag: number | null
}

/** Readers stop following captions that are more than about four seconds late. */
const BEHIND_MS = 4_000
const NO_SOUND_MS = 10_000
/** More than this unsent means that catching up takes noticeable time. */
const REPLAY_MS = 3_000

/** The most important truth first. */
export function stateLine(facts: StateFacts): StateLine {
  if (facts.link === 'refused') return { kind: 'refused', reason: REASONS[facts.refusedCode] ?? 'other' }
  if (facts.queued) return { kind: 'queued', place: facts.queued }
  if (facts.endedAt !== null) return { kind: 'ended', at: facts.endedAt }
  const recording = facts.microphone !== 'none'
  if (facts.link === 'reconnecting') {
    const keptSeconds = Math.round(facts.keptMs / 1000)
    return {
      kind: 'reconnecting',
      keptSeconds,
      recording,
      ...(recording && facts.onlyHere && { onlyHere: true }),
    }
  }
  if (facts.link !== 'open') return { kind: 'connecting' }
  if (facts.offRecord) return { kind: 'off-the-record' }
  if (facts.microphone === 'paused') return { kind: 'paused-by-system' }
  if (facts.behindMs > REPLAY_MS) return { kind: 'replaying', seconds: Math.round(facts.behindMs / 1000) }
  if (facts.microphone === 'muted-speaking') return { kind: 'muted-speaking' }
  if (facts.microphone === 'on' && facts.silentFor >= NO_SOUND_MS)
    return { kind: 'no-sound', seconds: Math.round(facts.silentFor / 1000) }
  if (facts.lag !== null && facts.lag > BEHIND_MS)
    return { kind: 'behind', seconds: Math.round(facts.lag / 1000) }
  if (facts.microphone === 'muted') return { kind: 'muted' }
  if (!facts.started) return { kind: 'waiting' }
  return { kind: 'live', lagSeconds: facts.lag === null ? null : Math.round(facts.lag / 100) / 10 }
}

const REASONS: Record<number, RefusedReason> = {
  [Refused.unauthorized]: 'not-allowed',
  [Refused.forbidden]: 'not-allowed',
  [Refused.withdrawn]: 'withdrawn',
  [Refused.notFound]: 'not-found',
  [Refused.ended]: 'ended',
  [Refused.replaced]: 'taken-over',
}
