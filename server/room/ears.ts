/** While a room is off the record: listens for the one phrase by which its host ends that, and keeps nothing else. */
import type { SpeechEngine, SpeechStreamLike } from '../asr/speech-event.ts'
import type { Ms, RoomSettings } from '../core/transcript.ts'
import { findCommands } from '../core/voice-command.ts'
import { speechOptions } from './recording.ts'

export interface EarsParts {
  engine: SpeechEngine
  roomId: string
  settings(): RoomSettings
  now(): Ms
  /** Somebody said it. */
  onHeard(participantId: string): void
}

/** Whether the phrase that ends the time off the record is listened for at all; everyone is told when it is. */
export function listensOffRecord({ commands }: RoomSettings): boolean {
  return commands?.on === true && commands.phrases.some(({ does }) => does === 'on-the-record')
}

export class Ears {
  readonly #parts: EarsParts
  readonly #streams = new Map<string, SpeechStreamLike>()

  constructor(parts: EarsParts) {
    this.#parts = parts
  }

  hear(stream: string, participantId: string, pcm: Float32Array): void {
    let ear = this.#streams.get(stream)
    if (!ear) {
      ear = this.#open(participantId)
      this.#streams.set(stream, ear)
    }
    ear.feed(pcm)
  }

  /** Everything that was heard is dropped. */
  close(): void {
    for (const ear of this.#streams.values()) ear.close()
    this.#streams.clear()
  }

  #open(participantId: string): SpeechStreamLike {
    const { engine, roomId, settings, now, onHeard } = this.#parts
    const ear = engine.open({
      ...speechOptions(settings()),
      drafts: false,
      refine: false,
      start: now(),
      room: roomId,
      speaker: participantId,
    })
    ear.on((event) => {
      const { commands } = settings()
      if (event.type !== 'utterance-finished' || !commands) return
      const hits = findCommands(event.utterance.committed, commands)
      if (hits.some(({ does }) => does === 'on-the-record')) onHeard(participantId)
    })
    return ear
  }
}
