/** The control bar of the captions page: appears when somebody moves, hides by itself, always reachable by Tab. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { live } from '../i18n/index.ts'
import type { CaptionScreenValue } from '../state/caption-screen.ts'
import { MicIcon } from './icons.tsx'
import { LanguageMenu } from './language-menu.tsx'
import { lazy } from './lazy.tsx'
import { ReadingButtons } from './reading-buttons.tsx'

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
      <ReadingButtons captions={captions} onReading={() => setOpen(true)} />
      <a class="icon-button" href={`/r/${id}`} aria-label={t.reader.speakToo} title={t.reader.speakToo}>
        <MicIcon />
      </a>
      {open && <ReadingPanel onClose={() => setOpen(false)} />}
    </div>
  )
}
