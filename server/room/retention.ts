/** Keeps the promise about keeping: removes meetings past their days, and at their end those of rooms that keep nothing. */
import type { Archive } from '../../db/store.ts'
import { type ClockRecord, ClockTrust } from '../core/clock-trust.ts'
import type { Session } from '../core/transcript.ts'
import type { Log } from '../log.ts'
import type { Room } from './room.ts'
import type { WallClock } from './wall-clock.ts'

export interface RetentionDeps {
  store: Pick<Archive, 'expired' | 'session' | 'setKeepDays' | 'setting' | 'setSetting'>
  /** Removes text, index and audio of a meeting. */
  remove(sessionId: string): Promise<void>
  log: Log
  clock: WallClock
  /** Ms that only run forward while this process does. */
  running?: () => number
  /** Ms between looks. */
  every?: number
}

export interface Retention {
  sessionEnded(session: Session, room: Room): void
  /** Look now; resolves with how many meetings were removed. */
  sweep(): Promise<number>
  close(): void
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What earlier starts know of the clock. */
export interface KnownClock extends ClockRecord {
  /** Meetings that ended while the clock had never been set: their days are counted anew when it is. */
  unset: string[]
}

const CLOCK = 'clock'

/** Null = nothing is stored yet. From data of an older Parley: its newest meeting. */
export async function knownClock(store: Pick<Archive, 'setting' | 'sessions'>): Promise<KnownClock | null> {
  const known = (await store.setting(CLOCK)) as KnownClock | null
  if (known) return known
  const [newest] = await store.sessions({ limit: 1 })
  return newest ? { seen: newest.endedAt ?? newest.startedAt, doubted: null, unset: [] } : null
}

export function createRetention(deps: RetentionDeps, known: KnownClock | null = null): Retention {
  const { store, remove, log, clock, running = () => performance.now(), every = HOUR } = deps
  const trust = new ClockTrust(clock.now(), running(), known)
  const unset = new Set(known?.unset)
  const remember = () => store.setSetting(CLOCK, { ...trust.record, unset: [...unset] })
  const removeLogged = async (sessionId: string, reason: string): Promise<boolean> => {
    try {
      await remove(sessionId)
      log.info('meeting removed', { session: sessionId, reason })
      return true
    } catch (cause) {
      // The next look tries again.
      log.error('meeting not removed', { session: sessionId, reason }, cause)
      return false
    }
  }
  /** The clock was set at last: what ended before that is so much younger than its date says. */
  const keepLonger = async (by: number) => {
    for (const sessionId of unset) {
      const { expiresAt = null, endedAt = null } = (await store.session(sessionId)) ?? {}
      if (expiresAt !== null && endedAt !== null)
        await store.setKeepDays(sessionId, Math.ceil((expiresAt - endedAt + by) / DAY))
      unset.delete(sessionId)
    }
  }
  const sweep = async () => {
    let removed = 0
    const now = clock.now()
    const leap = trust.leap(now, running())
    if (leap !== null && !clock.unset()) await keepLonger(leap)
    await remember()
    if (leap !== null) {
      log.warn('the clock has leapt ahead; no meeting is removed by it for a day', {
        days: Math.round(leap / DAY),
      })
      return removed
    }
    for (const sessionId of await store.expired(now)) {
      if (await removeLogged(sessionId, 'retention')) removed++
    }
    return removed
  }
  const look = () => void sweep().catch((cause) => log.error('retention', {}, cause))
  const timer = setInterval(look, every)
  timer.unref()
  look()
  return {
    sessionEnded(session, room) {
      if (room.settings.keep.what === 'nothing') void removeLogged(session.id, 'nothing is kept')
      else if (clock.unset()) {
        unset.add(session.id)
        remember().catch((cause) => log.error('retention', {}, cause))
      }
    },
    sweep,
    close: () => clearInterval(timer),
  }
}
