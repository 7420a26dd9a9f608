/** The control bar of the captions page: appears when somebody moves, hides by itself, always reachable by Tab. */
import type { ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import { text } from '../i18n/index.ts'
import { useApp } from '../state/app.ts'
import type { CaptionScreenValue } from '../state/caption-screen.ts'
import { MicIcon, PauseIcon, PlayIcon, TextIcon } from './icons.tsx'

export function CaptionControls({ screen, id }: { screen: CaptionScreenValue; id: string }) {
  const { settings } = useApp()
  const t = text.value
  const { captions } = screen
  const paused = captions.paused.value
  const [Panel, setPanel] = useState<ComponentType<{ onClose: () => void }> | null>(null)
  const ignored = screen.ignored.value
  return (
    <div class="caption-controls" role="toolbar" aria-label={t.captions.controls}>
      {ignored.length > 0 && <span class="quiet small">{t.captions.ignored(ignored.join(', '))}</span>}
      {paused && (
        <button type="button" class="button primary" onClick={() => captions.resume(true)}>
          {t.room.toLive}
        </button>
      )}
      <button type="button" class="icon-button" aria-label={t.room.smaller} onClick={() => settings.smaller()}>
        <span class="letter small" aria-hidden="true">
          A
        </span>
      </button>
      <button type="button" class="icon-button" aria-label={t.room.larger} onClick={() => settings.larger()}>
        <span class="letter" aria-hidden="true">
          A
        </span>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-pressed={paused}
        aria-label={paused ? t.room.resume : t.room.pause}
        onClick={() => (paused ? captions.resume(false) : captions.pause())}
      >
        {paused ? <PlayIcon /> : <PauseIcon />}
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t.room.reading}
        onClick={async () => {
          const { ReadingPanel } = await import('./reading-panel.tsx')
          setPanel(() => ReadingPanel)
        }}
      >
        <TextIcon />
      </button>
      <a class="icon-button" href={`/r/${id}`} aria-label={t.room.speakToo} title={t.room.speakToo}>
        <MicIcon />
      </a>
      {Panel && <Panel onClose={() => setPanel(null)} />}
    </div>
  )
}
