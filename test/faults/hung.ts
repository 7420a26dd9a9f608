/** R51: the disk does not fail, it hangs: whatever writes waits (a frozen ext4, as with a lost network disk or a storage controller that resets). */
import { join } from 'node:path'
import { needsRoot, onExt4, run } from './disk-kit.ts'
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

/** Longer than sockets stay open without a word (websocket.ts, idleTimeout), s. */
const HANGS = 40

export const hungFaults: Fault[] = [
  {
    id: 'R51',
    name: `the disk hangs for ${HANGS} s, then goes on`,
    runs: 1,
    longRuns: 5,
    waits: true,
    missing: () =>
      needsRoot() ??
      (Bun.which('fsfreeze') && Bun.which('mkfs.ext4') ? null : 'needs fsfreeze and mkfs.ext4'),
    run: hung,
  },
]

function hung(seed: number) {
  let drafts = 0
  return onExt4((mount) =>
    holdMeeting({
      seed,
      numbers: 60,
      start: { directory: join(mount, 'data') },
      async disturb({ viewers, random, healed }) {
        await Bun.sleep(1000 + random() * 2000)
        run('fsfreeze', '-f', mount)
        const stops = viewers.map(({ client }) => client.on((event) => event.type === 'draft' && drafts++))
        try {
          await Bun.sleep(HANGS * 1000)
        } finally {
          run('fsfreeze', '-u', mount)
        }
        for (const stop of stops) stop()
        healed()
      },
    }),
  ).then((outcome) => ({
    ...outcome,
    note: outcome.note || `${drafts} drafts reached the screens meanwhile`,
  }))
}
