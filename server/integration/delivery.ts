/**
 * Tells neighbours what was said: in order, at least once, across restarts. The session's log is the queue; stored is
 * only how far each neighbour has got. A neighbour that fails or hangs delays nobody but itself.
 */
import type { RoomEnvelope } from '../core/transcript.ts'
import { CallError } from './call.ts'
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
  const { store, now = Date.now, rules = PATIENT } = deps
  const after = deps.after ?? wait
  const stop = new AbortController()
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>()
  const timers = new Map<string, () => void>()
  /** Where receivers begin that could not be written down yet: after this number. */
  const unwritten = new Map<string, number>()

  const kick = (receiver: Receiver, sessionId: string) => {
    const key = `${receiver.id} ${sessionId}`
    if (stop.signal.aborted) return
    if (running.has(key)) {
      again.add(key)
      return
    }
    timers.get(key)?.()
    timers.delete(key)
    const step = pump(receiver, sessionId, key)
      .catch(() => later(key, AGAIN, () => ifThere(receiver.id, sessionId, kick)))
      .finally(() => {
        running.delete(key)
        // Asked anew: it may have been switched off or changed meanwhile.
        const fresh = again.delete(key) ? deps.receiver(receiver.id, sessionId) : null
        if (fresh) kick(fresh, sessionId)
      })
    running.set(key, step)
  }

  const later = (key: string, ms: number, run: () => void) => {
    timers.get(key)?.()
    if (!stop.signal.aborted) timers.set(key, after(ms, run))
  }

  /** It may have been removed or switched off meanwhile. */
  const ifThere = (id: string, sessionId: string, act: (receiver: Receiver, sessionId: string) => void) => {
    const receiver = deps.receiver(id, sessionId)
    if (receiver) act(receiver, sessionId)
  }

  /** A receiver's first event of a meeting: from here on it is told everything. Throws while it cannot be written down. */
  const enlist = (receiver: Receiver, sessionId: string, key: string, seq: number) => {
    const from = Math.min(seq - 1, unwritten.get(key) ?? seq)
    unwritten.set(key, from)
    store.saveCursor({ hookId: receiver.id, sessionId, seq: from, attempts: 0, nextAt: 0 })
    unwritten.delete(key)
  }

  const tell = (receiver: Receiver, sessionId: string, seq: number) => {
    const key = `${receiver.id} ${sessionId}`
    try {
      if (!store.cursor(receiver.id, sessionId)) enlist(receiver, sessionId, key, seq)
      kick(receiver, sessionId)
    } catch {
      later(key, AGAIN, () => ifThere(receiver.id, sessionId, () => tell(receiver, sessionId, seq)))
    }
  }

  const pump = async (receiver: Receiver, sessionId: string, key: string) => {
    for (;;) {
      const cursor = store.cursor(receiver.id, sessionId)
      if (!cursor || stop.signal.aborted) return
      const early = cursor.nextAt - now()
      if (early > 0 && early <= LONGEST) {
        return later(key, early, () => kick(receiver, sessionId))
      }
      const events = await deps.eventsSince(sessionId, cursor.seq, PAGE)
      const { take, send } = receiver.plan(events)
      if (take === 0) return
      const last = events[take - 1] as RoomEnvelope
      const done = { ...cursor, seq: last.seq, attempts: 0, nextAt: 0 }
      if (!send) {
        store.saveCursor(done)
        continue
      }
      try {
        await receiver.deliver(sessionId, events.slice(0, take), stop.signal)
        store.saveCursor(done)
      } catch (thrown) {
        if (stop.signal.aborted) return
        if (!failed(receiver, cursor, done, thrown)) return
      }
    }
  }

  /** False = this receiver is given up. */
  const failed = (receiver: Receiver, cursor: Cursor, done: Cursor, thrown: unknown): boolean => {
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
    const delay = nextWait(attempts, error.after, rules, deps.random)
    if (delay === null) {
      receiver.gaveUp(error.message)
      return false
    }
    store.saveCursor({ ...cursor, attempts, nextAt: now() + delay })
    return true
  }

  return {
    heard(roomId, sessionId, envelope) {
      try {
        for (const receiver of deps.receivers(roomId)) tell(receiver, sessionId, envelope.seq)
      } catch {
        // The log is the truth: the next event, or the next start, takes it up again.
      }
    },
    resume() {
      for (const { hookId, sessionId } of store.pending()) {
        const receiver = deps.receiver(hookId, sessionId)
        if (receiver) kick(receiver, sessionId)
      }
    },
    async idle() {
      while (running.size > 0) await Promise.all(running.values())
    },
    async close() {
      stop.abort()
      for (const cancel of timers.values()) cancel()
      await Promise.all(running.values())
    },
  }
}

function wait(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(ms, 2_000_000_000))
  timer.unref()
  return () => clearTimeout(timer)
}
