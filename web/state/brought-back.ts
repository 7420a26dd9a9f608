/**
 * Browsers bring a page back just as it was left, from memory, without asking anybody (the back/forward cache). So the
 * owner's pages are hidden when they are left, and shown again when their server says that this is still the owner.
 */

/** Returns how to stop. */
export function hideWhileAway(): () => void {
  const { style } = document.documentElement
  const left = ({ persisted }: PageTransitionEvent) => {
    if (persisted) style.visibility = 'hidden'
  }
  const back = async ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return
    if (await isOwner().catch(() => false)) style.visibility = ''
    else location.reload()
  }
  addEventListener('pagehide', left)
  addEventListener('pageshow', back)
  return () => {
    removeEventListener('pagehide', left)
    removeEventListener('pageshow', back)
  }
}

/** Asked without the rest of the client, which every page would have to load in a piece of its own. */
async function isOwner(): Promise<boolean> {
  return (await (await fetch('/api/account')).json()).owner
}
