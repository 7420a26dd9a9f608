/** Undo and redo on the keyboard; apart from shortcuts.ts so that the captions page does not carry it. */
import { useEffect } from 'preact/hooks'
import { isTyping, shortcutName } from './shortcuts.ts'

/** Ctrl+Z and Ctrl+Shift+Z (or Ctrl+Y), as everywhere; while somebody types they are the text field's own. */
export function useUndoKeys(undo: () => unknown, redo: () => unknown): void {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event)) return
      if (document.querySelector('dialog[open]')) return
      const key = shortcutName(event).replace('Shift+', '').toLowerCase()
      if (key !== 'z' && key !== 'y') return
      event.preventDefault()
      if (key === 'y' || event.shiftKey) redo()
      else undo()
    }
    addEventListener('keydown', down)
    return () => removeEventListener('keydown', down)
  }, [undo, redo])
}
