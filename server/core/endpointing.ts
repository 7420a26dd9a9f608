/** The rules that close an Utterance: pure, so that every pause has a test. */

export interface EndpointOptions {
  /** Silence after a complete sentence, ms. */
  sentenceSilence: number
  /** Silence after anything else: people pause to think. */
  openSilence: number
  /** Silence at which the final is decoded on suspicion, so that it is ready when the pause turns out to be one. */
  speculateSilence: number
  /** From this length on an utterance is closed at the next committed sentence end, without a pause. */
  sentenceLength: number
  /** From here on also at a comma or a breath… */
  clauseLength: number
  /** …and from here on at any committed word. Shorter lines are refined, and so settled, sooner. */
  wordLength: number
  /** Nothing to cut at: decode all of it as it is. Whisper hears 30 s at most. */
  longest: number
  /** Less voiced sound than this is never decoded: clicks, coughs, a key (engine note §6, guard 1). */
  minVoiced: number
}

/** Sources: engine note §7.2 and §7.4; the two silences were tuned on our clips (test/bench/NOTEBOOK.md). */
export const ENDPOINT: EndpointOptions = {
  sentenceSilence: 400,
  openSilence: 640,
  speculateSilence: 160,
  sentenceLength: 6000,
  clauseLength: 9000,
  wordLength: 14_000,
  longest: 25_000,
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
  /** What there is to cut at among the committed words, the best of it. */
  cut: 'sentence' | 'clause' | 'word' | 'nothing'
}

export type EndpointDecision =
  /** Keep listening. */
  | 'wait'
  /** Decode the final now, publish it if the silence lasts. */
  | 'speculate'
  /** The utterance is over. */
  | 'close'
  /** Close what came before the best place to cut, and go on speaking. */
  | 'split'
  /** Too long, and nothing to cut at. */
  | 'close-unsplit'

export function decideEndpoint(state: EndpointState, options: EndpointOptions): EndpointDecision {
  const enough = state.sentenceComplete === true ? options.sentenceSilence : options.openSilence
  if (state.silence >= enough) return 'close'
  const lengthFor = {
    sentence: options.sentenceLength,
    clause: options.clauseLength,
    word: options.wordLength,
    nothing: Number.POSITIVE_INFINITY,
  }
  if (state.length >= lengthFor[state.cut]) return 'split'
  if (state.length >= options.longest) return 'close-unsplit'
  if (state.silence >= options.speculateSilence && state.voiced >= options.minVoiced) return 'speculate'
  return 'wait'
}
