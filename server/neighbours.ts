/** The optional neighbours tied to the rooms: webhooks, forwarding, translation, summaries, the bucket. Part of the wiring. */
import { join } from 'node:path'
import { openDeliveries } from '../db/deliveries.ts'
import type { Archive } from '../db/store.ts'
import { AppError } from './core/error.ts'
import { newId } from './core/id.ts'
import {
  isShown,
  isStored,
  type RoomEnvelope,
  type Session,
  type Transcript,
  textOf,
} from './core/transcript.ts'
import { exporters } from './export/index.ts'
import { ForwardedAnswers, isAnswer } from './forwarded-answers.ts'
import type { NeighbourPort } from './http/neighbours.ts'
import { ask } from './integration/answer.ts'
import type { ChatSettings } from './integration/chat.ts'
import { createDeliveries, type Receiver } from './integration/delivery.ts'
import { createErasures } from './integration/erasures.ts'
import { FORWARD, forwardReceiver } from './integration/forward.ts'
import { RollingSummaries } from './integration/rolling.ts'
import { eraseUploads, type S3Upload, uploadSession } from './integration/s3.ts'
import { summarize } from './integration/summarize.ts'
import { Translator } from './integration/translate.ts'
import { webhookReceiver } from './integration/webhooks.ts'
import type { Log } from './log.ts'
import { createMinutes } from './minutes.ts'
import type { OwnerSettings } from './owner-settings.ts'
import type { RoomNeighbours } from './protocol/native-commands.ts'
import type { Bus } from './room/bus.ts'
import type { Rooms } from './room/rooms.ts'
import type { Config } from './settings.ts'

export interface NeighbourDeps {
  config: Config
  /** Endpoints as the owner has set them. */
  settings: OwnerSettings
  store: Archive
  log: Log
  /** Known after this is made: rooms need the tapped bus first. */
  rooms(): Rooms
}

export interface Neighbours extends NeighbourPort, Omit<RoomNeighbours, 'translate'> {
  /** The bus, with every stored event shown to the neighbours as well. */
  tap(bus: Bus): Bus
  /** After everything of the meeting is stored; `compressed` resolves when its recordings are in their final form. */
  sessionEnded(session: Session, compressed: Promise<void>): void
  /** What the forward URL answered in a room. */
  onForwarded(roomId: string, listener: (text: string) => void): () => void
  /** A meeting is gone here: what was uploaded of it goes from the bucket. */
  removed(sessionId: string): void
  /** Take up deliveries that a restart interrupted. */
  resume(): void
  close(): Promise<void>
}

/** A folded transcript of an ended meeting is kept so long for the next line of the same meeting. */
const CACHE_MS = 30_000

export function createNeighbours({ config, settings, store, log, rooms }: NeighbourDeps): Neighbours {
  const queue = openDeliveries(config.dataDir)
  const answers = new ForwardedAnswers({ store, rooms })
  const sessions = new Map<string, Promise<string | null>>()
  const cache = new Map<string, { at: number; transcript: Transcript }>()
  const uploads = new Set<Promise<void>>()

  const transcriptOf = async (sessionId: string): Promise<Transcript> => {
    for (const room of await rooms().live()) if (room.session?.id === sessionId) return room.transcript
    const known = cache.get(sessionId)
    if (known && Date.now() - known.at < CACHE_MS) return known.transcript
    cache.clear()
    const transcript = await store.transcript(sessionId)
    cache.set(sessionId, { at: Date.now(), transcript })
    return transcript
  }
  const context = async (sessionId: string, participantId: string | null) => {
    const { session, participants } = await transcriptOf(sessionId)
    const speaker = participantId === null ? null : (participants.get(participantId)?.name ?? null)
    return { roomId: session?.roomId ?? '', title: session?.title ?? '', speaker }
  }

  const bucket = {
    bucket: config.s3Bucket,
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    accessKey: config.s3AccessKey,
    secretKey: config.s3SecretKey,
  }
  const erasures = createErasures({
    dataDir: config.dataDir,
    erase: (sessionId) => eraseUploads(bucket, sessionId),
    report: (level, message, fields) => log[level](message, fields),
  })

  const forward = config.forwardUrl
    ? forwardReceiver({
        url: config.forwardUrl,
        maxMessages: config.maxMessages,
        context,
        isAnswer,
        onAnswer: (sessionId, text) =>
          void answers
            .take(sessionId, text)
            .catch((cause) => log.warn('answer not stored', { code: (cause as AppError).code })),
        report: (reason) => log.warn('forwarding paused', { reason }),
      })
    : null
  const hookDeps = { store: queue, context, allowPrivate: config.allowPrivateTargets }
  const deliveries = createDeliveries({
    store: queue,
    receivers(roomId) {
      const hooks: Receiver[] = queue
        .hooks(roomId)
        .filter((hook) => hook.active)
        .map((hook) => webhookReceiver(hook, hookDeps))
      return forward ? [...hooks, forward] : hooks
    },
    receiver(hookId) {
      if (hookId === FORWARD) return forward
      const hook = queue.hook(hookId)
      return hook?.active ? webhookReceiver(hook, hookDeps) : null
    },
    eventsSince: (sessionId, seq, limit) => store.eventsSince(sessionId, seq, limit),
  })

  const requireLlm = (): ChatSettings => {
    const llm = settings.llm()
    if (llm) return llm
    throw new AppError(
      'unsupported',
      'No language model is set up. Name one on the settings page, or start Parley with --llm-url and --llm-model.',
    )
  }
  const openTranslator = () => {
    const endpoint = settings.translation()
    return (
      endpoint &&
      new Translator({
        settings: endpoint,
        async line(sessionId, utteranceId) {
          const { utterances } = await transcriptOf(sessionId)
          const at = utterances.findLastIndex((utterance) => utterance.id === utteranceId)
          const utterance = utterances[at]
          if (!utterance || !isShown(utterance)) return null
          return {
            utterance,
            before: utterances.slice(Math.max(0, at - 3), at).map((each) => textOf(each.committed)),
          }
        },
        async record(sessionId, given) {
          await rooms().record(sessionId, { type: 'utterance-translated', translation: given })
        },
        report: (message, fields) => log.warn(message, fields),
        onState: (sessionId, failing) => void tellState(sessionId, 'translation', failing),
      })
    )
  }
  const roomOf = async (sessionId: string) =>
    (await rooms().live()).find((room) => room.session?.id === sessionId)
  const tellState = async (sessionId: string, what: 'translation' | 'summary', failing: string) =>
    (await roomOf(sessionId))?.tell({ type: 'neighbour', what, failing })
  const openRolling = () => {
    const llm = settings.llm()
    return (
      llm &&
      new RollingSummaries({
        transcript: transcriptOf,
        summarize: (transcript, signal) => summarize(llm, transcript, { signal }),
        tell: (sessionId, summary) =>
          void roomOf(sessionId).then((room) => room?.tell({ type: 'live-summary', summary })),
        report: (sessionId, reason) => void tellState(sessionId, 'summary', reason),
      })
    )
  }
  let rolling = openRolling()
  let translator = openTranslator()
  settings.onChange = () => {
    translator?.close()
    translator = openTranslator()
    rolling?.close()
    rolling = openRolling()
  }
  const minutes = createMinutes({ store, log, transcriptOf, llm: requireLlm })

  /** Events carry their log's epoch; ids are looked up once per meeting, answers come back in order. */
  const sessionOf = (roomId: string, envelope: RoomEnvelope): Promise<string | null> => {
    if (envelope.event.type === 'session-started') {
      const known = Promise.resolve(envelope.event.session.id)
      sessions.set(envelope.epoch, known)
      return known
    }
    const known = sessions.get(envelope.epoch)
    if (known) return known
    const found = store.sessions({ roomId, limit: 50 }).then(
      (list) => list.find((session) => session.epoch === envelope.epoch)?.id ?? null,
      () => null,
    )
    sessions.set(envelope.epoch, found)
    if (sessions.size > 1000) sessions.delete(sessions.keys().next().value as string)
    return found
  }
  const heard = (roomId: string, envelope: RoomEnvelope) => {
    if (!isStored(envelope.event)) return
    sessionOf(roomId, envelope).then(
      (sessionId) => {
        if (sessionId === null) return
        deliveries.heard(roomId, sessionId, envelope)
        const { event } = envelope
        if (event.type === 'utterance-finished' || event.type === 'utterance-revised') {
          cache.delete(sessionId)
          translator?.heard(sessionId, event.utterance.id)
          rolling?.heard(sessionId)
        }
        if (event.type === 'session-ended') {
          translator?.ended(sessionId)
          rolling?.ended(sessionId)
        }
      },
      () => {},
    )
  }

  async function upload(session: Session, compressed: Promise<void>): Promise<void> {
    await compressed
    const transcript = await store.transcript(session.id)
    const body = exporters.json.render(transcript)
    const files: S3Upload[] = [
      { name: 'transcript.json', type: 'application/json', body: typeof body === 'string' ? body : '' },
    ]
    for (const track of await store.tracks(session.id)) {
      if (track.bytes === 0) continue
      const type = track.encoding === 'opus' ? 'audio/ogg' : 'application/octet-stream'
      files.push({ name: `${track.id}.${track.encoding}`, type, path: join(config.dataDir, track.path) })
    }
    const { keys, failures } = await uploadSession(bucket, session.id, files)
    // Removed while it was on its way: what arrived goes again.
    if (!(await store.session(session.id))) return erasures.add(session.id)
    const report = { session: session.id, uploaded: keys.length, failed: failures.length }
    if (failures.length > 0) log.warn('upload incomplete, the files are kept', report)
    else log.info('uploaded', report)
  }

  return {
    tap: (bus) => ({
      ...bus,
      publish(roomId, envelope) {
        bus.publish(roomId, envelope)
        heard(roomId, envelope)
      },
      subscribe: (roomId, listener) => bus.subscribe(roomId, listener),
      close: () => bus.close(),
    }),
    sessionEnded(session, compressed) {
      const auto = settings.autoSummary()
      if (auto.on && settings.llm()) minutes.later(session.id, auto)
      if (!config.s3Bucket) return
      const work = upload(session, compressed).catch((cause) =>
        log.error('upload', { session: session.id }, cause),
      )
      uploads.add(work)
      work.finally(() => uploads.delete(work))
    },
    onForwarded: (roomId, listener) => answers.on(roomId, listener),
    resume() {
      deliveries.resume()
      if (config.s3Bucket) void erasures.run()
    },
    removed(sessionId) {
      if (config.s3Bucket) erasures.add(sessionId)
    },
    abilities: () => ({ summaries: settings.llm() !== null, translation: translator?.status() ?? null }),
    live: () => ({ translation: translator !== null, summary: settings.llm() !== null }),
    followSummary: (sessionId) => rolling?.follow(sessionId),
    hooks: queue,
    summarize: (sessionId, options) => minutes.write(sessionId, options),
    summaryProgress: (sessionId) => minutes.progress(sessionId),
    templates: () => minutes.templates(),
    ask: async (sessionId, question, signal, onDraft) =>
      ask(requireLlm(), await transcriptOf(sessionId), question, { signal, onDraft }),
    askAll: (question, signal, onDraft) => minutes.askAll(question, signal, onDraft),
    async translate(sessionId, language) {
      if (!translator)
        throw new AppError('unsupported', 'No translation endpoint is set up (--translate-url or --llm-url).')
      const { utterances, translations } = await transcriptOf(sessionId)
      const stale = utterances.filter(
        (utterance) =>
          utterance.state !== 'pending' &&
          isShown(utterance) &&
          translations.get(`${utterance.id} ${language}`)?.rev !== utterance.rev,
      )
      translator.want(
        sessionId,
        language,
        stale.map((utterance) => utterance.id),
      )
      return { languages: translator.languages(sessionId), waiting: stale.length }
    },
    async close() {
      erasures.close()
      translator?.close()
      rolling?.close()
      minutes.close()
      await deliveries.close()
      await Promise.race([Promise.all(uploads), Bun.sleep(2000)])
      queue.close()
    },
  }
}
