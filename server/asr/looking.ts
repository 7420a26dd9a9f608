/** How an open utterance looks to the rules that close it and to those that decode it. */
import { samplesToMs } from '../core/audio.ts'
import { decideEndpoint, type EndpointOptions, type EndpointState } from '../core/endpointing.ts'
import { LONGEST, WINDOW } from '../core/live.ts'
import type { OpenUtterance } from '../core/open-utterance.ts'
import { type Ms, textOf } from '../core/transcript.ts'
import { CHUNK_MS, type SpeechActivity } from '../core/vad.ts'
import type { WantState } from '../core/want.ts'
import { endsSentence } from '../core/word.ts'
import type { StreamServices } from './stream-services.ts'

/**
 * Whether the utterance is over, or has to be cut though its speaker goes on. `cursor`: the sample up to which voices have
 * been looked for.
 */
export function endOfSpeech(
  open: OpenUtterance,
  activity: SpeechActivity,
  cursor: number,
  endpoint: EndpointOptions,
): 'over' | 'cut' | 'none' {
  const decision = decideEndpoint(endpointState(open, activity, cursor), endpoint)
  if (decision === 'close') return 'over'
  const stuck = decision === 'close-unsplit' && open.pieces.length + open.settled.length === 0
  return stuck || samplesToMs(cursor - open.windowStart) > LONGEST - 1000 ? 'cut' : 'none'
}

/** How long a window may be under the load there is, ms. */
export function longestWindow({ clock, scheduler }: StreamServices): Ms {
  if (scheduler.overload.atLeast('short-windows', clock.now())) return WINDOW.overload
  return scheduler.crowded ? WINDOW.crowd : WINDOW.normal
}

function endpointState(open: OpenUtterance, activity: SpeechActivity, cursor: number): EndpointState {
  const { final, start } = open
  return {
    silence: activity.silence,
    voiced: activity.voiced * CHUNK_MS,
    length: samplesToMs(cursor - start),
    sentenceComplete: final?.covered === activity.afterVoiced ? endsSentence(textOf(final.words)) : null,
    // Dividing happens after an answer, when no decode refers to the old window.
    cut: 'nothing',
  }
}

/** `fresh`: sound that no draft has heard yet, ms. */
export function wantState(
  open: OpenUtterance,
  activity: SpeechActivity,
  fresh: number,
  { clock, scheduler }: StreamServices,
): WantState {
  return {
    voiced: activity.voiced * CHUNK_MS,
    silence: activity.silence,
    finalKnown: open.final?.covered === activity.afterVoiced,
    sentenceHeard: endsSentence(open.text),
    fresh,
    first: open.heard === open.start,
    shown: open.shown !== '',
    cadence: scheduler.cadence,
    crowded: scheduler.crowded,
    finalsOnly: scheduler.overload.atLeast('finals-only', clock.now()),
  }
}
