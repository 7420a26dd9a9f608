/** What becomes of what is heard in a room: shown or kept, unless it only repeats a louder microphone. */
import type { SpeechEvent } from '../asr/speech-event.ts'
import { newId } from '../core/id.ts'
import { isStored, type Utterance } from '../core/transcript.ts'
import { type EchoVerdict, findEchoes, type LevelOf } from './echo.ts'
import type { Seats } from './seats.ts'
import type { SessionLog } from './session-log.ts'
import { roomEvents } from './speech.ts'

const NO_ECHO: EchoVerdict = { echo: false, repeated: [] }

export class Heard {
  readonly #log: SessionLog
  readonly #seats: Seats
  readonly #onFinal: (utterance: Utterance) => void
  /** Finals that are not in the transcript yet: they are being stored. */
  readonly #storing = new Map<string, Utterance>()

  /** `onFinal`: a line is stored, or stored better known. */
  constructor(log: SessionLog, seats: Seats, onFinal: (utterance: Utterance) => void) {
    this.#log = log
    this.#seats = seats
    this.#onFinal = onFinal
  }

  take(participantId: string, trackId: string, event: SpeechEvent): void {
    const { transcript } = this.#log
    const known = (id: string) => transcript.utterances.findLast((utterance) => utterance.id === id)
    for (const roomEvent of roomEvents(event, participantId, trackId, known, () => newId('evt'))) {
      switch (roomEvent.type) {
        case 'utterance-updated':
          this.#withoutEcho(roomEvent.utterance, () => this.#log.follow(roomEvent))
          break
        case 'utterance-finished':
          this.#withoutEcho(roomEvent.utterance, () => {
            this.#keep(roomEvent)
            // The words stay readable while they wait for the disk; they are final once they are stored.
            if (this.#log.trouble)
              this.#log.tell({ type: 'utterance-updated', utterance: asPending(roomEvent.utterance) })
          })
          break
        case 'utterance-revised':
          this.#keep(roomEvent)
          break
        default:
          if (isStored(roomEvent)) this.#log.keep(roomEvent)
          else this.#log.tell(roomEvent)
      }
    }
  }

  #keep(event: { type: 'utterance-finished' | 'utterance-revised'; utterance: Utterance }): void {
    const { utterance } = event
    this.#storing.set(utterance.id, utterance)
    this.#log.keep(event).then((kept) => {
      if (this.#storing.get(utterance.id) === utterance) this.#storing.delete(utterance.id)
      if (kept) this.#onFinal(utterance)
    })
  }

  /** Everything said, as it will stand when what is being stored is stored. */
  #lines(): readonly Utterance[] {
    const { utterances } = this.#log.transcript
    if (this.#storing.size === 0) return utterances
    return [...utterances.filter(({ id }) => !this.#storing.has(id)), ...this.#storing.values()]
  }

  /** `show` runs unless the line repeats a louder microphone; lines that turn out to repeat this one are taken back. */
  #withoutEcho(utterance: Utterance, show: () => void): void {
    const { echo, repeated } =
      this.#seats.all.length > 1 ? findEchoes(utterance, { utterances: this.#lines() }, this.#level) : NO_ECHO
    if (echo) return this.#withdraw(utterance)
    for (const line of repeated) {
      if (line.state === 'pending') this.#withdraw(line)
      else if (utterance.state !== 'pending') {
        this.#log.keep({ type: 'utterance-removed', utteranceId: line.id })
      }
    }
    show()
  }

  #withdraw(utterance: Utterance): void {
    this.#log.follow({
      type: 'utterance-updated',
      utterance: { ...utterance, state: 'pending', committed: [], pending: [] },
    })
  }

  readonly #level: LevelOf = (participantId, from, to) => {
    let level = -120
    for (const seat of this.#seats.of(participantId)) level = Math.max(level, seat.decibels(from, to))
    return level
  }
}

/** The line as it looks before it is final. */
function asPending(utterance: Utterance): Utterance {
  return { ...utterance, rev: 0, state: 'pending', committed: utterance.committed, pending: [] }
}
