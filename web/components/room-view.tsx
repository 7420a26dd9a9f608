/** The room: what is said, who is here, my microphone, and how I want to read. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import { useApp } from '../state/app.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { Announcer } from './announcer.tsx'
import { Dialog } from './dialog.tsx'
import { nothingFocused } from './focus.ts'
import { lazy } from './lazy.tsx'
import { LiveDock } from './live-dock.tsx'
import { Notices } from './notices.tsx'
import { People } from './people.tsx'
import { readingKeys } from './reading-keys.ts'
import { RoomBanner } from './room-banner.tsx'
import { RoomEmpty } from './room-empty.tsx'
import { RoomHead } from './room-head.tsx'
import { useShortcuts } from './shortcuts.ts'
import { wordsOf } from './state-line.tsx'
import { Transcript } from './transcript.tsx'
import { useWakeLock } from './wake-lock.ts'

const SummarySoFar = lazy(async () => (await import('./summary-so-far.tsx')).SummarySoFar)

const ReadAloud = lazy(async () => (await import('./read-aloud.tsx')).ReadAloud)
const ReadingPanel = lazy(async () => (await import('./reading-panel.tsx')).ReadingPanel)
const RoomSettingsDialog = lazy(async () => (await import('./room-settings.tsx')).RoomSettingsDialog)
const ShareDialog = lazy(async () => (await import('./share-dialog.tsx')).ShareDialog)
const Undelivered = lazy(async () => (await import('./undelivered.tsx')).Undelivered)
const ShortcutsSheet = lazy(async () => (await import('./shortcuts-sheet.tsx')).ShortcutsSheet)

export type RoomDialog = 'people' | 'share' | 'reading' | 'keys' | 'settings' | null

/** Style of the reader's own choosing, as custom properties. */
function readingStyle(settings: { size: number; width: number; lineHeight: number; letterSpacing: number }) {
  return {
    '--caption-size': `${(settings.size / 100) * 1.25}rem`,
    '--caption-width': `${settings.width}ch`,
    '--caption-line': String(settings.lineHeight),
    '--caption-spacing': `${settings.letterSpacing}em`,
  }
}

export function RoomView({ screen }: { screen: RoomScreenValue }) {
  const { settings } = useApp()
  const { room, captions, microphone, place } = screen
  const [dialog, setDialog] = useState<RoomDialog>(null)
  const roomId = screen.id.value
  const line = screen.line.value
  const title = room.title.value || roomId
  const speaking = screen.phase.value === 'speaking'
  useWakeLock(true)
  const main = useRef<HTMLElement>(null)
  // The button that led here is gone; from the transcript on, everything is a Tab away and arrows scroll.
  useEffect(() => {
    if (nothingFocused())
      main.current?.querySelector<HTMLElement>('.transcript')?.focus({ preventScroll: true })
  }, [])

  useEffect(() => {
    const live = line.kind === 'live' || line.kind === 'muted'
    document.title = `${live ? '● ' : ''}${title} · Parley`
  }, [title, line.kind])

  const [talking, setTalking] = useState(false)
  useShortcuts(
    {
      m: () => speaking && screen.toggleMute(),
      ' ': (event) => {
        if (!speaking || event.repeat || !microphone.muted.peek()) return
        setTalking(true)
        screen.setMuted(false)
      },
      o: () => {
        const { session, offRecord } = room.transcript.peek()
        if (room.me.peek()?.role === 'host' && session && session.endedAt === null)
          screen.offTheRecord(offRecord === null)
      },
      ...readingKeys(captions, place, settings),
      '?': () => setDialog('keys'),
    },
    {
      ' ': () => {
        if (!talking) return
        setTalking(false)
        screen.setMuted(true)
      },
    },
  )

  return (
    <div class="room" data-phase={screen.phase.value} style={readingStyle(settings.all.value)}>
      <RoomHead screen={screen} line={line} onDialog={setDialog} />
      <RoomBanner screen={screen} line={line} />
      {screen.undelivered.value && <Undelivered undelivered={screen.undelivered.value} />}
      <main class="room-main" id="main" ref={main}>
        <Transcript
          captions={captions}
          place={place}
          show={settings.all.value.show}
          empty={
            <RoomEmpty
              speaking={speaking}
              caughtUp={room.caughtUp.value}
              onShare={() => setDialog('share')}
            />
          }
        />
        <aside class="room-rail">
          <People screen={screen} />
          {screen.room.abilities.value.summary && <SummarySoFar screen={screen} />}
        </aside>
      </main>
      <LiveDock
        screen={screen}
        onDialog={setDialog}
        onFloat={async () => {
          const { floatCaptions } = await import('./float.tsx')
          await floatCaptions(screen, settings)
        }}
      />
      <Announcer captions={captions} />
      {settings.all.value.readAloud && <ReadAloud captions={captions} />}
      <Notices screen={screen} />
      <div class="visually-hidden" role="status">
        {line.kind === 'live' || line.kind === 'no-sound' || line.kind === 'behind'
          ? ''
          : wordsOf({ ...line, ...('seconds' in line ? { seconds: 0 } : {}) } as typeof line)}
      </div>
      {dialog === 'share' && <ShareDialog screen={screen} title={title} onClose={() => setDialog(null)} />}
      {dialog === 'people' && (
        <Dialog title={text.value.room.people} onClose={() => setDialog(null)}>
          <People screen={screen} />
          {screen.room.abilities.value.summary && <SummarySoFar screen={screen} />}
        </Dialog>
      )}
      {dialog === 'settings' && <RoomSettingsDialog screen={screen} onClose={() => setDialog(null)} />}
      {dialog === 'reading' && <ReadingPanel onClose={() => setDialog(null)} />}
      {dialog === 'keys' && (
        <ShortcutsSheet
          of={!speaking ? 'reader' : room.me.value?.role === 'host' ? 'host' : 'speaker'}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  )
}
