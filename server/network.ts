/** Everything between the network and the rooms: listeners, certificate, gate, pages, HTTP routes, sockets. Part of the wiring. */
import { hostname } from 'node:os'
import type { Admission } from './core/admission.ts'
import { randomText } from './core/id.ts'
import type { Limits } from './core/limits.ts'
import { certificateNames } from './http/addresses.ts'
import { createHttpApp, type HttpDeps } from './http/app.ts'
import { type Certificate, certificateFor, isInTime } from './http/certificate.ts'
import { watchCertificate } from './http/certificate-watch.ts'
import { createGate } from './http/gate.ts'
import { type Listeners, openListeners } from './http/listeners.ts'
import { originFor } from './http/origin.ts'
import { loadPage } from './http/page.ts'
import { createUpgrade } from './http/upgrade.ts'
import type { UpgradeParts } from './http/upgrade-attempt.ts'
import { Visitors } from './http/visitors.ts'
import { createSockets, type Sockets } from './http/websocket.ts'
import { gauges, type Metrics } from './metrics.ts'
import type { Neighbours } from './neighbours/neighbours.ts'
import { closeLabel } from './protocol/close-codes.ts'
import { ClientSecrets } from './protocol/openai-realtime-sessions.ts'
import type { Bus } from './room/bus.ts'
import { absence, freeBytes } from './room/disk.ts'

/** What this file makes itself and gives to the routes. */
type MadeHere = 'ports' | 'secrets' | 'counters'

export interface NetworkParts extends Omit<HttpDeps, MadeHere> {
  bus: Bus
  limits: Limits
  metrics: Metrics
  neighbours: Neighbours
  admission: Admission
  hostFor: UpgradeParts['hostFor']
}

export interface Network extends Pick<Listeners, 'url' | 'port' | 'secureUrl' | 'securePort'> {
  /** Clients are told to come back, then the ports close. */
  close(): Promise<void>
}

/** When clients are told to come back after the server has stopped, ms. */
const COME_BACK_AFTER = 1000

export async function openNetwork(parts: NetworkParts): Promise<Network> {
  const { config, limits, log, metrics } = parts
  const page = await loadPage()
  const sockets = createSockets({
    limits,
    onClose: (code) => metrics.count('closed_total', closeLabel(code)),
    onShed: (count) => log.warn('sockets ended: short of memory, and in the middle of a message', { count }),
  })
  parts.access.onChange(() => sockets.recheck())

  /** Filled when the listeners are up: a port may be chosen only then. */
  const ports = { http: 0, https: 0 }
  const routes = openRoutes(parts, sockets, ports)
  const names = certificateNames(config.host)
  const certificate = await certificateFor(config, names)
  const listeners = openListeners({
    config,
    certificate,
    gate: createGate({ config, hostname: hostname(), page, ...routes, visitors: new Visitors(limits) }),
    websocket: sockets.handlers,
    onAnswer: (status) => metrics.count('http_answers_total', status),
    log,
  })
  const { url, secureUrl, port, securePort } = listeners
  ports.http = port
  ports.https = securePort ?? 0
  const stopWatching = watch(parts, listeners, certificate, names)

  return {
    url,
    port,
    secureUrl,
    securePort,
    async close() {
      stopWatching()
      sockets.drain(COME_BACK_AFTER)
      await listeners.close()
    },
  }
}

/** What answers behind the gate: HTTP requests, and upgrades to sockets. */
function openRoutes(parts: NetworkParts, sockets: Sockets, ports: HttpDeps['ports']) {
  const { config, rooms, engine, metrics } = parts
  const secrets = new ClientSecrets({
    now: () => Date.now(),
    newId: (prefix) => `${prefix}_${randomText(26)}`,
    model: () => engine.status().model,
  })
  const counters = async () => [
    ...metrics.list(),
    ...(await gauges({ rooms, sockets, freeBytes: freeBytes(config.dataDir) })),
  ]
  const http = createHttpApp({ ...parts, ports, secrets, counters })
  const upgrade = createUpgrade({
    ...parts,
    sockets,
    secrets,
    originOf: (url) =>
      originFor(url, config.publicUrl, { pageless: config.whisperlivePort, pages: ports.http }),
    onOpen: (protocol) => metrics.count('connections_total', protocol),
  })
  return { http, upgrade }
}

/** Takes up a certificate whose files were renewed, and our own when the clock says that it is not good (any more); returns how to stop. */
function watch(
  { config, log }: NetworkParts,
  listeners: Listeners,
  current: Certificate | null,
  names: string[],
): () => void {
  if (!current) return () => {}
  let inUse = current
  const given = config.tlsCert !== ''
  return watchCertificate({
    current,
    // Our own is looked at by the clock alone: where its files were moved away, none are made in their way.
    read: async () => {
      if (!given && (isInTime(inUse) || absence(config.dataDir))) return inUse
      return (await certificateFor(config, names)) ?? inUse
    },
    renewed(certificate) {
      inUse = certificate
      listeners.renew(certificate)
    },
    log,
  })
}
