/** The optional neighbours tied to the rooms: webhooks, forwarding, translation, summaries, the bucket. */
import { openDeliveries } from '../../db/deliveries.ts'
import type { Archive } from '../../db/store.ts'
import { AppError, codeOf } from '../core/error.ts'
import { isStored, type RoomEnvelope, type Session } from '../core/transcript.ts'
import { json } from '../export/json.ts'
import type { NeighbourPort } from '../http/neighbours.ts'
import { ask } from '../integration/answer.ts'
import { type Bucket, openBucket } from '../integration/bucket.ts'
import type { ChatSettings } from '../integration/chat.ts'
import {
  createDeliveries,
  type DeliveryDeps,
  type DeliveryStore,
  type Hook,
  type Receiver,
} from '../integration/delivery.ts'
import { FORWARD, forwardReceiver } from '../integration/forward.ts'
import { SessionIndex } from '../integration/session-index.ts'
import { webhookReceiver } from '../integration/webhooks.ts'
import type { Log } from '../log.ts'
import type { OwnerSettings } from '../owner-settings.ts'
import type { RoomNeighbours } from '../protocol/native-commands.ts'
import type { Bus } from '../room/bus.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Config } from '../settings.ts'
import { AtOnce } from './at-once.ts'
import { ForwardedAnswers, isAnswer } from './forwarded-answers.ts'
import { errorForGuests, LiveServices } from './live-services.ts'
import { createMinutes } from './minutes.ts'
import { askEveryMeeting } from './questions.ts'

/** About one meeting at the same time: each costs the owner's language model some thousand tokens. */
const MOST_QUESTIONS = 4

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
  /** A meeting is about to be removed: what was uploaded of it goes even if the server is killed in between. */
  removing(sessionId: string): void
  /** A meeting is gone here: nothing of it is sent any more, and what was uploaded of it goes from the bucket. */
  removed(sessionId: string): void
  /** Take up deliveries and uploads that a restart interrupted; `compressed` as for `sessionEnded`. */
  resume(compressed: Promise<void>): void
  close(): Promise<void>
}

export function createNeighbours({ config, settings, store, log, rooms }: NeighbourDeps): Neighbours {
  const queue = openDeliveries(config.dataDir)
  const answers = new ForwardedAnswers({ store, rooms })
  const roomOf = async (sessionId: string) =>
    (await rooms().live()).find((room) => room.session?.id === sessionId)
  const index = new SessionIndex({
    store,
    live: async (sessionId) => (await roomOf(sessionId))?.transcript ?? null,
    now: () => Date.now(),
  })
  const transcriptOf = (sessionId: string) => index.transcriptOf(sessionId)
  const context = async (sessionId: string, participantId: string | null) => {
    const { session, participants } = await transcriptOf(sessionId)
    const speaker = participantId === null ? null : (participants.get(participantId)?.name ?? null)
    return { roomId: session?.roomId ?? '', title: session?.title ?? '', speaker }
  }

  const bucket = bucketOf({ config, store, log })
  const forward = config.forwardUrl
    ? forwardReceiver({
        url: config.forwardUrl,
        maxMessages: config.maxMessages,
        context,
        isAnswer,
        onAnswer: (sessionId, text) =>
          void answers
            .take(sessionId, text)
            .catch((cause) => log.warn('answer not stored', { code: codeOf(cause) })),
        report: (reason) => log.warn('forwarding paused', { reason }),
      })
    : null
  const toHook = (hook: Hook) =>
    webhookReceiver(hook, { store: queue, context, allowPrivate: config.allowPrivateTargets })
  const deliveries = createDeliveries({
    store: queue,
    ...receiversIn(queue, toHook, forward),
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
  const { llm, translation } = settings
  const live = new LiveServices({ llm, translation, transcriptOf, roomOf, rooms, log })
  settings.onChange = () => live.renew()
  const questions = new AtOnce(
    MOST_QUESTIONS,
    'Several questions about this meeting are being answered already.',
  )
  const minutes = createMinutes({ store, log, transcriptOf, llm: requireLlm })

  const heard = async (roomId: string, envelope: RoomEnvelope) => {
    const { event } = envelope
    if (!isStored(event)) return
    const sessionId = await index.sessionOf(roomId, envelope)
    if (sessionId === null) return
    if ('utterance' in event) index.changed(sessionId)
    deliveries.heard(roomId, sessionId, envelope)
    live.heard(sessionId, event)
  }

  return {
    tap: (bus) => ({
      publish(roomId, envelope) {
        bus.publish(roomId, envelope)
        heard(roomId, envelope).catch((cause) => log.error('neighbours not told', { room: roomId }, cause))
      },
      subscribe: (roomId, listener) => bus.subscribe(roomId, listener),
      close: () => bus.close(),
    }),
    sessionEnded(session, compressed) {
      const auto = settings.autoSummary()
      if (auto.on && settings.llm()) minutes.later(session.id, auto)
      bucket?.ended(session.id, compressed)
    },
    onForwarded: (roomId, listener) => answers.on(roomId, listener),
    resume(compressed) {
      deliveries.resume()
      bucket?.resume(compressed)
    },
    removing: (sessionId) => bucket?.removing(sessionId),
    removed(sessionId) {
      index.changed(sessionId)
      live.removed(sessionId)
      minutes.removed(sessionId)
      bucket?.removed(sessionId)
    },
    abilities: () => ({ summaries: settings.llm() !== null, translation: live.translation }),
    live: () => ({ translation: live.translation !== null, summary: settings.llm() !== null }),
    followSummary: (sessionId) => live.followSummary(sessionId),
    hooks: queue,
    summarize: (sessionId, { owner, ...options }) => told(owner, minutes.write(sessionId, options)),
    summaryProgress: (sessionId) => minutes.progress(sessionId),
    templates: () => minutes.templates(),
    ask: (sessionId, question, { owner, ...options }) =>
      told(
        owner,
        questions.take(sessionId, async () =>
          ask(requireLlm(), await transcriptOf(sessionId), question, options),
        ),
      ),
    askAll: async (question, signal, onDraft) =>
      askEveryMeeting({ store, transcriptOf }, requireLlm(), question, { signal, onDraft }),
    translate: (sessionId, language, asker) => live.translate(sessionId, language, asker),
    stopReading: (askerId) => live.stopReading(askerId),
    async close() {
      live.close()
      minutes.close()
      await deliveries.close()
      await bucket?.close()
      queue.close()
    },
  }
}

/** What came of it; of a failure guests are told less than the owner. */
async function told<T>(owner: boolean, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw owner ? thrown : errorForGuests(thrown)
  }
}

/** Where meetings are uploaded to at their end, if anywhere. */
function bucketOf({ config, store, log }: Pick<NeighbourDeps, 'config' | 'store' | 'log'>): Bucket | null {
  if (!config.s3Bucket) return null
  return openBucket({
    settings: {
      bucket: config.s3Bucket,
      endpoint: config.s3Endpoint,
      region: config.s3Region,
      accessKey: config.s3AccessKey,
      secretKey: config.s3SecretKey,
    },
    store,
    dataDir: config.dataDir,
    render: (transcript) => json(transcript),
    report: (level, message, fields) => log[level](message, fields),
    failed: (session, cause) => log.error('upload', { session }, cause),
  })
}

/** Who is told of a room: its webhooks that are not switched off, and the forward URL. */
function receiversIn(
  queue: DeliveryStore,
  toHook: (hook: Hook) => Receiver,
  forward: Receiver | null,
): Pick<DeliveryDeps, 'receivers' | 'receiver'> {
  return {
    receivers(roomId) {
      const active = queue.hooks(roomId).filter((hook) => hook.active)
      return forward ? [...active.map(toHook), forward] : active.map(toHook)
    },
    receiver(hookId) {
      if (hookId === FORWARD) return forward
      const hook = queue.hook(hookId)
      return hook?.active ? toHook(hook) : null
    },
  }
}
