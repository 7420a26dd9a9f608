/** The times a live stream works by, with where they come from. All in milliseconds. */

/** Sound that is kept from before the first voiced chunk, because the detector notices speech a little late (engine note §7.2). */
export const PRE_ROLL = 300
/** Sound after the last voiced chunk that a final hears too: words end softly. */
export const POST_ROLL = 320
/** A draft hears at most so much sound that the voice detector has not looked at yet: it may belong to the next utterance. */
export const UNSEEN = 200
/** The first draft of an utterance waits for so much sound after its first voiced chunk: with less there is no word in it. */
export const FIRST_DRAFT = 260
/** Less new sound than this is not worth a decode. */
export const LEAST_NEW = 160
/** After so much silence no draft is started any more: the speculative final follows in a moment and hears more. */
export const PAUSE = 160
/** A final hears its whole utterance again, unless it is longer than this: then only what is still in the window. */
export const WHOLE = 14_000
/**
 * Longer windows lose their beginning, at a committed word. Shorter while many speak and under overload: long windows bring
 * hardly fewer errors (§2.4).
 */
export const WINDOW = { normal: 7000, crowd: 5000, overload: 4000 }
/** Where no sentence ends, the cut lies within this share of the window, from its start. */
export const CUT_SHARE = 0.6
/** The recogniser takes windows of 30 s at most; this leaves a margin. */
export const LONGEST = 29_000
/** Frames (20 ms) of silence put after the sound (§4: at least 64; 128 is best for drafts, and finals may cost more). */
export const PADDING = { draft: 96, overload: 64, final: 256 }
/** With so much speech after its last word, an answer has ended too early: the decoder left words out. */
export const UNHEARD = 1200
/** …or with so much, where drafts heard two or more words there. */
export const UNHEARD_WORDS = 400
/** The end of a recording, or of the server, waits so long for the last second passes; after that the fast finals stay as they are. */
export const LAST_PASSES = { end: 5000, stop: 3000 }
/** When sound stops coming in the middle of an utterance, the utterance is ended after so much real time. */
export const STALL = 3000
/** A draft or a final should start within this time (§8). */
export const SLACK = { draft: 250, final: 100 }
/**
 * …or within this one, if its sound came faster than it was spoken (core/hurry.ts) and others speak. After that it goes
 * first, one such decode at a time.
 */
export const BACKLOG_WITHIN = 20_000
/** Voiced sound after which a live speaker's language is looked at again within an utterance. */
export const PROBE_AFTER = 2000
/** A text with a smaller share of words than the one it should replace has lost some, and does not replace it. */
export const LEAST_SHARE = 0.7
