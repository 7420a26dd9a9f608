/** Keeps a sound context running: browsers start, interrupt and suspend it as they see fit, and some want to be asked again. */

export interface SoundContext extends EventTarget {
  /** Besides the standard's three, Safari has `interrupted` (a call, Siri, another app). */
  readonly state: string
  resume(): Promise<void>
}

export interface SoundPage extends EventTarget {
  readonly hidden: boolean
}

/** What people do that a browser takes as a wish for sound, and the page's coming back. */
const OCCASIONS = ['visibilitychange', 'pointerdown', 'keydown']
/** A context that waits for a gesture never answers its first `resume`: after this long that is told, ms. */
const PATIENCE = 1000

/** Until the returned stopper is called. `told` hears of every change, and of a context that does not start at all. */
export function keepRunning(context: SoundContext, page: SoundPage, told: () => void): () => void {
  const wake = () => {
    const asleep = context.state !== 'running' && context.state !== 'closed'
    // Safari rejects while the interruption lasts; the next occasion asks again.
    if (asleep && !page.hidden) context.resume().catch(() => {})
  }
  const changed = () => {
    told()
    wake()
  }
  context.addEventListener('statechange', changed)
  for (const occasion of OCCASIONS) page.addEventListener(occasion, wake)
  wake()
  const late = setTimeout(() => context.state !== 'running' && told(), PATIENCE)
  return () => {
    clearTimeout(late)
    context.removeEventListener('statechange', changed)
    for (const occasion of OCCASIONS) page.removeEventListener(occasion, wake)
  }
}
