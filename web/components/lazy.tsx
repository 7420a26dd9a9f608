/** A component whose code is loaded when it is first shown; nothing is shown until then. */
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | null = null
  return function Lazy(props: P) {
    const [, refresh] = useState(0)
    useEffect(() => {
      if (known) return
      load().then(
        (component) => {
          known = component
          refresh((count) => count + 1)
        },
        // Not reachable now: the next opening tries again.
        () => {},
      )
    }, [])
    const Known = known
    return Known ? <Known {...props} /> : null
  }
}
