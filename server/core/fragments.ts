/** Which finals are hardly understood by themselves, and how long each waits for what its speaker says next. Pure. */
import { sureness } from './improve.ts'
import type { Ms, Word } from './transcript.ts'

/**
 * A final with at most so much voiced sound, shortly after another that is as short, is a fragment: a few words between two
 * pauses for thought. It is understood better together with what comes after it than with what came before
 * (test/bench/NOTEBOOK.md), so it waits for that.
 */
const FRAGMENT: Ms = 2500
/** Once there is so much sound after it, a fragment waits no longer, ms. */
const AFTER: Ms = 1200
/** Finals with at most so much voiced sound are helped by the speech around them even if they are only a little doubtful, ms. */
const SHORT: Ms = 5000
/** Once there is so much sound around them, finals that are no fragments wait no longer, ms. */
const AROUND: Ms = 8000
/**
 * Mean log probability (natural) of a word below which a final is doubtful. Finals of fluent speech are above it, fragments
 * below (228 finals of 46 English clips, 149 with pauses cut into them). Long finals have been read by the time a second pass
 * changes them, so it takes more doubt.
 */
const DOUBTED = { fragment: -0.2, short: -0.4, long: -0.8 }
/** How long a final waits for its speaker to go on (`silence`), and a fragment for what is said then to end (`speech`), ms. */
const WAIT: { silence: Ms; speech: Ms } = { silence: 2000, speech: 4000 }

/** A final as these rules see it. */
export interface Doubtful {
  /** Empty when none could be believed. */
  words: readonly Word[]
  /** Voiced sound in it. */
  voiced: Ms
  /** Voiced sound in what was said shortly before it; null where nothing was. */
  before: Ms | null
}

/** Whether its words are too doubtful to stand without the speech around them. */
export function wantsCompany(final: Doubtful): boolean {
  const { words, voiced } = final
  if (words.length === 0) return true
  const kind = isFragment(final) ? 'fragment' : voiced <= SHORT ? 'short' : 'long'
  return sureness(words) < DOUBTED[kind]
}

/** Whether it is a fragment. A final without words is none: nothing of it is on screen yet, so it must not wait longer. */
export function isFragment({ words, voiced, before }: Doubtful): boolean {
  return voiced <= FRAGMENT && before !== null && before <= FRAGMENT && words.length > 0
}

/** What is known of a final's surroundings. */
export interface Surroundings {
  /** Sound said close by after it, ms. */
  after: Ms
  /** Sound close by on both sides, its own included, ms. */
  around: Ms
  /** Its speaker speaks again. */
  speaking: boolean
}

/** How long it waits, counted from its final, as things stand; 0 = no longer. */
export function patience(final: Doubtful, { after, around, speaking }: Surroundings): Ms {
  const fragment = isFragment(final)
  if (fragment ? after >= AFTER : around >= AROUND) return 0
  return fragment && speaking ? WAIT.speech : WAIT.silence
}

/** When to ask again, counted from its final: a wait that was made longer by speech ends sooner when the speech does. */
export function lookAgain(waited: Ms, patience: Ms): Ms {
  return waited < WAIT.silence ? WAIT.silence : patience
}
