/** Who may call what, carried out: the route's rule (rules.ts) against what the caller came with. */
import type { Archive } from '../../db/store.ts'
import type { Access, Caller } from '../access/access.ts'
import { AppError } from '../core/error.ts'
import { hasScope, isOwner, roomRights } from '../core/rights.ts'
import type { ruleFor } from './rules.ts'

export const PAGE_NEEDS_KEY =
  'A page of another site needs a key of this server: “parley keys add” makes one, Authorization: Bearer KEY or ?token=KEY shows it.'
export const WITHDRAWN = 'This link or key was withdrawn. Ask for a new one.'
const NEEDS = {
  viewer: 'This room opens with its link. Ask whoever invited you for it.',
  host: 'This needs the host’s link of the room, or the owner’s sign-in.',
  owner: 'This needs the owner: sign in, or send an API key as a Bearer token (“parley keys add” makes one).',
}
const NOT_THIS = {
  viewer: 'What you came with does not open this room.',
  host: 'What you came with does not let you do that: it needs the host’s link, or a key made for it.',
  owner: 'What you came with does not let you do that: it needs the owner, or a key made for it.',
}

/** A program's owner reads this in its log, and needs to know which key to make. */
function lacks(scope: string): string {
  return `This key lacks the right '${scope}'. Make one that has it: parley keys add NAME --scope ${scope}`
}

export interface Demanded {
  /** Undefined = the route has none, so nobody may call it. */
  rule: ReturnType<typeof ruleFor>
  caller: Caller
  /** The route's pattern, and the id in it: of a room or of a meeting. */
  route: string
  id: string | undefined
}

/** Rejects with AppError unless the caller may. */
export function createPermission(access: Access, store: Pick<Archive, 'session'>) {
  const roomOf = async (route: string, id = '') =>
    route.startsWith('/api/rooms/') ? id : ((await store.session(id))?.roomId ?? null)

  return async ({ rule, caller, route, id }: Demanded): Promise<void> => {
    if (!rule) throw new AppError('forbidden', 'Nobody may call this.')
    if (rule.who === 'anyone') return
    const grants = access.grants(caller)
    if (isOwner(grants) || (rule.scope && hasScope(grants, rule.scope))) return
    const roomId = rule.who === 'owner' ? null : await roomOf(route, id)
    if (roomId !== null && roomRights(grants, roomId)[rule.who === 'host' ? 'host' : 'view']) return
    if (access.withdrawn(caller)) throw new AppError('withdrawn', WITHDRAWN)
    const key = grants.some(({ kind }) => kind === 'key')
    if (key && rule.scope) throw new AppError('forbidden', lacks(rule.scope))
    if (caller.foreignPage) throw new AppError('forbidden', PAGE_NEEDS_KEY)
    if (grants.length > 0) throw new AppError('forbidden', NOT_THIS[rule.who])
    throw new AppError('unauthorized', NEEDS[rule.who])
  }
}
