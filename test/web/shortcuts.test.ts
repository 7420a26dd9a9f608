/** Names of keys. */
import { expect, test } from 'bun:test'
import { isCommand, isTyping, shortcutName } from '../../web/components/shortcuts.ts'

test('[WB52] shortcut names', () => {
  expect(shortcutName({ key: 'H', code: 'KeyH', shiftKey: true })).toBe('Shift+H')
  expect(shortcutName({ key: 'H', code: 'KeyH', shiftKey: false })).toBe('h')
  expect(shortcutName({ key: '?', code: 'Slash', shiftKey: true })).toBe('?')
  expect(shortcutName({ key: 'End', code: 'End', shiftKey: false })).toBe('End')
})

test('[WB139] keyboards with other letters, and those that write brackets with AltGr', () => {
  const name = (key: string, code: string, shiftKey = false) => shortcutName({ key, code, shiftKey })
  // Arabic, Russian, Greek, Hebrew.
  expect([name('ة', 'KeyM'), name('Ь', 'KeyM', true), name('η', 'KeyH'), name('פ', 'KeyP')]).toEqual([
    'm',
    'Shift+M',
    'h',
    'p',
  ])
  expect(name('؟', 'Slash', true)).toBe('?')
  // Where the letter is Latin it counts, wherever its key lies: QWERTZ, AZERTY; other signs are themselves.
  expect([name('z', 'KeyY'), name('m', 'Semicolon'), name('ö', 'Semicolon')]).toEqual(['z', 'm', 'ö'])
  const held = (key: string, more: Partial<KeyboardEvent> = {}, graph = false) =>
    isCommand({
      key,
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      getModifierState: (state) => graph && state === 'AltGraph',
      ...more,
    })
  expect(held('[', { ctrlKey: true, altKey: true }, true)).toBe(false) // Windows
  expect([held('[', {}, true), held('[', { altKey: true }), held('m')]).toEqual([false, false, false]) // Linux, macOS
  expect([held('m', { altKey: true }), held('p', { ctrlKey: true }), held(']', { metaKey: true })]).toEqual([
    true,
    true,
    true,
  ])
})

test('[WB129] whoever stands on a box to tick is not typing', () => {
  const at = (tagName: string, type = '') =>
    isTyping({ target: { tagName, type, isContentEditable: false } } as unknown as KeyboardEvent)
  expect([at('INPUT', 'checkbox'), at('BUTTON'), at('DIV')]).toEqual([false, false, false])
  expect([at('INPUT', 'text'), at('INPUT', 'range'), at('TEXTAREA'), at('SELECT')]).toEqual(
    Array(4).fill(true),
  )
})
