/** The reader's keys, the same in a room and on the captions page (docs/captions.md). */
import type { CaptionsModelValue } from '../state/captions.ts'
import type { PlaceModelValue } from '../state/place.ts'
import type { SettingsModelValue } from '../state/settings.ts'
import type { Shortcuts } from './shortcuts.ts'

export function readingKeys(
  captions: CaptionsModelValue,
  place: PlaceModelValue,
  settings: SettingsModelValue,
): Shortcuts {
  return {
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
  }
}
