/** CaptionsModel: the transcript as this reader sees it: shifted in time, steadied, in turns, with lasting word identities. */
import { computed, createModel, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { Mark } from '../../server/core/mark.ts'
import {
  type Gap,
  type Transcript,
  translationKey,
  type Utterance,
  type Word,
} from '../../server/core/transcript.ts'
import type { Later } from '../later.ts'
import {
  emptyTail,
  rememberTail,
  type Stability,
  standing,
  type TailMemory,
  visibleTail,
} from './stability.ts'
import { TimeShift } from './time-shift.ts'
import { goesOn } from './turns.ts'
import { type KeyedWord, rekey } from './word-keys.ts'

/** One utterance on screen. The same object as long as nothing in it changes. */
export interface Line {
  id: string
  participantId: string
  start: number
  end: number
  language: string
  state: Utterance['state']
  words: readonly KeyedWord[]
  /** From this index on words are tentative. */
  settled: number
  /** In the reader's language, once there is one. */
  translation: string
}

/** What one person says without another in between; a pause of three seconds starts a new one too. */
export interface Turn {
  key: string
  participantId: string
  start: number
  lines: readonly Line[]
}

export interface CaptionsPorts {
  now(): number
  later: Later
}

/** While the reader is behind on purpose the shown moment is looked up this often. */
const TICK_MS = 200
/** While paused only the count of seconds moves. */
const PAUSED_TICK_MS = 1_000

export const CaptionsModel = createModel(
  (
    transcript: ReadonlySignal<Transcript>,
    stability: ReadonlySignal<Stability>,
    /** The language to read in; empty = as spoken. */
    language: ReadonlySignal<string>,
    ports: CaptionsPorts,
    delay: number,
  ) => {
    const shift = new TimeShift(transcript.peek(), ports.now(), delay)
    const shown = signal(transcript.peek())
    const lines = signal<readonly Line[]>([])
    const paused = signal(false)
    const marks = computed<readonly Mark[]>(() => shown.value.marks)
    const behind = signal(0)
    const memories = new Map<string, TailMemory>()
    const cache = new Map<string, { utterance: Utterance; tail: readonly Word[]; line: Line }>()
    let callOff = () => {}
    let key = 0

    function lineOf(newest: Utterance, now: number): { line: Line | null; due: number | null } {
      const preset = stability.peek()
      const known = cache.get(newest.id)
      const utterance = preset === 'steady' ? standing(known?.utterance, newest) : newest
      const pending = utterance.state === 'pending'
      const memory = pending
        ? rememberTail(memories.get(utterance.id) ?? emptyTail, utterance, now)
        : emptyTail
      if (pending) memories.set(utterance.id, memory)
      else memories.delete(utterance.id)
      const hidden = pending && preset === 'steady'
      const tail = pending ? visibleTail(utterance, memory, preset, now) : { words: [], due: null }
      const settledWords = hidden ? [] : utterance.committed
      if (settledWords.length + tail.words.length === 0) return { line: null, due: tail.due }
      const wanted = language.peek()
      const translated = wanted
        ? shown.peek().translations.get(translationKey(utterance.id, wanted))
        : undefined
      // The old translation stays until the new one is there: late is better than flickering.
      const stands = utterance !== newest && known?.line.translation
      const translation = stands || (translated?.text ?? '')
      const unchanged = known?.utterance === utterance && sameItems(known.tail, tail.words)
      if (unchanged && known?.line.translation === translation) return { line: known.line, due: tail.due }
      const texts = settledWords.concat(tail.words).map((word) => word.text)
      const { id, participantId, start, end, state } = utterance
      const line: Line = {
        id,
        participantId,
        start,
        end,
        language: utterance.language,
        state,
        words: rekey(known?.line.words ?? [], texts, () => ++key),
        settled: settledWords.length,
        translation,
      }
      cache.set(id, { utterance, tail: tail.words, line })
      return { line, due: tail.due }
    }

    function refresh(): void {
      const now = ports.now()
      shown.value = shift.advance(now)
      const next: Line[] = []
      let due: number | null = shift.pending ? TICK_MS : shift.paused ? PAUSED_TICK_MS : null
      for (const utterance of shown.peek().utterances) {
        const { line, due: wait } = lineOf(utterance, now)
        if (line) next.push(line)
        if (wait !== null) due = Math.min(due ?? wait, wait)
      }
      const before = lines.peek()
      if (!sameItems(next, before)) lines.value = next
      behind.value = Math.round(shift.behind / 1000)
      callOff()
      if (due !== null) callOff = ports.later(refresh, Math.max(10, due))
    }

    effect(() => {
      shift.push(transcript.value, ports.now())
      stability.value
      language.value
      refresh()
    })

    return {
      lines,
      turns: computed(() => turnsOf(lines.value, marks.value)),
      /** Sections and action items, in order of time. */
      marks,
      gaps: computed<readonly Gap[]>(() => shown.value.gaps),
      shown,
      /** Languages into which anything has been translated. */
      languages: computed(() =>
        [...new Set([...shown.value.translations.values()].map((each) => each.language))].sort(),
      ),
      paused,
      /** Seconds this reader is behind because of Pause. */
      behind,
      pause() {
        shift.pause(ports.now())
        paused.value = true
        refresh()
      },
      /** Goes on at 1.5×, or straight at the live edge. */
      resume(jump: boolean) {
        shift.resume(ports.now(), jump)
        paused.value = false
        refresh()
      },
      setDelay(ms: number) {
        shift.setDelay(ms, ports.now())
        refresh()
      },
    }
  },
)

export type CaptionsModelValue = InstanceType<typeof CaptionsModel>

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

const turnCache = new WeakMap<Line, Turn>()

/** Lines in turns; a section begins a new one. A turn whose lines are unchanged is the same object as before. */
export function turnsOf(lines: readonly Line[], marks: readonly Mark[] = []): Turn[] {
  const turns: Turn[] = []
  let open: Line[] = []
  const close = () => {
    const first = open[0]
    if (!first) return
    const known = turnCache.get(first)
    const same = known && sameItems(known.lines, open)
    const turn: Turn = same
      ? known
      : { key: first.id, participantId: first.participantId, start: first.start, lines: open }
    turnCache.set(first, turn)
    turns.push(turn)
  }
  const begins = new Set(marks.map((mark) => mark.kind === 'section' && mark.utteranceId))
  for (const line of lines) {
    const [first, last] = [open[0], open.at(-1)]
    if (!first || !last || begins.has(line.id) || !goesOn(first, last, line)) {
      close()
      open = []
    }
    open.push(line)
  }
  close()
  return turns
}
