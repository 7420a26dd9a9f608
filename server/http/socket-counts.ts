/** How many sockets are open, by address and by room, and whether there is room for one more. */
import type { Limits } from '../core/limits.ts'

/** Whom and where a socket counts for. */
export interface Place {
  /** Null = this machine itself: only the total counts. */
  address: string | null
  room?: string | undefined
}

type SocketLimits = Pick<Limits, 'socketsInAll' | 'socketsPerAddress' | 'socketsPerRoom'>

export class SocketCounts {
  readonly #limits: SocketLimits
  #inAll = 0
  readonly #from = new Map<string, number>()
  readonly #in = new Map<string, number>()

  constructor(limits: SocketLimits) {
    this.#limits = limits
  }

  opened(place: Place): void {
    this.#count(place, 1)
  }

  closed(place: Place): void {
    this.#count(place, -1)
  }

  /** Why no more sockets may be opened there, or null. */
  full({ address, room }: Place): { status: 429 | 503; message: string } | null {
    const { socketsInAll, socketsPerAddress, socketsPerRoom } = this.#limits
    const refused = (status: 429 | 503, message: string) => ({ status, message })
    if (this.#inAll >= socketsInAll)
      return refused(503, 'This server has as many connections as it may have.')
    if (address !== null && (this.#from.get(address) ?? 0) >= socketsPerAddress)
      return refused(429, 'Too many connections from your address.')
    if (room && (this.#in.get(room) ?? 0) >= socketsPerRoom)
      return refused(429, 'This room has as many screens as it may have.')
    return null
  }

  #count({ address, room }: Place, change: 1 | -1): void {
    this.#inAll += change
    if (address !== null) add(this.#from, address, change)
    if (room) add(this.#in, room, change)
  }
}

/** Names without sockets are forgotten. */
function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change
  if (count > 0) counts.set(name, count)
  else counts.delete(name)
}
