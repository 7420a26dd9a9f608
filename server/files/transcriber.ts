/** Runs uploaded files through the engine, each in a private room of its own (or unseen, when it is not to be stored). */
import type { SpeechEngine, SpeechOptions } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import { linkTo } from '../core/room-link.ts'
import { shownName } from '../core/shown-name.ts'
import type { Participant, RoomSettings, Session } from '../core/transcript.ts'
import { openMediaDecoder } from '../media/media-decoder.ts'
import type { SpeakerSeat } from '../protocol/protocol.ts'
import { type FileResult, type FileUtterance, runFileJob, type SpeechSink } from './file-job.ts'
import { channelName } from './file-text.ts'
import type { FilesUnderWay } from './under-way.ts'

/** A room as a file uses it. */
export interface FileRoom {
  readonly id: string
  readonly session: Session | null
  join(options: { name: string; key: string; role: Participant['role'] }): Promise<Participant>
  seat(
    participantId: string,
    stream: string,
    change: Partial<SpeechOptions>,
  ): Promise<SpeakerSeat & { readonly start: number }>
  leave(participantId: string): Promise<void>
  end(): Promise<void>
}

export interface FileRooms {
  create(options: { settings?: Partial<RoomSettings> }): Promise<{ room: FileRoom; tokens: { view: string } }>
}

export interface TranscriberDeps {
  rooms: FileRooms
  engine: SpeechEngine
  /** Removes the meeting of a file that turned out to hold no audio at all, or that nobody waited for. */
  discard?(sessionId: string): Promise<void>
  /** Knows of every file whose meeting is not whole yet. */
  underWay?: Pick<FilesUnderWay, 'begin' | 'end'>
  /** Command of the decoding child (tests). */
  decodeCommand?: string[]
  /** Files transcribed at the same time; more are told to come back. */
  maxJobs?: number
}

export interface FileRequest {
  path: string
  /** What the client calls the file. */
  name: string
  language: string | null
  task: 'transcribe' | 'translate'
  /** Names and terms. */
  vocabulary: string
  /** One speaker per channel. */
  separate: boolean
  /** Keep it as a meeting that can be watched, searched and exported. */
  store: boolean
  signal: AbortSignal
  onUtterance?(utterance: FileUtterance): void
  onProgress?(fed: number, done: number): void
}

export interface StartedFile {
  /** The model that answers. */
  model: string
  /** Null when nothing is stored. */
  sessionId: string | null
  /** Path where it can be read along, with the secret that opens it. */
  watch: string | null
  result: Promise<FileResult>
}

const MAX_JOBS = 4

export class Transcriber {
  readonly #deps: TranscriberDeps
  #running = 0

  constructor(deps: TranscriberDeps) {
    this.#deps = deps
  }

  get running(): number {
    return this.#running
  }

  /** Resolves when the session exists; rejects with `unavailable` when there is no room for another file. */
  async start(request: FileRequest): Promise<StartedFile> {
    const { engine, maxJobs = MAX_JOBS } = this.#deps
    const status = engine.status()
    if (!status.ready)
      throw new AppError('unavailable', status.detail || 'The recogniser is starting.', { retryAfter: 2 })
    if (this.#running >= maxJobs)
      throw new AppError('unavailable', `${maxJobs} files are being transcribed already. Try again soon.`, {
        retryAfter: 15,
      })
    this.#running++
    try {
      const place = request.store ? await this.#inRoom(request) : this.#unseen(request)
      const result = this.#run(request, place).finally(() => this.#running--)
      result.catch(() => {}) // whoever awaits it hears of it; nobody else must
      return { model: status.model, sessionId: place.sessionId, watch: place.watch, result }
    } catch (thrown) {
      this.#running--
      throw thrown
    }
  }

  async #run(request: FileRequest, place: Place): Promise<FileResult> {
    const { path, separate, signal, onUtterance } = request
    let heard = false
    const onProgress = (fed: number, done: number) => {
      heard = true
      request.onProgress?.(fed, done)
    }
    const media = openMediaDecoder({ file: path, separate, signal, command: this.#deps.decodeCommand })
    try {
      return await runFileJob({
        media,
        signal,
        onUtterance,
        onProgress,
        open: (channel, of) => place.open(channel, of),
      })
    } finally {
      // Half a file is no meeting: whoever sent it has it still, and its client may send it again.
      if (signal.aborted) place.drop()
      await place.close()
      if (place.sessionId !== null && (signal.aborted || !heard)) await this.#deps.discard?.(place.sessionId)
    }
  }

  #options(request: FileRequest): SpeechOptions {
    const { language, task, vocabulary } = request
    return { language, languages: [], task, vocabulary, drafts: false, refine: true }
  }

  #unseen(request: FileRequest): Place {
    const speaker = newId('par')
    const streams: { close(): void }[] = []
    return {
      sessionId: null,
      watch: null,
      open: async (channel) => {
        const options = {
          ...this.#options(request),
          start: 0,
          room: speaker,
          speaker: `${speaker}-${channel}`,
        }
        const stream = this.#deps.engine.open(options)
        streams.push(stream)
        return { sink: stream, start: 0 }
      },
      drop() {},
      close: async () => {
        for (const stream of streams) stream.close()
      },
    }
  }

  async #inRoom(request: FileRequest): Promise<Place> {
    // Some clients send the whole path, as it is written on their system.
    const title = shownName(request.name.split(/[\\/]/).at(-1) ?? '', 200) || 'Uploaded file'
    const { language, task, vocabulary } = request
    const { room, tokens } = await this.#deps.rooms.create({
      settings: { title, language, task, vocabulary: vocabulary.slice(0, 2000) },
    })
    await this.#deps.underWay?.begin(room.id)
    // The first speaker opens the session, so that its id can be told before the work is done.
    const name = title.replace(/\.[a-z0-9]{1,5}$/i, '')
    const first = await room.join({ name, key: '', role: 'speaker' })
    const people = [first]
    const seats: { clear(): void }[] = []
    return {
      sessionId: room.session?.id ?? null,
      watch: linkTo('', room.id, 'view', tokens.view),
      open: async (channel) => {
        const person =
          people[channel] ??
          (await room.join({ name: `${name} ${channelName(channel)}`, key: '', role: 'speaker' }))
        people[channel] = person
        const seat = await room.seat(person.id, newId('trk'), this.#options(request))
        seats.push(seat)
        return { sink: seat, start: seat.start }
      },
      drop() {
        for (const seat of seats) seat.clear()
      },
      close: async () => {
        for (const person of people) await room.leave(person.id)
        await room.end()
        await this.#deps.underWay?.end(room.id)
      },
    }
  }
}

interface Place {
  sessionId: string | null
  /** Path where it can be read along, with the secret that opens it. */
  watch: string | null
  open(channel: number, channels: number): Promise<{ sink: SpeechSink; start: number }>
  /** What is heard and not yet recognised is of no use to anybody. */
  drop(): void
  close(): Promise<void>
}
