/** DeletionModel: meetings are hidden at once and really deleted ten seconds later, unless they are called back. */
import { createModel, signal } from '@preact/signals'
import type { Later } from '../later.ts'

export interface DeletionPorts {
  remove(id: string): Promise<unknown>
  later: Later
}

const UNDO_SECONDS = 10

export interface Doomed {
  meetings: readonly { id: string; title: string }[]
  seconds: number
}

export const DeletionModel = createModel((ports: DeletionPorts) => {
  const doomed = signal<Doomed | null>(null)
  /** Ids that are gone, so that lists can leave them out before they are loaded again. */
  const gone = signal<ReadonlySet<string>>(new Set())
  const failed = signal(false)
  let callOff = () => {}

  async function carryOut(): Promise<void> {
    const now = doomed.peek()
    callOff()
    if (!now) return
    doomed.value = null
    await Promise.all(
      now.meetings.map(async ({ id }) => {
        try {
          await ports.remove(id)
        } catch {
          failed.value = true
          back([id])
        }
      }),
    )
  }

  function back(ids: readonly string[]): void {
    gone.value = new Set([...gone.peek()].filter((id) => !ids.includes(id)))
  }

  function tick(): void {
    const now = doomed.peek()
    if (!now) return
    if (now.seconds <= 1) return void carryOut()
    doomed.value = { ...now, seconds: now.seconds - 1 }
    callOff = ports.later(tick, 1_000)
  }

  return {
    doomed,
    gone,
    failed,
    /** Only one deletion can be called back at a time: a second one carries out the first. */
    begin(meetings: Doomed['meetings']) {
      if (meetings.length === 0) return
      void carryOut()
      failed.value = false
      gone.value = new Set([...gone.peek(), ...meetings.map(({ id }) => id)])
      doomed.value = { meetings, seconds: UNDO_SECONDS }
      callOff = ports.later(tick, 1_000)
    },
    undo() {
      const now = doomed.peek()
      callOff()
      doomed.value = null
      if (now) back(now.meetings.map(({ id }) => id))
    },
    /** The page is closing: what was asked for is done now. */
    flush() {
      void carryOut()
    },
  }
})
