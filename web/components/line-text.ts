/** The text of a line while it is typed: saved at every pause, and when its editor goes; never over what others made of it. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Saved } from '../state/review.ts'
import type { UnsavedText } from '../state/unsaved-lines.ts'

/** Typing pauses this long before it is saved by itself, ms. */
const AUTOSAVE_MS = 800

export const oneLine = (value: string) => value.replace(/\s+/g, ' ')

export interface LineText {
  /** What became of the last saving; null = all is well. */
  trouble: 'failed' | 'gone' | 'changed' | null
  /** What somebody else made of the line meanwhile, while it is open which of the two texts stays. */
  theirs: string
  /** The revision that is being edited. */
  rev(): number
  typed(value: string): void
  /** Saves it now; false = it could not be saved, or is not to be before somebody decides. Empty means: as it was. */
  store(value: string): Promise<boolean>
  /** What is typed goes over what somebody else made of it: resolves as `store`. */
  keepMine(): Promise<boolean>
  /** What somebody else made of it stays: what is to be in the box. */
  takeTheirs(): string
}

/** Where the text is kept while nobody knows whether it is stored. */
export interface KeptText {
  /** From an earlier visit; null = there is none. */
  last: UnsavedText | null
  keep(text: UnsavedText): void
  forget(): void
  tell(): void
}

/**
 * `line`: as it is known on this page. `save`: over the revision `rev`.
 * `onOther`: the line is another now, and nothing unsaved was typed: this is to be in the box.
 */
export function useLineText(
  line: { words: string; rev: number },
  save: (text: string, rev: number) => Promise<Saved>,
  kept: KeptText,
  onOther: (words: string) => void,
): LineText {
  const timer = useRef(0)
  const stored = useRef(line.words)
  const typed = useRef(kept.last?.text ?? line.words)
  const rev = useRef(kept.last?.rev ?? line.rev)
  /** What was sent last: the answer may have been lost, and then it comes back as somebody else's. */
  const sent = useRef(kept.last?.sent ?? '')
  const open = useRef<{ text: string; rev: number } | null>(null)
  const queue = useRef<Promise<unknown>>(Promise.resolve())
  const [trouble, setTrouble] = useState<LineText['trouble']>(null)

  /** What is to be saved; null = nothing has changed. A line is removed by its own action, not by an empty text. */
  const unsaved = (value: string) => {
    const next = oneLine(value).trim()
    return next === '' || next === stored.current ? null : next
  }

  async function saveNow(value: string): Promise<boolean> {
    const next = unsaved(value)
    if (next === null) {
      kept.forget()
      return true
    }
    if (open.current) return false
    const lately = sent.current
    sent.current = next
    const saved = await save(next, rev.current)
    if (saved.is === 'stored') {
      stored.current = next
      rev.current = saved.rev
    } else if (saved.is === 'changed' && saved.text === lately) {
      rev.current = saved.rev
      return saveNow(value)
    } else if (saved.is === 'changed') open.current = saved
    if (saved.is === 'stored' || saved.is === 'gone') kept.forget()
    setTrouble(saved.is === 'stored' ? null : saved.is)
    return saved.is === 'stored'
  }

  function store(value: string): Promise<boolean> {
    clearTimeout(timer.current)
    // One after the other: the second goes over what the first has made.
    const done = queue.current.then(() => saveNow(value))
    queue.current = done.catch(() => {})
    return done
  }

  useLayoutEffect(() => {
    if (open.current || unsaved(typed.current) !== null) return
    if (line.words !== stored.current) {
      stored.current = line.words
      typed.current = line.words
      onOther(line.words)
    }
    rev.current = line.rev
  }, [line.words, line.rev])

  /** The editor or the page goes in the middle of typing: saved as ever, and kept until that is known to be done. */
  function leave(): void {
    clearTimeout(timer.current)
    const next = unsaved(typed.current)
    if (next === null) return
    kept.keep({ text: next, rev: rev.current, sent: sent.current })
    void store(next).then((done) => done || kept.tell())
  }

  useEffect(() => {
    if (kept.last) void store(typed.current)
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      leave()
    }
  }, [])

  function decided(): string {
    const { text, rev: now } = open.current ?? { text: stored.current, rev: rev.current }
    open.current = null
    stored.current = text
    rev.current = now
    setTrouble(null)
    return text
  }

  return {
    trouble,
    theirs: open.current?.text ?? '',
    rev: () => rev.current,
    store,
    typed(value) {
      typed.current = value
      clearTimeout(timer.current)
      timer.current = Number(setTimeout(() => void store(typed.current), AUTOSAVE_MS))
    },
    keepMine() {
      decided()
      return store(typed.current)
    },
    takeTheirs() {
      clearTimeout(timer.current)
      typed.current = decided()
      kept.forget()
      return typed.current
    },
  }
}
