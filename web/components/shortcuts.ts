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

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>

/** Letters as they are written; where a keyboard has others (Arabic, Greek, Russian), the one in that place. */
function letterOf({ key, code }: Pressed): string | undefined {
  if (/^[a-z]$/i.test(key)) return key
  return /^\p{L}$/u.test(key) ? /^Key([A-Z])$/.exec(code)?.[1] : undefined
}

/** The name under which an event is looked up: letters in lower case, Shift only for letters. */
export function shortcutName(event: Pressed): string {
  const letter = letterOf(event)
  if (letter) return event.shiftKey ? `Shift+${letter.toUpperCase()}` : letter.toLowerCase()
  return event.key === '؟' ? '?' : event.key
}

type Held = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'getModifierState'>

/** A command of the browser's, not a sign: many keyboards write brackets with AltGr, which can look like Ctrl+Alt, or with Alt. */
export function isCommand(event: Held): boolean {
  if (event.getModifierState('AltGraph')) return false
  return event.ctrlKey || event.metaKey || (event.altKey && !/^[[\]]$/.test(event.key))
}

export function useShortcuts(shortcuts: Shortcuts, released: Shortcuts = {}): void {
  const { settings } = useApp()
  useEffect(() => {
    const handle = (table: Shortcuts) => (event: KeyboardEvent) => {
      if (!settings.all.peek().shortcuts || isTyping(event)) return
      if (isCommand(event)) return
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
