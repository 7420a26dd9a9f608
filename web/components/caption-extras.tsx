/** What the captions page has and a stream's overlay does without: keys, and a screen that stays on. */
import { useApp } from '../state/app.ts'
import type { CaptionScreenValue } from '../state/caption-screen.ts'
import { useShortcuts } from './shortcuts.ts'
import { useWakeLock } from './wake-lock.ts'

export function CaptionExtras({ screen }: { screen: CaptionScreenValue }) {
  const { settings } = useApp()
  const { captions, place } = screen
  useWakeLock(true)
  useShortcuts({
    h: () => place.markNewest(),
    'Shift+H': () => place.visit(),
    p: () => (captions.paused.peek() ? captions.resume(false) : captions.pause()),
    End: () => {
      captions.resume(true)
      dispatchEvent(new Event('parley-live'))
    },
    '+': () => settings.larger(),
    '=': () => settings.larger(),
    '-': () => settings.smaller(),
    f: () =>
      void (document.fullscreenElement
        ? document.exitFullscreen()
        : document.documentElement.requestFullscreen()),
  })
  return null
}
