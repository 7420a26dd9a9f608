/** Jobs that block for a good part of a second (exports of long meetings) run one after the other; between them everybody else is answered. */

export type InTurn = <T>(work: () => T | Promise<T>) => Promise<T>

/** A queue of its own; work begins in the order of the calls. */
export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(breath).then(work)
    last = mine.catch(() => {})
    return mine
  }
}

/** What came in over the network meanwhile has its turn. */
function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
