/** What of an utterance is on screen: committed words, the gated tail, and how far both are behind. */
import { DisplayGate } from '../core/display-gate.ts'
import type { OpenUtterance } from '../core/open-utterance.ts'
import type { Ms, Word } from '../core/transcript.ts'
import type { SpeechEvent, SpokenUtterance } from './speech-event.ts'

/** Lag is told when it changes by so much, ms. */
const LAG_STEP = 250

export class Captions {
  #gate = new DisplayGate()
  #lag = 0

  constructor(private emit: (event: SpeechEvent) => void) {}

  /** A new utterance begins. */
  reset(): void {
    this.#gate.reset()
  }

  /** Tells what changed on screen, if anything. `heard`: session time up to which the utterance is decoded. */
  show(utterance: OpenUtterance, committedBefore: number, heard: Ms): void {
    const committed = utterance.committed()
    const pending = this.#gate.update(committed.slice(committedBefore), utterance.tentative(), heard)
    const shown = `${plain(committed)}\u0000${plain(pending)}`
    if (shown === utterance.shown || (utterance.shown === '' && shown === '\u0000')) return
    utterance.shown = shown
    this.emit({ type: 'utterance-updated', utterance: spoken(utterance, committed, pending) })
  }

  lag(lag: Ms): void {
    const caughtUp = lag === 0 && this.#lag !== 0
    if (Math.abs(lag - this.#lag) < LAG_STEP && !caughtUp) return
    this.#lag = lag
    this.emit({ type: 'lag', lag })
  }
}

export function spoken(utterance: OpenUtterance, committed: Word[], pending: Word[] = []): SpokenUtterance {
  const words = committed.concat(pending)
  const { id, language, languageProbability } = utterance
  const start = Math.round(words[0]?.start ?? utterance.windowTime)
  const sure = languageProbability === undefined ? {} : { languageProbability }
  return { id, start, end: words.at(-1)?.end ?? start, language, ...sure, committed, pending }
}

function plain(words: readonly Word[]): string {
  return words.map((word) => word.text).join('')
}
