/** The addresses that open a room. */
import type { LinkRole } from './rights.ts'

/**
 * The reading page or the room's own, on the server at `origin` ('' = a path). The secret stands in the fragment: browsers never
 * send it to a server, a proxy's log or another site.
 */
export function linkTo(origin: string, roomId: string, role: LinkRole, token: string): string {
  return `${origin}/${role === 'view' ? 'c' : 'r'}/${roomId}${token && `#${token}`}`
}
