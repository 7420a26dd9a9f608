/** Rooms made for one connection each: the meeting ends when the last of its seats is left. Pure bookkeeping. */

interface OwnRoom {
  /** Taken now. */
  seats: number
  /** Any sound has come. */
  heard: boolean
}

export class OwnRooms {
  readonly #rooms = new Map<string, OwnRoom>()

  made(id: string): void {
    this.#rooms.set(id, { seats: 0, heard: false })
  }

  /** What follows means nothing for rooms that were not made for a connection. */
  seated(id: string): void {
    const room = this.#rooms.get(id)
    if (room) room.seats++
  }

  heard(id: string): void {
    const room = this.#rooms.get(id)
    if (room) room.heard = true
  }

  /** A seat is left; true = it was the last: the meeting is to end, then the room to be forgotten. */
  left(id: string): boolean {
    const room = this.#rooms.get(id)
    if (!room) return false
    room.seats--
    return room.seats <= 0
  }

  /** Nobody sits in it. */
  isEmpty(id: string): boolean {
    return this.#rooms.get(id)?.seats === 0
  }

  /** It was made for a client that has not sent any sound: nothing of it is worth keeping. */
  isUnheard(id: string): boolean {
    return this.#rooms.get(id)?.heard === false
  }

  forget(id: string): void {
    this.#rooms.delete(id)
  }
}
