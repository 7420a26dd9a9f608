/** What a SpeechStream tells its owner: times are session milliseconds (stream start + sample count). */
import type { OverloadStep } from '../core/overload.ts'
import type { Word } from '../core/transcript.ts'

/** An utterance as the engine knows it; whoever owns the stream adds participant and revision. */
export interface SpokenUtterance {
  /** Given by the stream at the start of speech (`utt_…`), kept through final and refined. */
  id: string
  start: number
  end: number
  language: string
  /** How sure the recogniser is of the language: 1 where it was told, left out where nothing is known. */
  languageProbability?: number
  committed: Word[]
  /** Tentative words that passed the display gate, i.e. worth showing. */
  pending: Word[]
  /** Of a final: session time up to which the sound is decided; the next words begin after it. Default: `end`. */
  heard?: number
}

export type SpeechEvent =
  | { type: 'speech-started'; at: number }
  | { type: 'speech-ended'; at: number }
  | { type: 'utterance-updated'; utterance: SpokenUtterance }
  /** The fast final. An utterance that turned out to hold no words is finished with none, so that its line disappears. */
  | { type: 'utterance-finished'; utterance: SpokenUtterance }
  /** The careful second pass; at most once per utterance, always after its final. */
  | { type: 'utterance-refined'; utterance: SpokenUtterance }
  /** Something was recognised and held back (non-speech, repetition loop); counted, never silently vanished. */
  | { type: 'suppressed'; at: number; reason: 'no-speech' | 'loop' | 'low-confidence'; words: number }
  /** Audio that crashed the recogniser twice was skipped. */
  | { type: 'gap'; start: number; end: number; reason: 'poison' }
  /** How far the shown text is behind the audio received, ms. Sent when it changes by ≥ 250 ms. */
  | { type: 'lag'; lag: number }

/** Everything a speaker's stream may be told; changes apply from the next window on. */
export interface SpeechOptions {
  language: string | null
  languages: string[]
  task: 'transcribe' | 'translate'
  vocabulary: string
  /** Close an utterance after this much silence, ms (default in core/endpointing.ts). */
  endSilence?: number
  /** Speech probability that starts an utterance, 0…1 (default: setting --vad-thold). */
  vadThreshold?: number
  /** Sound taken from before the first voice, ms (default in core/live.ts). */
  preRoll?: number
  /** Finish an utterance whose sound has stopped coming after so much real time, ms (default in core/live.ts). */
  stall?: number
  /** A person's own recording, which its client sends again after an outage: never taken for a file. */
  live?: boolean
  /** What this speaker said just before, when the stream goes on where another ended (a restart, a page loaded anew). */
  context?: string
  /** …and in which language, with how much sound of it, ms. */
  spoke?: { language: string; sound: number } | null
  /** Show tentative words (drafts); off saves CPU for protocols that only want finals. */
  drafts: boolean
  /** Run the careful second pass. */
  refine: boolean
  /** Recogniser, where the server has more than one (`backends` of its status); left out = the server's own choice. */
  backend?: string | null
}

/** Feed, flush, finish: the public face of the engine. A file is a stream that arrives at once. */
export interface SpeechStreamLike {
  /** Mono 16 kHz. Never blocks; the stream keeps its own copy. */
  feed(pcm: Float32Array): void
  /** Close the open utterance now (manual commit, END). */
  flush(): void
  /** Forget the open utterance and everything fed that was not decided; its line disappears. */
  clear(): void
  /** Flush and wait until every final and refinement has been emitted. */
  finish(): Promise<void>
  /** Wait until what has ended by itself was emitted, refinements too; an open utterance stays open. */
  settle(): Promise<void>
  configure(change: Partial<SpeechOptions>): void
  /** Ms of audio received but not yet decided; callers with a file use it to pace themselves. */
  backlog(): number
  /** Ms of audio received whose words are not emitted as finals yet: lost with this process unless somebody keeps it. */
  unsettled(): number
  on(listener: (event: SpeechEvent) => void): () => void
  /** Drop everything at once. */
  close(): void
}

export interface SpeechEngine {
  /** `start`: session time of the first sample; `room`: fairness group. */
  open(options: SpeechOptions & { start: number; room: string; speaker: string }): SpeechStreamLike
  /** How the engine is doing, for /readyz, admission and the state line. */
  status(): EngineStatus
  close(): Promise<void>
}

export interface EngineStatus {
  ready: boolean
  /** What is missing when not ready, for people. */
  detail: string
  workers: number
  model: string
  backend: string
  /** Recognisers a room may choose among, where there are several. */
  backends?: string[]
  /** What computes (AsrCapabilities.device). */
  device?: string
  /** Seconds of speech decoded per second by the self-test, all workers together; 0 before it ran. */
  realTimeFactor: number
  /** Speakers talking now, and how many the self-test says this machine can carry. */
  activeSpeakers: number
  capacity: number
  /** Of these so many can talk at once for long and every word still comes in time; left out where it was not measured. */
  comfortable?: number
  /** How far the overload ladder has been climbed (core/overload.ts); left out by engines without one. */
  overload?: OverloadStep
  queued: number
}
