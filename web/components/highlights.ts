/** Marks in text without touching the DOM: CSS Custom Highlights over ranges; nothing where the browser has none. */
import { useEffect } from 'preact/hooks'

export interface TextRange {
  node: Text
  from: number
  to: number
}

export function setHighlight(name: string, ranges: readonly TextRange[]): void {
  if (typeof CSS === 'undefined' || !CSS.highlights) return
  const made: Range[] = []
  for (const { node, from, to } of ranges) {
    if (!node.isConnected || to > node.length) continue
    const range = document.createRange()
    range.setStart(node, from)
    range.setEnd(node, to)
    made.push(range)
  }
  if (made.length > 0) CSS.highlights.set(name, new Highlight(...made))
  else CSS.highlights.delete(name)
}

/** Removes the page's marks when it is left. */
export function useHighlightCleanup(names: readonly string[]): void {
  useEffect(
    () => () => {
      for (const name of names) setHighlight(name, [])
    },
    [],
  )
}

/** The text node of an utterance on the page, or null while it is being edited. */
export function textNodeOf(utteranceId: string): Text | null {
  const node = document.getElementById(`u-${utteranceId}`)?.firstChild
  return node instanceof Text ? node : null
}

/** Offset in the text under the pointer, or null. */
export function caretAt(x: number, y: number): { node: Node; offset: number } | null {
  const position = document.caretPositionFromPoint?.(x, y)
  if (position) return { node: position.offsetNode, offset: position.offset }
  const range = (
    document as { caretRangeFromPoint?(x: number, y: number): Range | null }
  ).caretRangeFromPoint?.(x, y)
  return range ? { node: range.startContainer, offset: range.startOffset } : null
}
