/** The summary so far of a running meeting, as screens are told of it; never stored. */
import type { Ms } from './transcript.ts'

export interface LiveBullet {
  text: string
  /** Where it was said; never empty. */
  moments: { utteranceId: string; start: Ms }[]
}

export interface LiveSummary {
  overview: LiveBullet[]
  decisions: LiveBullet[]
  actions: (LiveBullet & { owner: string; due: string })[]
  /** It covers what was said up to here. */
  until: Ms
}
