/** createApp: the only file that knows every part; tests start the program through it exactly as `main.ts` does. */
import { mkdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Server } from 'bun'
import { openAccess } from '../db/access.ts'
import { LOCK_WAIT } from '../db/lock-wait.ts'
import { openStore } from '../db/sqlite.ts'
import type { AudioTrack, TranscriptStore } from '../db/store.ts'
import { Access } from './access/access.ts'
import { Account } from './access/account.ts'
import { adoptOwnerKey } from './access/owner-key.ts'
import type { SpeechEngine } from './asr/speech-event.ts'
import { Admission } from './core/admission.ts'
import { AppError } from './core/error.ts'
import { randomText } from './core/id.ts'
import { type Limits, limitsOf } from './core/limits.ts'
import type { RoomSettings } from './core/transcript.ts'
import { openEngineOrNone } from './engine.ts'
import { certificateNames, lanAddresses } from './http/addresses.ts'
import { createHttpApp } from './http/app.ts'
import { type Certificate, givenCertificate, ownCertificate } from './http/certificate.ts'
import { createGate } from './http/gate.ts'
import { loadPage } from './http/page.ts'
import { refuse } from './http/refuse.ts'
import { Retranscriber } from './http/retranscriber.ts'
import { createUpgrade } from './http/upgrade.ts'
import { Visitors } from './http/visitors.ts'
import { createSockets, type SocketData } from './http/websocket.ts'
import type { Log } from './log.ts'
import { createAudioKeeper, resumeCompression } from './media/keeper.ts'
import { createMetrics, gauges } from './metrics.ts'
import { createModelShelf } from './model-shelf.ts'
import { createNeighbours } from './neighbours.ts'
import { type OwnerSettings, openOwnerSettings } from './owner-settings.ts'
import { ClientSecrets } from './protocol/openai-realtime-sessions.ts'
import { createProtocolHosts } from './protocol-host.ts'
import { createMemoryBus } from './room/buses/memory.ts'
import { freeBytes } from './room/disk.ts'
import { createRetention } from './room/retention.ts'
import { Rooms } from './room/rooms.ts'
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

/** How long connections have for an orderly end when the server stops, ms. */
const FAREWELL = 1_000
/** Ports tried after a taken one. */
const PORT_TRIES = 20

export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const metrics = createMetrics()
  const limits = options.limits ?? limitsOf(config)
  const log = metrics.tapLog(options.log)
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const store = await openStore({ directory: config.dataDir })
  const accessStore = openAccess(config.dataDir, LOCK_WAIT.serving)
  const access = new Access({ store: accessStore, mode: config.auth })
  const account = new Account({ store: accessStore, changed: () => access.look() })
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
  const retention = createRetention({ store, remove: removeSession, log })
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
  rooms
    .recover()
    .catch((cause) => log.error('recovery', {}, cause))
    .then(() => {
      neighbours.resume()
      return resumeCompression(keeper, (limit) => store.sessions({ limit }))
    })
    .catch((cause) => log.error('resume', {}, cause))
  const page = await loadPage()
  const sockets = createSockets({
    limits,
    onClose: (code) => metrics.count('closed_total', code),
    onShed: (count) => log.warn('sockets ended: short of memory, and in the middle of a message', { count }),
  })
  access.onChange(() => sockets.recheck())
  const certificate = await certificateFor(config)

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
    url: () => `http://localhost:${ports.http}`,
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
    neighbours,
    admission,
    onOpen: (protocol) => metrics.count('connections_total', protocol),
  })
  const visitors = new Visitors(limits)
  const gate = createGate({ config, hostname: hostname(), page, http, upgrade, visitors })

  const serve = (port: number, tls?: Certificate, socketPath?: string) =>
    Bun.serve<SocketData>({
      port,
      hostname: config.host,
      ...(tls ? { tls } : {}),
      idleTimeout: 30,
      maxRequestBodySize: config.maxUploadBytes,
      fetch: async (request, server) => {
        const answer = await gate(request, server, socketPath)
        if (answer) metrics.count('http_answers_total', answer.status)
        return answer
      },
      // Never a page with our source in it: a bug is logged, the caller gets a sentence.
      development: false,
      // Without development Bun lets a second server share the port in silence (seen in 1.4.5).
      reusePort: false,
      error: (cause) => {
        log.error('request failed', {}, cause)
        return refuse(500, 'Something went wrong inside Parley. The log has the details.')
      },
      websocket: sockets.handlers,
    })
  const plain = listen(config.port, config.host, serve)
  ports.http = plain.port as number
  const securePort = config.tlsPort || (config.port === 0 ? 0 : ports.http + 320)
  const secure = certificate ? listen(securePort, config.host, (port) => serve(port, certificate)) : null
  ports.https = secure?.port ?? 0
  const extra =
    config.whisperlivePort > 0
      ? listen(config.whisperlivePort, config.host, (port) => serve(port, undefined, '/ws/whisper-live'), 1)
      : null

  const local = `http://${localName(config.host)}:${ports.http}`
  return {
    url: local,
    port: ports.http,
    secureUrl: secure ? `https://${localName(config.host)}:${ports.https}` : null,
    securePort: secure ? ports.https : null,
    setupUrl: setupToken && `${config.publicUrl || local}/sign-in#${setupToken}`,
    access,
    engine,
    rooms,
    store,
    async close() {
      clearInterval(admitting)
      sockets.drain(1000)
      const servers = [plain, secure, extra]
      const stopped = Promise.all(servers.map((server) => server?.stop().catch(() => {})))
      // A client that never answers the farewell must not hold up the saving.
      await Promise.race([stopped, Bun.sleep(FAREWELL)])
      await Promise.all(servers.map((server) => server?.stop(true).catch(() => {})))
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

/** The first free port from `port` on; 0 lets the system choose. */
function listen(
  port: number,
  host: string,
  serve: (port: number) => Server<SocketData>,
  tries = PORT_TRIES,
): Server<SocketData> {
  for (let attempt = 0; ; attempt++) {
    try {
      return serve(port === 0 ? 0 : port + attempt)
    } catch (cause) {
      if ((cause as { code?: string }).code !== 'EADDRINUSE' || attempt + 1 >= tries) {
        throw new AppError(
          'conflict',
          `Cannot listen on ${host}:${port}. Choose another with --port or --host.`,
          { cause },
        )
      }
    }
  }
}

async function certificateFor(config: Config): Promise<Certificate | null> {
  if (config.tlsCert && config.tlsKey) return givenCertificate(config.tlsCert, config.tlsKey)
  return config.tls ? ownCertificate(join(config.dataDir, 'tls'), certificateNames()) : null
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

function localName(host: string): string {
  return host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host
}
