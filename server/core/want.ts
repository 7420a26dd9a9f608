/** What an open utterance wants decoded now: pure. */
import type { EndpointOptions } from './endpointing.ts'
import { FIRST_DRAFT, LEAST_NEW, PAUSE, PRE_ROLL } from './live.ts'
import type { Ms } from './transcript.ts'

/** Until the first word is shown drafts come more often, by this factor: nothing matters more to a reader. */
const IMPATIENT = 0.4

/** Under the worst load drafts still come this often, ms: people who never pause would have nothing on screen without them. */
const SPARSE: Ms = 3000

/**
 * While many speak, the speculative final waits until this share of the silence that ends an utterance has passed: half of
 * the pauses are shorter, and their finals would be decoded in vain. Waiting longer made the finals of four speakers a second
 * later and saved no work (NOTEBOOK, four at once).
 */
const SURE_PAUSE = 0.6

export interface WantState {
  /** Voiced sound so far, and silence since. */
  voiced: Ms
  silence: Ms
  /** The words heard by drafts so far end a sentence. */
  sentenceHeard: boolean
  /** There is a final of everything said so far already. */
  finalKnown: boolean
  /** Sound that no draft has heard yet. */
  fresh: Ms
  /** No draft of this utterance has been answered. */
  first: boolean
  /** Some of its words are on screen. Until then drafts come more often. */
  shown: boolean
  /** Time between two drafts under the present load. */
  cadence: Ms
  /** Others wait for the machine. */
  crowded: boolean
  /** The machine is too busy for more than a draft now and then. */
  finalsOnly: boolean
}

export function wants(state: WantState, endpoint: EndpointOptions): 'final' | 'draft' | 'nothing' {
  if (state.voiced < endpoint.minVoiced) return 'nothing'
  const { speculateSilence, openSilence, sentenceSilence } = endpoint
  const enough = state.sentenceHeard ? sentenceSilence : openSilence
  const pause = state.crowded ? Math.max(speculateSilence, SURE_PAUSE * enough) : speculateSilence
  if (state.silence >= pause && !state.finalKnown) return 'final'
  if (state.silence >= PAUSE) return 'nothing'
  if (state.first) return state.fresh >= FIRST_DRAFT + PRE_ROLL ? 'draft' : 'nothing'
  const usual = state.shown ? state.cadence : state.cadence * IMPATIENT
  const cadence = state.finalsOnly ? Math.max(SPARSE, state.cadence) : usual
  return state.fresh >= Math.max(LEAST_NEW, cadence) ? 'draft' : 'nothing'
}
