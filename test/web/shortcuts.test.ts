/** Names of keys. */
import { expect, test } from 'bun:test'
import { isTyping, shortcutName } from '../../web/components/shortcuts.ts'

test('[WB52] shortcut names', () => {
  expect(shortcutName({ key: 'H', shiftKey: true })).toBe('Shift+H')
  expect(shortcutName({ key: 'H', shiftKey: false })).toBe('h')
  expect(shortcutName({ key: '?', shiftKey: true })).toBe('?')
  expect(shortcutName({ key: 'End', shiftKey: false })).toBe('End')
})

test('[WB129] whoever stands on a box to tick is not typing', () => {
  const at = (tagName: string, type = '') =>
    isTyping({ target: { tagName, type, isContentEditable: false } } as unknown as KeyboardEvent)
  expect([at('INPUT', 'checkbox'), at('BUTTON'), at('DIV')]).toEqual([false, false, false])
  expect([at('INPUT', 'text'), at('INPUT', 'range'), at('TEXTAREA'), at('SELECT')]).toEqual(
    Array(4).fill(true),
  )
})
