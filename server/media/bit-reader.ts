/** Bits of a packet, most significant first. */

export interface BitReader {
  /** The next `count` bits, at most 32; throws at the end of the packet. */
  read(count: number): number
  advance(count: number): void
  /** To the next whole byte. */
  align(): void
}

export function createBitReader(bytes: Uint8Array): BitReader {
  let at = 0
  return {
    read(count) {
      if (at + count > bytes.length * 8) throw new Error('frame too short')
      let value = 0
      for (let left = count; left > 0; ) {
        const used = at & 7
        const take = Math.min(8 - used, left)
        value = (value << take) | (((bytes[at >> 3] as number) >> (8 - used - take)) & ((1 << take) - 1))
        at += take
        left -= take
      }
      return value
    },
    advance(count) {
      at += count
    },
    align() {
      at = (at + 7) & ~7
    },
  }
}
