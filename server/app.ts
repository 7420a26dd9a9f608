/** createApp: the only file that knows every part; tests start the program through it exactly as `main.ts` does. */
import { rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { openAccess } from '../db/access.ts'
import { LOCK_WAIT } from '../db/lock-wait.ts'
import { openStore } from '../db/sqlite.ts'
import type { AudioTrack, TranscriptStore } from '../db/store.ts'
import { Access } from './access/access.ts'
import { Account } from './access/account.ts'
import { adoptOwnerKey } from './access/owner-key.ts'
import type { SpeechEngine } from './asr/speech-event.ts'
import { Admission } from './core/admission.ts'
import { randomText } from './core/id.ts'
import { type Limits, limitsOf } from './core/limits.ts'
import type { RoomSettings } from './core/transcript.ts'
import { openEngineOrNone } from './engine.ts'
import { createHttpApp } from './http/app.ts'
import { certificateFor, givenCertificate } from './http/certificate.ts'
import { watchCertificate } from './http/certificate-watch.ts'
import { createGate } from './http/gate.ts'
import { openListeners } from './http/listeners.ts'
import { originFor } from './http/origin.ts'
import { loadPage } from './http/page.ts'
import { Retranscriber } from './http/retranscriber.ts'
import { createUpgrade } from './http/upgrade.ts'
import { Visitors } from './http/visitors.ts'
import { createSockets } from './http/websocket.ts'
import type { Log } from './log.ts'
import { createAudioKeeper, resumeCompression } from './media/keeper.ts'
import { createMetrics, gauges } from './metrics.ts'
import { createModelShelf } from './model-shelf.ts'
import { createNeighbours } from './neighbours/neighbours.ts'
import { type OwnerSettings, openOwnerSettings } from './owner-settings.ts'
import { ClientSecrets } from './protocol/openai-realtime-sessions.ts'
import { createProtocolHosts } from './protocol-host.ts'
import { createMemoryBus } from './room/buses/memory.ts'
import { freeBytes } from './room/disk.ts'
import { createRetention, knownClock } from './room/retention.ts'
import { Rooms } from './room/rooms.ts'
import { createWallClock } from './room/wall-clock.ts'
import type { Config } from './settings.ts'

export interface App {
  /** Address for this machine, e.g. http://localhost:8123 */
  url: string
  port: number
  /** HTTPS address for this machine, null without TLS. */
  secureUrl: string | null
  securePort: number | null
  /** Where the owner's account is made, on the first start; works once. Null when there is one. */
  setupUrl: string | null
  access: Access
  engine: SpeechEngine
  rooms: Rooms
  store: TranscriptStore
  /** Drain: clients are told to come back, speech is finished and stored. */
  close(): Promise<void>
}

export interface AppOptions {
  log: Log
  version: string
  /** A ready engine (tests); else the one the config names. */
  engine?: SpeechEngine
  /** Other quotas than the settings' (tests). */
  limits?: Limits
}

export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const metrics = createMetrics()
  const limits = options.limits ?? limitsOf(config)
  const log = metrics.tapLog(options.log)
  const store = await openStore({ directory: config.dataDir })
  const known = await knownClock(store)
  const clock = createWallClock(known?.seen ?? 0)
  if (clock.unset())
    log.warn('the clock of this machine has not been set; dates go on from the last one known')
  const accessStore = openAccess(config.dataDir, LOCK_WAIT.serving)
  const access = new Access({ store: accessStore, mode: config.auth, now: clock.now })
  const account = new Account({ store: accessStore, now: clock.now, changed: () => access.look() })
  adoptOwnerKey(config.dataDir, access)
  const setupToken = config.auth !== 'open' && !account.ways() ? account.addSetupLink() : null
  const settings = await openOwnerSettings(config, store)
  const neighbours = createNeighbours({ config, settings, store, log, rooms: () => rooms })
  const bus = metrics.tap(neighbours.tap(createMemoryBus()))
  const engine = options.engine ?? (await openEngineOrNone(config, log))
  const { dataDir } = config
  await store.failRunningVersions('Parley was stopped meanwhile. Start it again.')
  const models = createModelShelf({ config, engine, store, log })
  const retranscriber = new Retranscriber({ store, dataDir, borrow: models.borrow, log })
  const removeSession = async (sessionId: string) => {
    rmSync(join(dataDir, 'audio', sessionId), { recursive: true, force: true })
    await store.deleteSession(sessionId)
    neighbours.removed(sessionId)
  }
  const retention = createRetention({ store, remove: removeSession, log, clock }, known)
  const keeper = createAudioKeeper<AudioTrack>({
    dataDir,
    tracks: (sessionId) => store.tracks(sessionId),
    saveTrack: (track) => store.saveTrack(track),
    report: (level, message, fields) => log[level](message, fields),
  })
  const rooms: Rooms = new Rooms({
    store,
    bus,
    engine,
    log,
    dataDir,
    limits,
    wall: clock.now,
    defaults: roomDefaults(config, settings),
    openRoom: (roomId) => access.openRoom(roomId),
    onSessionEnd(session, room) {
      if (protocols.unheard(room.id)) {
        removeSession(session.id)
          .then(() => rooms.forget(room.id))
          .catch((cause) => log.error('empty meeting not removed', {}, cause))
        return
      }
      retention.sessionEnded(session, room)
      keeper.sessionEnded(session.id)
      neighbours.sessionEnded(session, keeper.idle())
    },
  })
  const page = await loadPage()
  const sockets = createSockets({
    limits,
    onClose: (code) => metrics.count('closed_total', code),
    onShed: (count) => log.warn('sockets ended: short of memory, and in the middle of a message', { count }),
  })
  access.onChange(() => sockets.recheck())

  const secrets = new ClientSecrets({
    now: () => Date.now(),
    newId: (prefix) => `${prefix}_${randomText(26)}`,
    model: () => engine.status().model,
  })
  const ports = { http: 0, https: 0 }
  const http = createHttpApp({
    config,
    store,
    rooms,
    engine,
    log,
    version: options.version,
    ports,
    access,
    account,
    secrets,
    neighbours,
    counters: async () => [
      ...metrics.list(),
      ...(await gauges({ rooms, sockets, freeBytes: freeBytes(dataDir) })),
    ],
    models,
    settings,
    retranscriber,
    removeSession,
  })
  const admission = new Admission(() => {
    const { activeSpeakers, capacity, overload } = engine.status()
    return {
      capacity: config.maxSpeakers || capacity,
      talking: activeSpeakers,
      refusing: overload === 'refuse',
    }
  })
  const admitting = setInterval(() => admission.tick(performance.now()), 1000)
  const protocols = createProtocolHosts({
    config,
    rooms,
    engine,
    log,
    bus,
    admission,
    onForwarded: neighbours.onForwarded,
    translate: neighbours.translate,
  })
  const upgrade = createUpgrade({
    sockets,
    rooms,
    bus,
    log,
    access,
    secrets,
    hostFor: protocols.hostFor,
    originOf: (url) =>
      originFor(url, config.publicUrl, { pageless: config.whisperlivePort, pages: ports.http }),
    neighbours,
    admission,
    onOpen: (protocol) => metrics.count('connections_total', protocol),
  })
  // Meetings that end here already need everything above.
  rooms
    .recover()
    .catch((cause) => log.error('recovery', {}, cause))
    .then(() => {
      neighbours.resume()
      return resumeCompression(keeper, (limit) => store.sessions({ limit }))
    })
    .catch((cause) => log.error('resume', {}, cause))
  const visitors = new Visitors(limits)

  const certificate = await certificateFor(config)
  const listeners = openListeners({
    config,
    certificate,
    gate: createGate({ config, hostname: hostname(), page, http, upgrade, visitors }),
    websocket: sockets.handlers,
    onAnswer: (status) => metrics.count('http_answers_total', status),
    log,
  })
  const { url, secureUrl, port, securePort } = listeners
  const { tlsCert, tlsKey } = config
  const stopWatching =
    certificate && tlsCert && tlsKey
      ? watchCertificate({
          read: () => givenCertificate(tlsCert, tlsKey),
          current: certificate,
          renewed: listeners.renew,
          log,
        })
      : () => {}
  ports.http = port
  ports.https = securePort ?? 0

  return {
    url,
    port,
    secureUrl,
    securePort,
    setupUrl: setupToken && `${config.publicUrl || url}/sign-in#${setupToken}`,
    access,
    engine,
    rooms,
    store,
    async close() {
      clearInterval(admitting)
      stopWatching()
      sockets.drain(1000)
      await listeners.close()
      await retranscriber.close()
      await models.close()
      await rooms.close()
      retention.close()
      await keeper.close()
      await neighbours.close()
      await engine.close()
      await bus.close()
      access.close()
      await store.close()
    },
  }
}

function roomDefaults(config: Config, settings: OwnerSettings): RoomSettings {
  return {
    title: '',
    language: config.language === 'auto' ? null : config.language,
    languages: config.languages
      .split(',')
      .map((code) => code.trim())
      .filter(Boolean),
    task: config.translate ? 'translate' : 'transcribe',
    vocabulary: config.vocabulary,
    // Asked anew for every room: the owner may change it while Parley runs.
    get keep() {
      const { what, days } = settings.keep()
      return { what, days }
    },
    locked: false,
  }
}
