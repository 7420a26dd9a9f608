/** Keyboard shortcuts: never while somebody types, never inside a dialog, off on request. */
import { useEffect } from 'preact/hooks'
import { useApp } from '../state/app.ts'

/** Keys as in KeyboardEvent.key, with `Shift+` in front where it matters. */
export type Shortcuts = Record<string, (event: KeyboardEvent) => void>

export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null
  if (event.isComposing || !target) return event.isComposing
  // A box to tick takes no letters; sliders and radio buttons have keys of their own.
  if ((target as HTMLInputElement).type === 'checkbox') return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** The name under which an event is looked up: letters in lower case, Shift only for letters. */
export function shortcutName(event: Pick<KeyboardEvent, 'key' | 'shiftKey'>): string {
  const letter = /^[a-z]$/i.test(event.key)
  return letter ? (event.shiftKey ? `Shift+${event.key.toUpperCase()}` : event.key.toLowerCase()) : event.key
}

export function useShortcuts(shortcuts: Shortcuts, released: Shortcuts = {}): void {
  const { settings } = useApp()
  useEffect(() => {
    const handle = (table: Shortcuts) => (event: KeyboardEvent) => {
      if (!settings.all.peek().shortcuts || isTyping(event)) return
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (document.querySelector('dialog[open]')) return
      const action = table[shortcutName(event)]
      if (!action) return
      // Space presses the focused button; only elsewhere it is a shortcut.
      if (event.key === ' ' && (event.target as Element).closest?.('button, a, summary, input')) return
      event.preventDefault()
      action(event)
    }
    const down = handle(shortcuts)
    const up = handle(released)
    addEventListener('keydown', down)
    addEventListener('keyup', up)
    return () => {
      removeEventListener('keydown', down)
      removeEventListener('keyup', up)
    }
  })
}
