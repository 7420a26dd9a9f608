/** The reader's own buttons: smaller, larger, hold the text, how it looks. */

import { live } from '../i18n/index.ts'
import { useApp } from '../state/app.ts'
import type { CaptionsModelValue } from '../state/captions.ts'
import { IconButton } from './icon-button.tsx'
import { PauseIcon, PlayIcon, TextIcon } from './icons.tsx'

export function ReadingButtons({
  captions,
  onReading,
}: {
  captions: CaptionsModelValue
  onReading: () => void
}) {
  const { settings } = useApp()
  const t = live.value.reader
  const paused = captions.paused.value
  const pause = paused ? t.resume : t.pause
  return (
    <>
      <IconButton label={t.smaller} title={`${t.smaller} (−)`} onPress={() => settings.smaller()}>
        <span class="letter small" aria-hidden="true">
          A
        </span>
      </IconButton>
      <IconButton label={t.larger} title={`${t.larger} (+)`} onPress={() => settings.larger()}>
        <span class="letter" aria-hidden="true">
          A
        </span>
      </IconButton>
      <IconButton
        label={pause}
        title={`${pause} (P)`}
        pressed={paused}
        onPress={() => (paused ? captions.resume(false) : captions.pause())}
      >
        {paused ? <PlayIcon /> : <PauseIcon />}
      </IconButton>
      <IconButton label={t.reading} onPress={onReading}>
        <TextIcon />
      </IconButton>
    </>
  )
}
