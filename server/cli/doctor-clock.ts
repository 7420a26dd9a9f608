/** `parley doctor` about the machine's clock: dates of meetings, days of keeping and sign-ins go by it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import { isUnset, LEAP } from '../core/clock-trust.ts'
import { knownClock } from '../room/retention.ts'
import type { Check } from './doctor-checks.ts'

const DAY = 86_400_000
const SET_IT = 'Set it (timedatectl set-ntp true, or date -s), then start Parley again.'

/** `now`: ms since 1970. */
export const clockCheck =
  (now: () => number = Date.now): Check =>
  async ({ dataDir }) => {
    const what = 'Clock'
    const wall = now()
    const shown = new Date(wall).toISOString().slice(0, 16).replace('T', ' ')
    if (isUnset(wall))
      return {
        what,
        state: 'warning',
        found: `It shows ${shown} (UTC): it was never set. Dates go on from the newest known one.`,
        remedy: SET_IT,
      }
    const seen = await newest(dataDir)
    const ahead = seen === null ? 0 : wall - seen
    if (ahead > LEAP)
      return {
        what,
        state: 'warning',
        found: `It shows ${shown} (UTC), ${Math.round(ahead / DAY)} days after the newest data.`,
        remedy:
          'Right, if Parley was not used for so long. If not, set it within a day of the next start: after that, meetings past their days are removed.',
      }
    if (ahead < -DAY)
      return {
        what,
        state: 'warning',
        found: `It shows ${shown} (UTC), ${Math.round(-ahead / DAY)} days before the newest data.`,
        remedy: SET_IT,
      }
    return { what, state: 'ok', found: `${shown} (UTC)` }
  }

/** The newest time in the data; null = there is none yet. */
async function newest(directory: string): Promise<number | null> {
  if (!existsSync(join(directory, 'parley.db'))) return null
  const store = await openStore({ directory, readOnly: true })
  try {
    return (await knownClock(store))?.seen ?? null
  } finally {
    await store.close()
  }
}
