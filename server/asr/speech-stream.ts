/** One live speaker: voice activity, endpointing and a commit policy around the shared Decoder; feed, flush, finish. */
import { createAlignAtt } from '../core/align-att.ts'
import { msToSamples, samplesToMs } from '../core/audio.ts'
import type { CommitPolicy } from '../core/commit-policy.ts'
import { LIVE_CONTEXT, lastWords } from '../core/context.ts'
import { DisplayGate } from '../core/display-gate.ts'
import { decideEndpoint, type EndpointOptions, endpointOptions } from '../core/endpointing.ts'
import { LanguageTracker } from '../core/language.ts'
import { afterCommitted, createLocalAgreement } from '../core/local-agreement.ts'
import { OpenUtterance } from '../core/open-utterance.ts'
import { judge } from '../core/suppression.ts'
import { textOf, type Word } from '../core/transcript.ts'
import { CHUNK, CHUNK_MS, SpeechActivity, vadOptions } from '../core/vad.ts'
import { bareWord, endsSentence, type Piece, toWords } from '../core/word.ts'
import type { DecodeRequest, Hypothesis } from './backend.ts'
import { UNHEARD } from './careful.ts'
import { Refiner } from './refiner.ts'
import type { SpeechEvent, SpeechOptions, SpeechStreamLike, SpokenUtterance } from './speech-event.ts'
import { SpeechInput } from './speech-input.ts'
import type { StreamServices } from './stream-services.ts'
import { PoisonedWindow } from './worker-pool.ts'

/** Sound kept before the first voiced chunk: the detector needs a little to be sure. */
const PRE_ROLL = 300
/** Sound taken after the last voiced chunk into a final: soft endings. */
const POST_ROLL = 320
/** The first draft of an utterance waits for so much sound from its first voiced chunk. */
const FIRST_DRAFT = 600
/** Less new sound than this is not worth a decode. */
const LEAST_NEW = 240
/** Silence after which no draft is started: the speculative final is about to say more. */
const PAUSE = 160
/** A final hears its whole utterance again, unless it is longer than this, ms: then only what is still in the window. */
const WHOLE = 14_000
/** Windows longer than this are cut at a committed word, shorter under overload (engine note §2.4: more buys little). */
const WINDOW = { normal: 7000, overload: 4000 }
/** Share of the window in which a cut without a sentence end may lie. */
const CUT_SHARE = 0.6
/** Silence frames after the sound (engine note §4). */
const PADDING = { draft: 96, overload: 64, final: 256 }
/** A stream whose sound stops coming in mid-utterance is finished after this much real time. */
const STALL = 3000
/** Longest window the recogniser takes, with a margin. */
const LONGEST = 29_000
/** How late a draft or final may start, ms after it is wanted. */
const DRAFT_SLACK = 250
const FINAL_SLACK = 100
/** Voiced sound after which a live speaker's language is looked at again within an utterance. */
const PROBE_AFTER = 2000

interface Flight {
  kind: 'draft' | 'final'
  utterance: OpenUtterance
  controller: AbortController
  /** Window as dispatched; times in the answer count from `windowStart`. */
  windowStart: number
  /** The window is the whole utterance and nothing was forced. */
  whole: boolean
  /** …except for what the last final already has. */
  resuming: boolean
  end: number
  covered: number
  detecting: boolean
}

/** An utterance whose speech is over and whose words are still to be decided. */
interface Closed {
  utterance: OpenUtterance
  end: number
  covered: number
  voiced: number
}

export class SpeechStream implements SpeechStreamLike {
  #options: SpeechOptions
  #input: SpeechInput
  #activity: SpeechActivity
  #endpoint: EndpointOptions
  #policy: CommitPolicy
  #gate = new DisplayGate()
  #language: LanguageTracker
  #refiner: Refiner
  #open: OpenUtterance | null = null
  #closed: Closed[] = []
  #flight: Flight | null = null
  /** Sample up to which the newest dispatched draft of the open utterance heard. */
  #asked = 0
  #probed = false
  /** Where the last utterance ended: the next may not reach back over it. */
  #boundary = 0
  #context = ''
  #listeners = new Set<(event: SpeechEvent) => void>()
  #lag = 0
  #ended = false
  #cancelStall: (() => void) | null = null
  #fedAt = 0
  #idle: (() => void)[] = []
  #failures = 0

  constructor(
    options: SpeechOptions & { start: number; room: string },
    private services: StreamServices,
  ) {
    this.#options = options
    this.origin = options.start
    this.room = options.room
    this.#activity = new SpeechActivity(vadOptions(services.vadThreshold))
    this.#endpoint = endpointOptions(options.endSilence)
    this.#policy = services.capabilities().forcedPrefix ? createAlignAtt() : createLocalAgreement()
    this.#language = new LanguageTracker(options.language, options.languages)
    this.#input = new SpeechInput(
      services.openDetector(),
      (probability) => this.#chunk(probability),
      () => this.#pump(),
    )
    this.#refiner = new Refiner(this.room, services, (event) => this.#emit(event))
  }

  readonly origin: number
  readonly room: string

  feed(pcm: Float32Array): void {
    if (this.#ended) return
    this.#fedAt = this.services.clock.now()
    this.#input.feed(pcm)
  }

  flush(): void {
    this.#input.whenSeen(() => {
      this.#close(this.#input.buffer.end)
      this.#pump()
    })
  }

  async finish(): Promise<void> {
    if (this.#ended) return
    this.flush()
    await new Promise<void>((resolve) => {
      this.#input.whenSeen(() => {
        this.#idle.push(resolve)
        this.#pump()
      })
    })
    await this.#refiner.settled()
    this.close()
  }

  configure(change: Partial<SpeechOptions>): void {
    this.#options = { ...this.#options, ...change }
    this.#endpoint = endpointOptions(this.#options.endSilence)
    this.#language.configure(this.#options.language, this.#options.languages)
  }

  backlog(): number {
    const { end } = this.#input.buffer
    const decided = this.#closed[0]?.utterance.start ?? this.#open?.windowStart ?? this.#input.cursor
    return samplesToMs(end - Math.min(decided, this.#input.cursor))
  }

  on(listener: (event: SpeechEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#listeners.clear()
    this.#cancelStall?.()
    this.#flight?.controller.abort(new DOMException('stream closed', 'AbortError'))
    this.#refiner.close()
    this.#input.close()
    this.#setActive(false)
    for (const resolve of this.#idle.splice(0)) resolve()
    this.services.onClose(this)
  }

  #emit(event: SpeechEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #ms(sample: number): number {
    return this.origin + samplesToMs(sample)
  }

  /** Session milliseconds of a chunk count. */
  #chunkSample(chunks: number): number {
    return chunks * CHUNK
  }

  #chunk(probability: number): void {
    const change = this.#activity.push(probability)
    if (change === 'started') this.#begin()
    const open = this.#open
    if (!open) return
    const activity = this.#activity
    const sinceWindow = samplesToMs(this.#input.cursor - open.windowStart)
    const decision = decideEndpoint(
      {
        silence: activity.silence,
        voiced: activity.voiced * CHUNK_MS,
        length: samplesToMs(this.#input.cursor - open.start),
        sentenceComplete:
          open.final?.covered === activity.afterVoiced ? endsSentence(textOf(open.final.words)) : null,
        // Dividing happens after an answer, when no decode refers to the old window.
        cut: 'nothing',
      },
      this.#endpoint,
    )
    const stuck = open.pieces.length + open.settled.length === 0
    const unsplit = (decision === 'close-unsplit' && stuck) || sinceWindow > LONGEST - 1000
    if (decision === 'close') this.#close(this.#input.cursor)
    else if (unsplit) this.#close(this.#input.cursor, true)
  }

  #begin(): void {
    const first = this.#chunkSample(this.#activity.firstVoiced)
    const start = Math.max(this.#boundary, first - msToSamples(PRE_ROLL), this.#input.buffer.start)
    this.#open = this.#newUtterance(start)
    this.#setActive(true)
    this.#emit({ type: 'speech-started', at: this.#ms(first) })
    this.#watchStall()
  }

  #newUtterance(start: number): OpenUtterance {
    this.#gate.reset()
    this.#policy.shift()
    this.#asked = start
    this.#probed = false
    return new OpenUtterance(this.services.newId(), start, this.origin, this.#language.language ?? 'en')
  }

  /** The speech is over (or, with `goOn`, cut without a pause). Words follow when they are known. */
  #close(end: number, goOn = false): void {
    const utterance = this.#open
    if (!utterance) return
    const activity = this.#activity
    const covered = activity.afterVoiced
    const voiced = activity.voiced * CHUNK_MS
    this.#boundary = goOn ? end : Math.min(end, this.#chunkSample(covered) + msToSamples(POST_ROLL / 2))
    this.#open = null
    this.#closed.push({ utterance, end, covered, voiced })
    if (goOn) {
      this.#open = this.#newUtterance(end)
      activity.firstVoiced = activity.chunks
    } else {
      activity.reset()
      this.#setActive(false)
      this.#emit({ type: 'speech-ended', at: this.#ms(this.#chunkSample(covered)) })
    }
  }

  #setActive(active: boolean): void {
    this.services.setActive(this, active)
  }

  /** Starts whatever decode is wanted most; at most one at a time per stream, since each needs what the last one said. */
  #pump(): void {
    if (this.#ended) return
    while (this.#closed[0] && this.#settle(this.#closed[0])) this.#closed.shift()
    const closed = this.#closed[0]
    if (closed) this.#decodeClosed(closed)
    else if (this.#open) this.#decodeOpen(this.#open)
    this.#forget()
    this.#reportLag()
    if (!this.#open && this.#closed.length === 0 && !this.#flight)
      for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Publishes a closed utterance if its words are known; true when it is done with. */
  #settle(closed: Closed): boolean {
    const { utterance, covered, voiced } = closed
    const known = (utterance.final?.covered ?? -1) >= covered && utterance.final?.resume === null
    const tooShort = voiced < this.#endpoint.minVoiced && utterance.text === ''
    if (!known && !tooShort) return false
    if (this.#flight?.utterance === utterance) {
      this.#flight.controller.abort(new DOMException('no longer needed', 'AbortError'))
    }
    this.#publish(closed)
    return true
  }

  #decodeClosed({ utterance, end, covered }: Closed): void {
    const flight = this.#flight
    if (flight) {
      if (flight.utterance === utterance && flight.covered < covered)
        flight.controller.abort(new DOMException('superseded by the final', 'AbortError'))
      return
    }
    const last = Math.min(end, this.#chunkSample(covered) + msToSamples(POST_ROLL))
    this.#decode('final', utterance, () => ({ end: last, covered }))
  }

  #decodeOpen(open: OpenUtterance): void {
    const activity = this.#activity
    const { clock, scheduler } = this.services
    const voiced = activity.voiced * CHUNK_MS
    if (voiced < this.#endpoint.minVoiced) return
    const flight = this.#flight
    const speculate =
      activity.silence >= this.#endpoint.speculateSilence && open.final?.covered !== activity.afterVoiced
    if (flight) {
      if (speculate && flight.covered < activity.afterVoiced)
        flight.controller.abort(new DOMException('superseded by the final', 'AbortError'))
      return
    }
    if (speculate) {
      this.#decode('final', open, () => ({ end: this.#input.cursor, covered: this.#activity.afterVoiced }))
      return
    }
    // In a pause the speculative final is about to say more than a draft could.
    if (activity.silence >= PAUSE) return
    const fresh = samplesToMs(this.#input.buffer.end - Math.max(this.#asked, open.start))
    const first = open.heard === open.start
    const wanted = first ? FIRST_DRAFT + PRE_ROLL : Math.max(LEAST_NEW, scheduler.cadence)
    if (!first && scheduler.overload.atLeast('finals-only', clock.now())) return
    if (fresh >= wanted) {
      this.#decode('draft', open, () => ({ end: this.#input.buffer.end, covered: -1 }))
    }
  }

  #decode(
    kind: 'draft' | 'final',
    utterance: OpenUtterance,
    range: () => { end: number; covered: number },
  ): void {
    const { scheduler, clock } = this.services
    const flight: Flight = {
      kind,
      utterance,
      controller: new AbortController(),
      windowStart: utterance.windowStart,
      whole: false,
      resuming: false,
      end: 0,
      covered: -1,
      detecting: false,
    }
    this.#flight = flight
    scheduler
      .run({
        kind,
        room: this.room,
        deadline: clock.now() + (kind === 'final' ? FINAL_SLACK : DRAFT_SLACK),
        windowMs: samplesToMs(this.#input.buffer.end - utterance.windowStart),
        signal: flight.controller.signal,
        prepare: (threads) => {
          Object.assign(flight, range())
          flight.resuming = utterance.final?.resume != null && utterance.final.covered >= flight.covered
          flight.whole = kind === 'final' && samplesToMs(flight.end - utterance.start) <= WHOLE
          flight.windowStart = flight.whole
            ? flight.resuming
              ? (utterance.final?.resume ?? utterance.start)
              : utterance.start
            : utterance.windowStart
          this.#asked = flight.end
          return this.#request(flight, threads)
        },
      })
      .then(
        (hypothesis) => this.#answered(flight, hypothesis),
        (thrown) => this.#failed(flight, thrown),
      )
  }

  #request(flight: Flight, threads: number): DecodeRequest {
    const { kind, utterance } = flight
    const { task, vocabulary, languages } = this.#options
    const overloaded = this.services.scheduler.overload.atLeast('short-windows', this.services.clock.now())
    const language = this.#language.language
    const voiced = this.#activity.voiced * CHUNK_MS
    const probe = this.#language.detects && !this.#probed && voiced >= PROBE_AFTER && kind === 'draft'
    flight.detecting = language === null || probe
    if (probe) this.#probed = true
    const pcm = this.#input.buffer.slice(
      flight.windowStart,
      Math.min(flight.end, flight.windowStart + msToSamples(LONGEST)),
    )
    const settled = flight.whole ? '' : textOf(utterance.settled)
    return {
      kind,
      pcm,
      language: flight.detecting ? null : language,
      languages,
      task,
      vocabulary,
      context: lastWords(`${this.#context} ${settled}`, LIVE_CONTEXT),
      prefix: flight.whole ? [] : utterance.pieces,
      draft: !flight.whole ? utterance.tail : flight.resuming ? [] : utterance.expected(),
      padding: kind === 'final' ? PADDING.final : overloaded ? PADDING.overload : PADDING.draft,
      beamSize: 1,
      temperatures: [0],
      threads,
    }
  }

  #answered(flight: Flight, hypothesis: Hypothesis | null): void {
    if (this.#flight === flight) this.#flight = null
    if (this.#ended) return
    this.#failures = 0
    if (hypothesis) this.#hear(flight, hypothesis)
    this.#pump()
  }

  #failed(flight: Flight, thrown: unknown): void {
    if (this.#flight === flight) this.#flight = null
    if (this.#ended) return
    const { utterance } = flight
    if (thrown instanceof PoisonedWindow) {
      this.#emit({
        type: 'gap',
        start: this.#ms(flight.windowStart),
        end: this.#ms(flight.end),
        reason: 'poison',
      })
      utterance.tail = []
      utterance.settled = utterance.committed()
      utterance.pieces = []
      utterance.windowStart = flight.end
      utterance.heard = flight.end
      if (flight.kind === 'final')
        utterance.final = { words: utterance.all(), covered: flight.covered, resume: null }
    } else if (!flight.controller.signal.aborted) {
      // Nothing is lost by a failed draft; a final is tried until the recogniser is back.
      const wait = Math.min(2000, 100 * 2 ** this.#failures++)
      this.services.clock.after(wait, () => this.#pump())
      return
    }
    this.#pump()
  }

  /** Takes an answer into the utterance it was about, whether still open or closed meanwhile. */
  #hear(flight: Flight, hypothesis: Hypothesis): void {
    const { utterance, windowStart } = flight
    if (!flight.whole && utterance.windowStart !== windowStart) return
    if (this.#switched(flight, hypothesis)) return
    utterance.language = hypothesis.language
    const { language } = utterance
    const window = samplesToMs(flight.end - windowStart)
    const committed = utterance.committed()
    const { forcedPrefix } = this.services.capabilities()
    const tokens =
      forcedPrefix || flight.whole
        ? hypothesis.tokens
        : afterCommitted(hypothesis.tokens, utterance.pieces, language)
    const keys = flight.whole ? [] : committed.map((word) => bareWord(word.text))
    const { pieces, suppressed } = judge({ ...hypothesis, tokens }, window, keys, language)
    utterance.heard = flight.end
    if (suppressed && flight.kind === 'final')
      this.#emit({ type: 'suppressed', at: this.#ms(windowStart), ...suppressed })
    if (flight.whole) {
      const before = flight.resuming ? (utterance.final?.words ?? []) : []
      const words = before.concat(toWords(pieces, language, this.#ms(windowStart), before.at(-1)?.end))
      utterance.final = { words, covered: flight.covered, resume: this.#unheard(flight, pieces) }
      if (!flight.resuming) utterance.adopt(pieces)
    } else {
      const commit = suppressed
        ? 0
        : this.#policy.decide({
            pieces,
            window,
            committedEnd: utterance.pieces.at(-1)?.end ?? null,
            language,
            before: utterance.tail,
            doubtful: hypothesis.stop === 'loop' || hypothesis.stop === 'limit',
          })
      utterance.update(pieces, commit)
      if (flight.kind === 'final')
        utterance.final = { words: utterance.all(), covered: flight.covered, resume: null }
      else if (pieces.length === 0 && utterance.pieces.length > 0) this.#unstick(utterance, window)
    }
    if (utterance !== this.#open) return
    this.#show(utterance, utterance.committed().slice(committed.length))
    this.#shorten(utterance, samplesToMs(flight.end - utterance.windowStart))
  }

  /** Where speech without words begins, if the decoder ended its text long before the speech did; null = nowhere. */
  #unheard(flight: Flight, pieces: readonly Piece[]): number | null {
    const last = pieces.at(-1)
    if (!last) return null
    const from = flight.windowStart + msToSamples(last.end)
    return samplesToMs(this.#chunkSample(flight.covered) - from) > UNHEARD ? from : null
  }

  /** Nothing follows the committed words though somebody speaks: the decoder takes its text for finished. Start a new window. */
  #unstick(utterance: OpenUtterance, window: number): void {
    const end = utterance.pieces.at(-1)?.end ?? 0
    if (window - end < UNHEARD) return
    this.#policy.shift(utterance.cutTime(utterance.pieces.length))
    utterance.cut(utterance.pieces.length)
  }

  /** A language found out; true when the answer must be thrown away because it was in the wrong one. */
  #switched(flight: Flight, hypothesis: Hypothesis): boolean {
    if (!flight.detecting) return false
    const { utterance } = flight
    const before = this.#language.language
    const changed = this.#language.heard({
      language: hypothesis.language,
      probability: hypothesis.languageProbability,
      voiced: this.#activity.voiced * CHUNK_MS,
    })
    if (before === null || hypothesis.language === before) return false
    // Decoded in a language that is not (or no longer) this speaker's: its words are not used.
    if (changed) utterance.restart(hypothesis.language)
    this.#asked = utterance.start
    return true
  }

  #show(utterance: OpenUtterance, newlyCommitted: readonly Word[]): void {
    const pending = this.#gate.update(newlyCommitted, utterance.tentative(), this.#ms(utterance.heard))
    const spoken = this.#spoken(utterance, utterance.committed(), pending)
    const shown = `${spoken.committed.map((word) => word.text).join('')}\u0000${pending.map((word) => word.text).join('')}`
    if (shown === utterance.shown || (utterance.shown === '' && shown === '\u0000')) return
    utterance.shown = shown
    this.#emit({ type: 'utterance-updated', utterance: spoken })
  }

  #spoken(utterance: OpenUtterance, committed: Word[], pending: Word[]): SpokenUtterance {
    const words = committed.concat(pending)
    const { id, language } = utterance
    const start = words[0]?.start ?? this.#ms(utterance.start)
    return { id, start, end: words.at(-1)?.end ?? start, language, committed, pending }
  }

  /** Keeps the window short, and the utterance itself where people never pause. */
  #shorten(open: OpenUtterance, window: number): void {
    const now = this.services.clock.now()
    const most = this.services.scheduler.overload.atLeast('short-windows', now)
      ? WINDOW.overload
      : WINDOW.normal
    const length = samplesToMs(open.heard - open.start)
    const best = open.bestCut()
    const state = { silence: 0, voiced: length, length, sentenceComplete: null, cut: best.kind }
    if (decideEndpoint(state, this.#endpoint) === 'split') return this.#split(open, best.at)
    if (window <= most) return
    const at = open.cutPoint(window, CUT_SHARE)
    if (at <= 0) return
    const by = open.cutTime(at)
    open.cut(at)
    this.#policy.shift(by)
  }

  /** The words before piece `at` become a final of their own; speech goes on in a new utterance. */
  #split(open: OpenUtterance, at: number): void {
    const by = open.cutTime(at)
    const { words, end, rest } = open.splitOff(at, this.services.newId())
    this.#boundary = end
    this.#open = rest
    this.#gate.reset()
    this.#policy.shift(by)
    this.#finished(open, words, end, end, samplesToMs(end - open.start))
    this.#show(rest, [])
  }

  #publish({ utterance, end, covered, voiced }: Closed): void {
    const words = utterance.final?.words ?? []
    const last = Math.min(end, this.#chunkSample(covered) + msToSamples(POST_ROLL))
    this.#finished(utterance, words, last, this.#chunkSample(covered), voiced)
  }

  #finished(utterance: OpenUtterance, words: Word[], end: number, voicedEnd: number, voiced: number): void {
    const spoken = this.#spoken(utterance, words, [])
    if (words.length === 0) {
      if (utterance.shown !== '') this.#emit({ type: 'utterance-finished', utterance: spoken })
      this.#context = ''
      return
    }
    this.#emit({ type: 'utterance-finished', utterance: spoken })
    const context = this.#context
    this.#context = lastWords(
      `${context} ${words
        .map((word) => word.text)
        .join('')
        .trim()}`,
      400,
    )
    if (!this.#options.refine) return
    this.#refiner.add({
      spoken,
      pcm: this.#input.buffer.slice(utterance.start, end),
      time: this.#ms(utterance.start),
      speechEnd: samplesToMs(Math.min(voicedEnd, end) - utterance.start),
      context,
      language: this.#language,
      voiced,
      options: this.#options,
    })
  }

  /** Sound that nobody will ask for again. */
  #forget(): void {
    const keep =
      this.#closed[0]?.utterance.start ?? this.#open?.start ?? this.#input.cursor - msToSamples(1000)
    this.#input.buffer.trim(Math.max(0, Math.min(keep, this.#input.cursor)))
  }

  #reportLag(): void {
    const utterance = this.#closed[0]?.utterance ?? this.#open
    const heard = utterance?.heard ?? this.#input.buffer.end
    const lag = Math.max(0, samplesToMs(this.#input.buffer.end - heard))
    if (Math.abs(lag - this.#lag) < 250 && !(lag === 0 && this.#lag !== 0)) return
    this.#lag = lag
    this.#emit({ type: 'lag', lag })
  }

  #watchStall(): void {
    this.#cancelStall?.()
    const { clock } = this.services
    this.#cancelStall = clock.after(STALL, () => {
      if (!this.#open || this.#ended) return
      if (clock.now() - this.#fedAt >= STALL) this.flush()
      else this.#watchStall()
    })
  }
}
