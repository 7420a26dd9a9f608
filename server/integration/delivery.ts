/**
 * Tells neighbours what was said: in order, at least once, across restarts. The session's log is the queue; stored is
 * only how far each neighbour has got. A neighbour that fails or hangs delays nobody but itself.
 */
import type { RoomEnvelope } from '../core/transcript.ts'
import { CallError } from './call.ts'
import { Lanes } from './lanes.ts'
import { nextWait, PATIENT, type RetryRules } from './retry.ts'

export interface Hook {
  id: string
  roomId: string
  url: string
  /** For the signature; shown once, when the hook is made. */
  secret: string
  /** False after it failed for about a day; what it missed waits in the log. */
  active: boolean
  /** Why it was switched off. */
  error: string | null
  createdAt: number
}

export interface Cursor {
  hookId: string
  sessionId: string
  /** Everything up to here was delivered, or concerns nobody. */
  seq: number
  /** Failures of the next delivery so far. */
  attempts: number
  /** Not before this wall-clock time, ms. */
  nextAt: number
}

/** Synchronous: a few rows on the same machine. */
export interface DeliveryStore {
  hooks(roomId: string): Hook[]
  hook(id: string): Hook | null
  saveHook(hook: Hook): void
  deleteHook(id: string): void
  cursor(hookId: string, sessionId: string): Cursor | null
  saveCursor(cursor: Cursor): void
  /** Cursors that are behind their session's log. */
  pending(): Cursor[]
  close(): void
}

/** A kind of neighbour: what of the log it is told, and how. */
export interface Receiver {
  id: string
  /** Of the events after the cursor: how many to deliver together now (their last one included), or 0 to wait for more. */
  plan(events: readonly RoomEnvelope[]): { take: number; send: boolean }
  /** Rejects with CallError. */
  deliver(sessionId: string, events: readonly RoomEnvelope[], signal: AbortSignal): Promise<void>
  /** Given up on: switch it off. */
  gaveUp(reason: string): void
}

export interface DeliveryDeps {
  store: DeliveryStore
  /** Who is to be told of this room now. */
  receivers(roomId: string): Receiver[]
  /** The receiver of a stored cursor, after a restart; null when it is gone or switched off. */
  receiver(hookId: string, sessionId: string): Receiver | null
  eventsSince(sessionId: string, seq: number, limit: number): Promise<RoomEnvelope[]>
  now?: () => number
  random?: () => number
  /** Calls back after ms; returns the cancel (tests). */
  after?: (ms: number, callback: () => void) => () => void
  rules?: RetryRules
}

/** Log entries looked at in one step. */
const PAGE = 100
/** Refusals (4xx) of one and the same delivery before it is passed over. */
const REFUSALS = 5

export interface Deliveries {
  /** A stored event happened. Never throws, never waits. */
  heard(roomId: string, sessionId: string, envelope: RoomEnvelope): void
  /** Take up what a restart interrupted. */
  resume(): void
  /** Nothing on its way (tests). */
  idle(): Promise<void>
  close(): Promise<void>
}

/** When the database does not take what is written about a delivery (another program holds it, the disk is full), it is tried again, ms. */
const AGAIN = 5_000

/** A delivery due later than this was written down before the clock was set back, ms: nobody is kept waiting for so long. */
const LONGEST = 86_400_000

export function createDeliveries(deps: DeliveryDeps): Deliveries {
  return new DeliveryQueue(deps)
}

class DeliveryQueue implements Deliveries {
  readonly #deps: DeliveryDeps
  readonly #now: () => number
  readonly #stop = new AbortController()
  /** One for each receiver and meeting. */
  readonly #lanes: Lanes
  /** Where receivers begin that could not be written down yet: after this number. */
  readonly #unwritten = new Map<string, number>()

  constructor(deps: DeliveryDeps) {
    this.#deps = deps
    this.#now = deps.now ?? Date.now
    this.#lanes = new Lanes(deps.after ?? wait)
  }

  heard(roomId: string, sessionId: string, envelope: RoomEnvelope): void {
    try {
      for (const receiver of this.#deps.receivers(roomId)) this.#tell(receiver.id, sessionId, envelope.seq)
    } catch {
      // The log is the truth: the next event, or the next start, takes it up again.
    }
  }

  resume(): void {
    for (const { hookId, sessionId } of this.#deps.store.pending()) this.#kick(hookId, sessionId)
  }

  idle(): Promise<void> {
    return this.#lanes.idle()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#lanes.close()
  }

  #tell(hookId: string, sessionId: string, seq: number): void {
    const { store, receiver } = this.#deps
    try {
      // The second time it may have been removed or switched off.
      if (!receiver(hookId, sessionId)) return
      if (!store.cursor(hookId, sessionId)) this.#enlist(hookId, sessionId, seq)
      this.#kick(hookId, sessionId)
    } catch {
      this.#lanes.later(keyOf(hookId, sessionId), AGAIN, () => this.#tell(hookId, sessionId, seq))
    }
  }

  /** A receiver's first event of a meeting: from here on it is told everything. Throws while it cannot be written down. */
  #enlist(hookId: string, sessionId: string, seq: number): void {
    const key = keyOf(hookId, sessionId)
    const from = Math.min(seq - 1, this.#unwritten.get(key) ?? seq)
    this.#unwritten.set(key, from)
    this.#deps.store.saveCursor({ hookId, sessionId, seq: from, attempts: 0, nextAt: 0 })
    this.#unwritten.delete(key)
  }

  /** Delivers what is due. */
  #kick(hookId: string, sessionId: string): void {
    this.#lanes.run(keyOf(hookId, sessionId), () =>
      this.#pump(hookId, sessionId).catch(() => this.#kickIn(AGAIN, hookId, sessionId)),
    )
  }

  #kickIn(ms: number, hookId: string, sessionId: string): void {
    this.#lanes.later(keyOf(hookId, sessionId), ms, () => this.#kick(hookId, sessionId))
  }

  async #pump(hookId: string, sessionId: string): Promise<void> {
    const { store, eventsSince } = this.#deps
    // Removed or switched off meanwhile: nothing more is told.
    const receiver = this.#deps.receiver(hookId, sessionId)
    while (receiver) {
      const cursor = store.cursor(hookId, sessionId)
      if (!cursor || this.#stop.signal.aborted) return
      const early = cursor.nextAt - this.#now()
      if (early > 0 && early <= LONGEST) return this.#kickIn(early, hookId, sessionId)
      const events = await eventsSince(sessionId, cursor.seq, PAGE)
      const { take, send } = receiver.plan(events)
      if (take === 0) return
      const last = events[take - 1] as RoomEnvelope
      const done = { ...cursor, seq: last.seq, attempts: 0, nextAt: 0 }
      try {
        if (send) await receiver.deliver(sessionId, events.slice(0, take), this.#stop.signal)
      } catch (thrown) {
        if (this.#stop.signal.aborted || !this.#failed(receiver, cursor, done, thrown)) return
        continue
      }
      store.saveCursor(done)
    }
  }

  /** False = this receiver is given up. */
  #failed(receiver: Receiver, cursor: Cursor, done: Cursor, thrown: unknown): boolean {
    const { store, rules = PATIENT, random } = this.#deps
    const error = thrown instanceof CallError ? thrown : new CallError('internal', true)
    const attempts = cursor.attempts + 1
    if (error.status === 410) {
      receiver.gaveUp('it answered 410 Gone')
      return false
    }
    if (!error.retry && error.status !== null && attempts >= REFUSALS) {
      store.saveCursor(done) // it will never take this one; what follows must not wait for ever
      return true
    }
    const delay = nextWait(attempts, error.after, rules, random)
    if (delay === null) {
      receiver.gaveUp(error.message)
      return false
    }
    store.saveCursor({ ...cursor, attempts, nextAt: this.#now() + delay })
    return true
  }
}

function keyOf(hookId: string, sessionId: string): string {
  return `${hookId} ${sessionId}`
}

function wait(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(ms, 2_000_000_000))
  timer.unref()
  return () => clearTimeout(timer)
}
