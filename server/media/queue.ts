/** A queue between one writer and one reader, bounded by what its items weigh. */

export interface Queue<T> extends AsyncIterable<T> {
  /** Resolves at once below the limit, else when the reader has caught up. Items after `end` are dropped. */
  push(item: T): Promise<void>
  end(): void
}

export function createQueue<T>(limit: number, weigh: (item: T) => number): Queue<T> {
  const items: T[] = []
  let weight = 0
  let ended = false
  let wakeReader = () => {}
  const wakeWriters: (() => void)[] = []
  const release = () => {
    for (const wake of wakeWriters.splice(0)) wake()
  }
  return {
    push(item) {
      if (ended) return Promise.resolve()
      items.push(item)
      weight += weigh(item)
      wakeReader()
      if (weight <= limit) return Promise.resolve()
      return new Promise((resolve) => {
        wakeWriters.push(resolve)
      })
    },
    end() {
      ended = true
      wakeReader()
      release()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (items.length > 0) {
          const item = items.shift() as T
          weight -= weigh(item)
          if (weight <= limit / 2) release()
          yield item
        }
        if (ended) return
        await new Promise<void>((resolve) => {
          wakeReader = resolve
        })
      }
    },
  }
}
