/** createApp: opens every part in order and closes them again; tests start the program through it exactly as `main.ts` does. */
import { totalmem } from 'node:os'
import { openAccess } from '../db/access.ts'
import { LOCK_WAIT } from '../db/lock-wait.ts'
import { openStore } from '../db/sqlite.ts'
import type { TranscriptStore } from '../db/store.ts'
import { Access } from './access/access.ts'
import { Account } from './access/account.ts'
import { adoptOwnerKey } from './access/owner-key.ts'
import type { SpeechEngine } from './asr/speech-event.ts'
import { Admission } from './core/admission.ts'
import { type Limits, limitsOf } from './core/limits.ts'
import { openEngineOrNone } from './engine.ts'
import { Retranscriber } from './files/retranscriber.ts'
import type { Log } from './log.ts'
import { type Meetings, openMeetings } from './meetings.ts'
import { createMetrics } from './metrics.ts'
import { createModelShelf } from './model-shelf.ts'
import { createNeighbours } from './neighbours/neighbours.ts'
import { openNetwork } from './network.ts'
import { openOwnerSettings } from './owner-settings.ts'
import { createProtocolHosts } from './protocol-host.ts'
import { createMemoryBus } from './room/buses/memory.ts'
import { knownClock } from './room/retention.ts'
import type { Rooms } from './room/rooms.ts'
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
  const { dataDir } = config
  const metrics = createMetrics()
  const limits = options.limits ?? limitsOf(config, process.constrainedMemory() || totalmem())
  const log = metrics.tapLog(options.log)
  const store = await openStore({ directory: dataDir })
  const known = await knownClock(store)
  const clock = createWallClock(known?.seen ?? 0)
  if (clock.unset())
    log.warn('the clock of this machine has not been set; dates go on from the last one known')
  const { access, account, setupToken } = openAccounts(config, clock.now)
  const settings = await openOwnerSettings(config, store)
  const neighbours = createNeighbours({ config, settings, store, log, rooms: () => meetings.rooms })
  const bus = metrics.tap(neighbours.tap(createMemoryBus()))
  const engine = options.engine ?? (await openEngineOrNone(config, log))
  await store.failRunningVersions('Parley was stopped meanwhile. Start it again.')
  const models = createModelShelf({ config, engine, store, log })
  const retranscriber = new Retranscriber({ store, dataDir, borrow: models.borrow, log })

  const parts = { config, settings, store, log, engine, bus, limits, neighbours }
  const meetings: Meetings = openMeetings({
    ...parts,
    clock,
    known,
    openRoom: (roomId) => access.openRoom(roomId),
    unheard: (roomId) => protocols.unheard(roomId),
  })
  const { rooms, removeSession } = meetings
  const places = openPlaces(config, engine)
  const { admission } = places
  const { onForwarded, translate, stopReading } = neighbours
  const protocols = createProtocolHosts({
    config,
    rooms,
    engine,
    log,
    bus,
    admission,
    onForwarded,
    translate,
    stopReading,
  })
  // Meetings that end here already need everything above.
  meetings.resume()
  const { version } = options
  const { hostFor } = protocols
  const network = await openNetwork({
    ...parts,
    version,
    metrics,
    rooms,
    access,
    account,
    models,
    retranscriber,
    removeSession,
    admission,
    hostFor,
  })

  const { url, port, secureUrl, securePort } = network
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
      places.close()
      await network.close()
      await retranscriber.close()
      await models.close()
      await meetings.close()
      await neighbours.close()
      await engine.close()
      await bus.close()
      access.close()
      await store.close()
    },
  }
}

/** Who may do what: links, keys and the owner's account, with a link to make that account if there is none. */
function openAccounts(config: Config, now: () => number) {
  const setupToken = prepareAccounts(config, now)
  const store = openAccess(config.dataDir, LOCK_WAIT.serving)
  const access = new Access({ store, mode: config.auth, now })
  const account = new Account({ store, now, changed: () => access.look() })
  return { access, account, setupToken }
}

/** What the start itself writes; nobody is answered yet, so that another program's lock is waited for. */
function prepareAccounts(config: Config, now: () => number): string | null {
  const store = openAccess(config.dataDir, LOCK_WAIT.alone)
  const access = new Access({ store, mode: config.auth, now })
  const account = new Account({ store, now, changed: () => {} })
  try {
    adoptOwnerKey(config.dataDir, access)
    return config.auth !== 'open' && !account.ways() ? account.addSetupLink() : null
  } finally {
    access.close()
  }
}

/** The places for people who speak: as many as the engine can hear at once, or as the owner says. */
function openPlaces(config: Config, engine: SpeechEngine) {
  const admission = new Admission(() => {
    const { activeSpeakers, capacity, overload } = engine.status()
    return {
      capacity: config.maxSpeakers || capacity,
      talking: activeSpeakers,
      refusing: overload === 'refuse',
    }
  })
  const ticking = setInterval(() => admission.tick(performance.now()), 1000)
  return { admission, close: () => clearInterval(ticking) }
}
