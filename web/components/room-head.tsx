/** The room's head: what it is called, how it stands, what is kept, and the way out. */

import { useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import type { StateLine } from '../state/state-line.ts'
import { Dialog } from './dialog.tsx'
import { useFocusBack } from './focus.ts'
import { IconButton } from './icon-button.tsx'
import { GearIcon, LockIcon, Logo, OffRecordIcon, PeopleIcon, ShareIcon } from './icons-more.tsx'
import type { RoomDialog } from './room-view.tsx'
import { StateLineView } from './state-line.tsx'
import { ThemeButton } from './theme-button.tsx'
import { TitleForm } from './title-form.tsx'

export function RoomHead({
  screen,
  line,
  onDialog,
}: {
  screen: RoomScreenValue
  line: StateLine
  onDialog: (dialog: RoomDialog) => void
}) {
  const t = text.value
  const { room } = screen
  const [asking, setAsking] = useState(false)
  const host = room.me.value?.role === 'host'
  const offRecord = room.transcript.value.offRecord !== null
  const running = room.transcript.value.session !== null && room.transcript.value.session.endedAt === null
  return (
    <header class="room-head">
      <a class="brand" href="/" aria-label={`${t.common.appName}: ${t.common.home}`}>
        <Logo size={26} />
      </a>
      <RoomTitle screen={screen} host={host} />
      <StateLineView line={line} />
      <div class="room-badges">
        <KeepBadge screen={screen} />
        {room.settings.value?.locked && (
          <span class="locked-badge" title={t.tools.locked}>
            <LockIcon size={16} />
            <span class="visually-hidden">{t.tools.locked}</span>
          </span>
        )}
      </div>
      <div class="room-head-end">
        {host && running && (
          <IconButton
            look="wide-only"
            label={t.tools.offRecord}
            title={`${offRecord ? t.tools.backOn : t.tools.offRecord} (O)`}
            pressed={offRecord}
            onPress={() => screen.offTheRecord(!offRecord)}
          >
            <OffRecordIcon />
          </IconButton>
        )}
        <IconButton look="narrow-only" label={t.room.people} onPress={() => onDialog('people')}>
          <PeopleIcon />
        </IconButton>
        <button type="button" class="button share-button" onClick={() => onDialog('share')}>
          <ShareIcon size={18} />
          <span>{t.room.share}</span>
        </button>
        {host && (
          <IconButton label={t.hostTools.open} onPress={() => onDialog('settings')}>
            <GearIcon />
          </IconButton>
        )}
        {host && running && (
          <button type="button" class="button danger" onClick={() => setAsking(true)}>
            {t.room.end}
          </button>
        )}
        <ThemeButton />
      </div>
      {asking && (
        <Dialog title={t.room.endTitle} onClose={() => setAsking(false)}>
          <p>{t.room.endText}</p>
          <div class="row end">
            <button type="button" class="button" onClick={closeDialog}>
              {t.common.cancel}
            </button>
            <button
              type="button"
              class="button danger solid"
              onClick={(event) => {
                screen.end()
                closeDialog(event)
              }}
            >
              {t.room.endConfirm}
            </button>
          </div>
        </Dialog>
      )}
    </header>
  )
}

/** Closed by the browser, which gives the focus back, and not only taken away. */
function closeDialog({ currentTarget }: Event): void {
  ;(currentTarget as Element).closest('dialog')?.close()
}

function RoomTitle({ screen, host }: { screen: RoomScreenValue; host: boolean }) {
  const [editing, setEditing] = useState(false)
  const back = useFocusBack<HTMLButtonElement>(editing)
  const title = screen.room.title.value || screen.id.value
  if (!host)
    return (
      <h1 class="room-title" dir="auto">
        {title}
      </h1>
    )
  if (!editing)
    return (
      <h1 class="room-title" dir="auto">
        <button type="button" ref={back} title={text.value.room.editTitle} onClick={() => setEditing(true)}>
          {title}
        </button>
      </h1>
    )
  return (
    <TitleForm
      look="room-title"
      title={title}
      onSave={(next) => {
        if (next !== title) screen.decide({ type: 'title', title: next })
      }}
      onClose={() => setEditing(false)}
    />
  )
}

function KeepBadge({ screen }: { screen: RoomScreenValue }) {
  const t = text.value.room
  const keep = screen.room.settings.value?.keep
  if (!keep) return null
  const words = { 'text+audio': t.keepAudio, text: t.keepText, nothing: t.keepNothing }[keep.what]
  return (
    <span class="keep-badge" title={words}>
      {words}
    </span>
  )
}
