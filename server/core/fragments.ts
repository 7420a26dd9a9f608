/** Finals that are hardly understood by themselves, and how long each waits for what its speaker says next: pure. */
import { sureness } from './improve.ts'
import type { Ms, Word } from './transcript.ts'

/**
 * Up to so much voice, said close behind something as short, is a fragment: a few words between two pauses for thought. What
 * comes after it tells more than what came before (test/bench/NOTEBOOK.md), so it waits for that.
 */
const FRAGMENT: Ms = 2500
/** With so much sound after it a fragment waits no longer, ms. */
const AFTER: Ms = 1200
/** Up to so much voice company helps what is doubted a little, ms; longer ones have company enough in themselves. */
const SHORT: Ms = 5000
/** With so much sound around them those wait no longer, ms. */
const AROUND: Ms = 8000
/**
 * Less sure is doubted, natural logarithms a word: finals of fluent speech are surer, fragments less sure (228 finals of 46
 * English clips, 149 with pauses cut into them). Readers of long ones have read on: there it takes more doubt.
 */
const DOUBTED = { fragment: -0.2, short: -0.4, long: -0.8 }
/** So long each waits for its speaker to go on; a fragment, where that has happened, for what is said then to end, ms. */
const WAIT: { silence: Ms; speech: Ms } = { silence: 2000, speech: 4000 }

/** A final as these rules see it. */
export interface Doubtful {
  /** Empty when none could be believed. */
  words: readonly Word[]
  /** Voiced sound in it. */
  voiced: Ms
  /** …and in what was said close before it; null where nothing was. */
  before: Ms | null
}

/** Whether it cannot be trusted by itself. */
export function wantsCompany(final: Doubtful): boolean {
  const { words, voiced } = final
  if (words.length === 0) return true
  const kind = isFragment(final) ? 'fragment' : voiced <= SHORT ? 'short' : 'long'
  return sureness(words) < DOUBTED[kind]
}

/** Whether what is said after it tells most. Nobody has seen a word of what could not be believed: that must not come too late. */
export function isFragment({ words, voiced, before }: Doubtful): boolean {
  return voiced <= FRAGMENT && before !== null && before <= FRAGMENT && words.length > 0
}

/** What is known of a final's surroundings. */
export interface Surroundings {
  /** Sound said close by after it, ms. */
  after: Ms
  /** …and on both sides with its own. */
  around: Ms
  /** Its speaker speaks again. */
  speaking: boolean
}

/** How long it waits from its final on, as things stand. */
export function patience(final: Doubtful, { after, around, speaking }: Surroundings): Ms {
  const fragment = isFragment(final)
  if (fragment ? after >= AFTER : around >= AROUND) return 0
  return fragment && speaking ? WAIT.speech : WAIT.silence
}

/** When to look again, from the final on: a wait that speech made longer ends sooner when that stops. */
export function lookAgain(waited: Ms, patience: Ms): Ms {
  return waited < WAIT.silence ? WAIT.silence : patience
}
