/** The reader's own buttons: smaller, larger, hold the text, how it looks. */
import { live } from '../i18n/index.ts'
import { useApp } from '../state/app.ts'
import type { CaptionsModelValue } from '../state/captions.ts'
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
      <button
        type="button"
        class="icon-button"
        aria-label={t.smaller}
        title={`${t.smaller} (−)`}
        onClick={() => settings.smaller()}
      >
        <span class="letter small" aria-hidden="true">
          A
        </span>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t.larger}
        title={`${t.larger} (+)`}
        onClick={() => settings.larger()}
      >
        <span class="letter" aria-hidden="true">
          A
        </span>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-pressed={paused}
        aria-label={pause}
        title={`${pause} (P)`}
        onClick={() => (paused ? captions.resume(false) : captions.pause())}
      >
        {paused ? <PlayIcon /> : <PauseIcon />}
      </button>
      <button type="button" class="icon-button" aria-label={t.reading} title={t.reading} onClick={onReading}>
        <TextIcon />
      </button>
    </>
  )
}
