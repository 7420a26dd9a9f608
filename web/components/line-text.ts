/** The text of a line while it is typed: saved at every pause, and when its editor goes. */
import { useEffect, useRef, useState } from 'preact/hooks'

/** Typing pauses this long before it is saved by itself, ms. */
const AUTOSAVE_MS = 800

export const oneLine = (value: string) => value.replace(/\s+/g, ' ')

export interface LineText {
  /** The last saving failed. */
  failed: boolean
  typed(value: string): void
  /** Saves it now; false = it could not be saved. Empty means: as it was. */
  store(value: string): Promise<boolean>
}

export function useLineText(words: string, save: (text: string) => Promise<boolean>): LineText {
  const timer = useRef(0)
  const stored = useRef(words)
  const typed = useRef(words)
  const [failed, setFailed] = useState(false)

  /** What is to be saved; null = nothing has changed. A line is removed by its own action, not by an empty text. */
  const unsaved = (value: string) => {
    const next = oneLine(value).trim()
    return next === '' || next === stored.current ? null : next
  }

  async function store(value: string): Promise<boolean> {
    clearTimeout(timer.current)
    const next = unsaved(value)
    if (next === null) return true
    const done = await save(next)
    if (done) stored.current = next
    setFailed(!done)
    return done
  }

  useEffect(
    () => () => {
      clearTimeout(timer.current)
      // Taken off the page in the middle of typing: nothing of it is lost.
      const next = unsaved(typed.current)
      if (next !== null) void save(next)
    },
    [],
  )

  return {
    failed,
    store,
    typed(value) {
      typed.current = value
      clearTimeout(timer.current)
      timer.current = Number(setTimeout(() => void store(typed.current), AUTOSAVE_MS))
    },
  }
}
