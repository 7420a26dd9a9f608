/** PlaceModel: the reader's bookmark in flowing text: a word that stays marked while everything moves on. */
import { createModel, type ReadonlySignal, signal } from '@preact/signals'
import type { Line } from './captions.ts'

export interface Place {
  lineId: string
  /** Key of the word within the line. */
  key: number
}

export const PlaceModel = createModel((lines: ReadonlySignal<readonly Line[]>) => {
  const place = signal<Place | null>(null)
  /** Grows with every request to scroll to the mark. */
  const visits = signal(0)
  return {
    place,
    visits,
    /** Marks a word, or takes the mark away when it is the marked one. */
    mark(next: Place) {
      const now = place.peek()
      place.value = now && now.lineId === next.lineId && now.key === next.key ? null : next
    },
    /** Marks the newest settled word: “I have read up to here”. */
    markNewest() {
      for (const line of lines.peek().toReversed()) {
        const word = line.words[line.settled - 1]
        if (!word) continue
        place.value = { lineId: line.id, key: word.key }
        return
      }
    },
    visit() {
      if (place.peek()) visits.value++
    },
  }
})

export type PlaceModelValue = InstanceType<typeof PlaceModel>
