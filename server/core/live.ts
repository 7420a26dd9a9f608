/** The times a live stream works by, with where they come from. All in milliseconds. */

/** Sound kept before the first voiced chunk: the detector needs a little to be sure (engine note §7.2). */
export const PRE_ROLL = 300
/** Sound taken after the last voiced chunk into a final: soft endings. */
export const POST_ROLL = 320
/** A draft hears no more than this beyond what the voice detector has: what it has not seen may belong to what is said next. */
export const UNSEEN = 200
/** The first draft of an utterance waits for so much sound after its first voiced chunk: enough voice to be worth a decode. */
export const FIRST_DRAFT = 260
/** Less new sound than this is not worth a decode. */
export const LEAST_NEW = 160
/** Silence after which no draft is started: the speculative final is about to say more. */
export const PAUSE = 160
/** A final hears its whole utterance again, unless it is longer than this: then only what is still in the window. */
export const WHOLE = 14_000
/** Windows longer than this are cut at a committed word; shorter while many speak and under overload (§2.4: more buys little). */
export const WINDOW = { normal: 7000, crowd: 5000, overload: 4000 }
/** Share of the window in which a cut without a sentence end may lie. */
export const CUT_SHARE = 0.6
/** Longest window the recogniser takes is 30 s; a margin. */
export const LONGEST = 29_000
/** Silence frames (20 ms) after the sound (§4: 64 at least, 128 best for drafts; finals are worth more). */
export const PADDING = { draft: 96, overload: 64, final: 256 }
/** Speech so long after the last word means the decoder ended its text early. */
export const UNHEARD = 1200
/** …or so long, where drafts heard two words and more there. */
export const UNHEARD_WORDS = 400
/** Whoever ends a recording, or stops the server, waits so long for its last second passes, ms; then the fast finals stay. */
export const LAST_PASSES = { end: 5000, stop: 3000 }
/** A stream whose sound stops coming in mid-utterance is finished after this much real time. */
export const STALL = 3000
/** How late a draft or final may start after it is wanted (§8). */
export const SLACK = { draft: 250, final: 100 }
/** …and for sound of the past while others speak (core/hurry.ts): then it has its turn, one such decode at a time. */
export const BACKLOG_WITHIN = 20_000
/** Voiced sound after which a live speaker's language is looked at again within an utterance. */
export const PROBE_AFTER = 2000
/** A text with fewer words than this share of the one it should replace has lost some. */
export const LEAST_SHARE = 0.7
