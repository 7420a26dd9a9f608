/** Where the focus goes when the element that had it disappears: the browser would leave it nowhere. */
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

export function nothingFocused(): boolean {
  return document.activeElement === null || document.activeElement === document.body
}

/** For the button that is replaced by a field while `editing`: gets the focus back afterwards, unless it went elsewhere. */
export function useFocusBack<T extends HTMLElement>(editing: boolean): RefObject<T | null> {
  const back = useRef<T>(null)
  const was = useRef(editing)
  useEffect(() => {
    if (was.current && !editing && nothingFocused()) back.current?.focus()
    was.current = editing
  }, [editing])
  return back
}

/** Gets the focus when it appears, if nothing has it. */
export function useFocusIfLost<T extends HTMLElement>(wanted = true): RefObject<T | null> {
  const ref = useRef<T>(null)
  useEffect(() => {
    if (wanted && nothingFocused()) ref.current?.focus({ preventScroll: true })
  }, [])
  return ref
}
