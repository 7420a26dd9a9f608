/** Names of keys. */
import { expect, test } from 'bun:test'
import { shortcutName } from '../../web/components/shortcuts.ts'

test('[WB52] shortcut names', () => {
  expect(shortcutName({ key: 'H', shiftKey: true })).toBe('Shift+H')
  expect(shortcutName({ key: 'H', shiftKey: false })).toBe('h')
  expect(shortcutName({ key: '?', shiftKey: true })).toBe('?')
  expect(shortcutName({ key: 'End', shiftKey: false })).toBe('End')
})
