/** What was promised about keeping is done: meetings past their days go, and those of rooms that keep nothing go at their end. */
import type { Archive } from '../../db/store.ts'
import { ClockTrust } from '../core/clock-trust.ts'
import type { Session } from '../core/transcript.ts'
import type { Log } from '../log.ts'
import type { Room } from './room.ts'

export interface RetentionDeps {
  store: Pick<Archive, 'expired'>
  /** Removes text, index and audio of a meeting. */
  remove(sessionId: string): Promise<void>
  log: Log
  /** Wall clock, ms since 1970. */
  now?: () => number
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

export function createRetention({
  store,
  remove,
  log,
  now = Date.now,
  running = () => performance.now(),
  every = HOUR,
}: RetentionDeps): Retention {
  const clock = new ClockTrust(now(), running())
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
  const sweep = async () => {
    let removed = 0
    const leap = clock.leap(now(), running())
    if (leap !== null) {
      log.warn('the clock has leapt ahead; no meeting is removed by it for a day', {
        days: Math.round(leap / (24 * HOUR)),
      })
      return removed
    }
    for (const sessionId of await store.expired(now())) {
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
    },
    sweep,
    close: () => clearInterval(timer),
  }
}
