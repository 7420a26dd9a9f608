/** What the captions page has and a stream's overlay does without: how things stand, keys, and a screen that stays on. */
import { useApp } from '../state/app.ts'
import type { CaptionScreenValue } from '../state/caption-screen.ts'
import { readingKeys } from './reading-keys.ts'
import { useShortcuts } from './shortcuts.ts'
import { StateLineView } from './state-line.tsx'
import { useWakeLock } from './wake-lock.ts'

export function CaptionExtras({ screen }: { screen: CaptionScreenValue }) {
  const { settings } = useApp()
  const { captions, place } = screen
  useWakeLock(true)
  useShortcuts(readingKeys(captions, place, settings))
  return (
    <div class="captions-state">
      <StateLineView line={screen.line.value} />
    </div>
  )
}
