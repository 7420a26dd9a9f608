/** The control bar of the captions page: appears when somebody moves, hides by itself, always reachable by Tab. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { live } from '../i18n/index.ts'
import { useApp } from '../state/app.ts'
import type { CaptionScreenValue } from '../state/caption-screen.ts'
import { MicIcon, PauseIcon, PlayIcon, TextIcon } from './icons.tsx'
import { LanguageMenu } from './language-menu.tsx'
import { lazy } from './lazy.tsx'

const ReadingPanel = lazy(async () => (await import('./reading-panel.tsx')).ReadingPanel)

export function CaptionControls({
  screen,
  id,
  focused,
}: {
  screen: CaptionScreenValue
  id: string
  /** It was asked for with the keyboard. */
  focused: boolean
}) {
  const { settings } = useApp()
  const t = live.value
  const { captions } = screen
  const paused = captions.paused.value
  const [open, setOpen] = useState(false)
  const ignored = screen.ignored.value
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (focused) bar.current?.querySelector<HTMLElement>('select, button')?.focus()
  }, [])
  return (
    <div ref={bar} class="caption-controls" role="toolbar" aria-label={t.captions.controls}>
      {ignored.length > 0 && <span class="quiet small">{t.captions.ignored(ignored.join(', '))}</span>}
      <LanguageMenu captions={captions} room={screen.room} />
      {paused && (
        <button type="button" class="button primary" onClick={() => captions.resume(true)}>
          {t.reader.toLive}
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={t.reader.smaller}
        onClick={() => settings.smaller()}
      >
        <span class="letter small" aria-hidden="true">
          A
        </span>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t.reader.larger}
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
        aria-label={paused ? t.reader.resume : t.reader.pause}
        onClick={() => (paused ? captions.resume(false) : captions.pause())}
      >
        {paused ? <PlayIcon /> : <PauseIcon />}
      </button>
      <button type="button" class="icon-button" aria-label={t.reader.reading} onClick={() => setOpen(true)}>
        <TextIcon />
      </button>
      <a class="icon-button" href={`/r/${id}`} aria-label={t.reader.speakToo} title={t.reader.speakToo}>
        <MicIcon />
      </a>
      {open && <ReadingPanel onClose={() => setOpen(false)} />}
    </div>
  )
}
