/**
 * A client of Parley's own protocol for TypeScript programs: speak into a room, read along, survive everything between.
 * It holds every byte of audio until the server says that it is on disk, reconnects for as long as it lives, continues
 * each recording at the byte the server asks for, and catches up on what was said meanwhile, each event once, in order.
 *
 *     const client = new ParleyClient({ url: 'http://localhost:8123', room: 'quiet-otter-4207', name: 'Ada' })
 *     client.on((event) => event.type === 'final' && console.log(event.speaker, event.text))
 *     const recording = client.record()
 *     for await (const pcm16 of microphone()) recording.write(pcm16)
 *     await recording.end()
 */
import { randomText } from '../core/id.ts'
import {
  type RoomEnvelope,
  type RoomSettings,
  type Transcript,
  type Utterance,
  utteranceText,
} from '../core/transcript.ts'
import { BYTES_PER_MS, type ClientMessage, type ServerMessage, WIRE_VERSION } from '../core/wire.ts'
import type { ClientEvent, ClientOptions, ClientStatus } from './events.ts'
import { Following } from './following.ts'
import { lineOver } from './line.ts'
import { OutgoingAudio } from './outgoing-audio.ts'
import { Reconnecting } from './reconnecting.ts'
import { roomRefusal } from './refusal.ts'

/** Heartbeat of both sides; a dead line is noticed after 12 s at the latest, on the third beat. */
const PING_EVERY = 5_000
const PUMP_EVERY = 100
/** Sound kept while the server does not acknowledge, ms. */
export const KEEP_MS = 3_600_000

export class ParleyClient {
  readonly #options: Required<
    Pick<ClientOptions, 'role' | 'name' | 'token' | 'participantKey' | 'keepMs' | 'resendSpeed'>
  >
  readonly #socket: Reconnecting
  readonly #listeners = new Set<(event: ClientEvent) => void>()
  readonly #recordings = new Set<OutgoingAudio>()
  #greeted = false
  #status: ClientStatus = 'connecting'
  readonly #following = new Following()
  #participantId: string | null = null
  /** A name this client gave itself and has not yet seen on the log. */
  #renaming = ''
  #numbers = 0
  #refusal = ''
  readonly #timers: ReturnType<typeof setInterval>[]

  constructor(options: ClientOptions) {
    this.#options = {
      role: options.role ?? 'speaker',
      name: options.name ?? '',
      token: options.token ?? '',
      participantKey: options.participantKey ?? randomText(26),
      keepMs: options.keepMs ?? KEEP_MS,
      resendSpeed: options.resendSpeed ?? 4,
    }
    const base = options.url.replace(/^http/, 'ws').replace(/\/+$/, '')
    this.#socket = new Reconnecting({
      address: `${base}/ws/room/${options.room}`,
      connect: options.connect ?? ((url) => new WebSocket(url)),
      random: options.random ?? Math.random,
      onConnecting: () => this.#setStatus('connecting'),
      onOpen: () => this.#hello(),
      onText: (text) => this.#receive(JSON.parse(text) as ServerMessage),
      onGone: (retryIn) => this.#gone(retryIn),
      refusal: () => roomRefusal(base.replace(/^ws/, 'http'), options.room, this.#options.token, options.ask),
      onRefused: (code, reason) => this.#refused(code, reason),
    })
    this.#timers = [
      setInterval(() => this.#beat(), PING_EVERY),
      setInterval(() => {
        for (const recording of this.#recordings) recording.pump()
      }, PUMP_EVERY),
    ]
    queueMicrotask(() => this.#socket.open())
  }

  get status(): ClientStatus {
    return this.#status
  }
  /** Everything said so far in the running (or last) meeting. */
  get transcript(): Transcript {
    return this.#following.transcript
  }
  /** For tests and metrics. */
  get oddities(): Following['oddities'] {
    return this.#following.oddities
  }
  get participantId(): string | null {
    return this.#participantId
  }

  /** Returns the function that ends the subscription. */
  on(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Begin a recording: write PCM16LE mono 16 kHz into it whenever there is some, connected or not. */
  record(): OutgoingAudio {
    const recording: OutgoingAudio = new OutgoingAudio({
      keepBytes: Math.round(this.#options.keepMs) * BYTES_PER_MS,
      resendSpeed: this.#options.resendSpeed,
      now: () => performance.now(),
      onLost: (from, to) => this.#emit({ type: 'lost', stream: recording.stream, from, to }),
      newStreamId: () => randomText(20),
    })
    for (const old of this.#recordings) if (old.finished) this.#recordings.delete(old)
    this.#recordings.add(recording)
    // After the end of a meeting a new one begins with who comes in.
    const { session, epoch } = this.transcript
    if (this.#greeted && (session?.endedAt ?? null) !== null) this.#socket.drop()
    else if (this.#greeted) recording.attach(lineOver(this.#socket), ++this.#numbers, epoch)
    return recording
  }

  mute(muted: boolean): void {
    this.#send({ type: 'mute', muted })
  }
  rename(name: string): void {
    this.#options.name = name
    this.#renaming = name
    this.#send({ type: 'rename', name })
  }
  title(title: string): void {
    this.#send({ type: 'title', title })
  }
  configure(settings: Partial<Omit<RoomSettings, 'title'>>): void {
    this.#send({ type: 'settings', settings })
  }
  endMeeting(): void {
    this.#send({ type: 'end-session' })
  }

  /** Leave at once. `await recording.end()` first if its last words matter. */
  close(): void {
    if (this.#status === 'closed') return
    this.#stop()
    this.#setStatus('closed')
  }

  #hello(): void {
    const { role, token, participantKey } = this.#options
    const { since } = this.#following
    const name = this.#nameNow()
    this.#raw({ type: 'hello', version: WIRE_VERSION, role, name, token, participantKey, since })
  }

  /** In the meeting that runs, what the host or this client called it since it came. */
  #nameNow(): string {
    const { session, participants } = this.transcript
    const known = session?.endedAt === null && participants.get(this.#participantId ?? '')?.name
    return this.#renaming || known || this.#options.name
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome(message)
        return
      case 'events':
        for (const envelope of message.events) this.#take(envelope)
        return
      case 'event':
        return this.#take(message.envelope)
      case 'audio-ready':
        return this.#recording(message.number)?.ready(message.offset)
      case 'ack': {
        const recording = this.#recording(message.number)
        recording?.acknowledge(message.offset)
        if (recording) this.#emit({ type: 'acknowledged', stream: recording.stream, offset: message.offset })
        return
      }
      case 'audio-ended': {
        const recording = this.#recording(message.number)
        recording?.ended()
        if (recording) this.#recordings.delete(recording)
        return
      }
      case 'queued':
        return this.#emit({
          type: 'notice',
          code: 'queued',
          message: `All speaking places are taken; number ${message.place} in the queue.`,
        })
      case 'draining':
        this.#socket.retryAfter = message.retryAfter
        return
      case 'error':
        if (message.fatal) this.#refusal = message.message
        return this.#emit({ type: 'notice', code: message.code, message: message.message })
      case 'pong':
        return
    }
  }

  #welcome(message: Extract<ServerMessage, { type: 'welcome' }>): void {
    this.#following.begin(message.epoch, message.seq)
    this.#participantId = message.participant?.id ?? null
    this.#greeted = true
    this.#socket.greeted()
    this.#setStatus('open')
    for (const recording of this.#recordings)
      recording.attach(lineOver(this.#socket), ++this.#numbers, message.epoch)
  }

  #take(envelope: RoomEnvelope): void {
    const outcome = this.#following.take(envelope)
    // Never show a transcript with a hole in it: come back with what we have.
    if (outcome === 'hole') return this.#socket.drop()
    if (outcome === 'duplicate') return
    this.#emit({ type: 'event', envelope })
    const { event } = envelope
    if (event.type === 'participant-changed' && event.participant.id === this.#participantId)
      this.#renaming = ''
    if (event.type === 'session-ended') for (const recording of this.#recordings) recording.meetingOver()
    if (event.type === 'utterance-updated') this.#say('draft', event.utterance)
    if (event.type === 'utterance-finished' || event.type === 'utterance-revised')
      this.#say('final', event.utterance)
  }

  #say(type: 'draft' | 'final', utterance: Utterance): void {
    const speaker = this.transcript.participants.get(utterance.participantId)?.name ?? ''
    this.#emit({ type, utterance, speaker, text: utteranceText(utterance) })
  }

  #recording(number: number): OutgoingAudio | undefined {
    for (const recording of this.#recordings) if (recording.number === number) return recording
    return undefined
  }

  #beat(): void {
    if (this.#status === 'open' && this.#socket.alive(PING_EVERY))
      this.#raw({ type: 'ping', at: Math.round(performance.now()) })
  }

  #gone(retryIn: number): void {
    this.#greeted = false
    for (const recording of this.#recordings) recording.detach()
    if (this.#status !== 'closed') this.#setStatus('waiting', retryIn)
  }

  #refused(code: number, reason: string): void {
    this.#stop()
    for (const recording of this.#recordings) recording.abandon(new Error(this.#refusal || reason))
    this.#emit({ type: 'refused', closeCode: code, message: this.#refusal || reason })
    this.#setStatus('closed')
  }

  #stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#greeted = false
    for (const recording of this.#recordings) recording.detach()
    this.#socket.close()
  }

  #send(message: ClientMessage): void {
    if (!this.#greeted) throw new Error('Not connected.')
    this.#raw(message)
  }

  #raw(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message))
  }

  #setStatus(status: ClientStatus, retryIn?: number): void {
    if (this.#status === status && retryIn === undefined) return
    this.#status = status
    this.#emit({ type: 'status', status, ...(retryIn === undefined ? {} : { retryIn }) })
  }

  #emit(event: ClientEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
