/**
 * Rooms whose file is being transcribed, written down: half a file is no meeting, whoever sent it has it still, so what a
 * crash leaves of one is removed by the next start instead of being taken up as if it had been spoken.
 */
import type { Archive } from '../../db/store.ts'

const KEY = 'files-under-way'

type Settings = Pick<Archive, 'setting' | 'setSetting'>

export class FilesUnderWay {
  readonly #store: Settings
  readonly #rooms = new Set<string>()

  constructor(store: Settings) {
    this.#store = store
  }

  /** Before its meeting begins; rejects when it cannot be written down. */
  begin(roomId: string): Promise<void> {
    this.#rooms.add(roomId)
    return this.#save()
  }

  /** After its meeting has ended. Never rejects: an ended meeting is whole, whatever the list says. */
  end(roomId: string): Promise<void> {
    this.#rooms.delete(roomId)
    return this.#save().catch(() => {})
  }

  #save(): Promise<void> {
    return this.#store.setSetting(KEY, [...this.#rooms])
  }
}

/** Meetings of files that the last process did not finish. Ask before any file begins. */
export async function halfFiles(store: Settings & Pick<Archive, 'sessions'>): Promise<string[]> {
  const rooms = await store.setting(KEY)
  if (!Array.isArray(rooms)) return []
  const found = await Promise.all(
    rooms.map((roomId: string) => store.sessions({ roomId, running: true, limit: 10 })),
  )
  return found.flat().map(({ id }) => id)
}
