/** How an open utterance looks to the rules that close it and to those that decode it. */
import { samplesToMs } from '../core/audio.ts'
import type { EndpointState } from '../core/endpointing.ts'
import type { OpenUtterance } from '../core/open-utterance.ts'
import { textOf } from '../core/transcript.ts'
import { CHUNK_MS, type SpeechActivity } from '../core/vad.ts'
import type { WantState } from '../core/want.ts'
import { endsSentence } from '../core/word.ts'
import type { StreamServices } from './stream-services.ts'

/** `cursor`: the sample up to which voices have been looked for. */
export function endpointState(open: OpenUtterance, activity: SpeechActivity, cursor: number): EndpointState {
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
    fresh,
    first: open.heard === open.start,
    shown: open.shown !== '',
    cadence: scheduler.cadence,
    finalsOnly: scheduler.overload.atLeast('finals-only', clock.now()),
  }
}
