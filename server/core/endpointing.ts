/** The rules that close an Utterance: pure, so that every pause has a test. */

export interface EndpointOptions {
  /** Silence after a complete sentence, ms. */
  sentenceSilence: number
  /** Silence after anything else: people pause to think. */
  openSilence: number
  /** Silence at which the final is decoded on suspicion, so that it is ready when the pause turns out to be one. */
  speculateSilence: number
  /** From this length on an utterance is closed at the next committed sentence end, without a pause. */
  softLength: number
  /** From here on at any committed word. Whisper hears 30 s at most, and the careful pass needs a margin. */
  hardLength: number
  /** Less voiced sound than this is never decoded: clicks, coughs, a key (engine note §6, guard 1). */
  minVoiced: number
}

/** Sources: engine note §7.2 and §7.4; the two silences were tuned on our clips (test/bench/NOTEBOOK.md). */
export const ENDPOINT: EndpointOptions = {
  sentenceSilence: 400,
  openSilence: 640,
  speculateSilence: 160,
  softLength: 12_000,
  hardLength: 25_000,
  minVoiced: 250,
}

/** An explicit `endSilence` (a client's wish) replaces both silences. */
export function endpointOptions(endSilence?: number): EndpointOptions {
  if (endSilence === undefined) return ENDPOINT
  const silence = Math.max(100, Math.min(10_000, endSilence))
  return {
    ...ENDPOINT,
    sentenceSilence: silence,
    openSilence: silence,
    speculateSilence: Math.min(ENDPOINT.speculateSilence, silence / 2),
  }
}

export interface EndpointState {
  /** Since the last voiced sound, ms. */
  silence: number
  /** Voiced sound so far, ms. */
  voiced: number
  /** From the start of speech to the newest sample, ms. */
  length: number
  /** Whether the words known now end a sentence; null while no decode has seen the end of the speech. */
  sentenceComplete: boolean | null
  /** There is a committed sentence end, a committed word, inside the utterance to cut at. */
  committedSentence: boolean
  committedWord: boolean
}

export type EndpointDecision =
  /** Keep listening. */
  | 'wait'
  /** Decode the final now, publish it if the silence lasts. */
  | 'speculate'
  /** The utterance is over. */
  | 'close'
  /** Close what came before the last committed sentence end (or word) and go on speaking. */
  | 'split-at-sentence'
  | 'split-at-word'
  /** 25 s and nothing to cut at: decode all of it as it is. */
  | 'close-unsplit'

export function decideEndpoint(state: EndpointState, options: EndpointOptions): EndpointDecision {
  const enough = state.sentenceComplete === true ? options.sentenceSilence : options.openSilence
  if (state.silence >= enough) return 'close'
  if (state.length >= options.hardLength) {
    if (state.committedSentence) return 'split-at-sentence'
    return state.committedWord ? 'split-at-word' : 'close-unsplit'
  }
  if (state.length >= options.softLength && state.committedSentence) return 'split-at-sentence'
  if (state.silence >= options.speculateSilence && state.voiced >= options.minVoiced) return 'speculate'
  return 'wait'
}
