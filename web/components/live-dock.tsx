/** The bar at the bottom: my microphone on one side, my reading on the other. */

import { useState } from 'preact/hooks'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { DevicePicker } from './device-picker.tsx'
import { Dialog } from './dialog.tsx'
import { IconButton } from './icon-button.tsx'
import { MicIcon, PauseIcon, PlayIcon } from './icons.tsx'
import { CaptionsIcon, FloatIcon, KeyboardIcon, MicOffIcon, MoreIcon } from './icons-more.tsx'
import { LanguageMenu } from './language-menu.tsx'
import { LevelMeter } from './level-meter.tsx'
import { ReadingButtons } from './reading-buttons.tsx'
import type { RoomDialog } from './room-view.tsx'

export function LiveDock({
  screen,
  onDialog,
  onFloat,
}: {
  screen: RoomScreenValue
  onDialog: (dialog: RoomDialog) => void
  onFloat: () => void
}) {
  const t = { ...text.value.room, ...text.value.reader }
  const { captions } = screen
  return (
    <footer class="dock">
      <div class="dock-voice">
        {screen.phase.value === 'speaking' ? (
          <VoiceControls screen={screen} />
        ) : (
          screen.canSpeak.value && <SpeakToo screen={screen} />
        )}
      </div>
      <div class="dock-reading">
        <LanguageMenu captions={captions} room={screen.room} />
        <ReadingButtons captions={captions} onReading={() => onDialog('reading')} />
        <IconButton look="wide-only" label={t.float} onPress={onFloat}>
          <FloatIcon />
        </IconButton>
        <a
          class="icon-button wide-only"
          href={`/c/${screen.id.value}`}
          target="_blank"
          rel="noreferrer"
          aria-label={t.captionsOnly}
          title={t.captionsOnly}
        >
          <CaptionsIcon />
        </a>
        <IconButton
          look="wide-only"
          label={t.shortcuts}
          title={`${t.shortcuts} (?)`}
          onPress={() => onDialog('keys')}
        >
          <KeyboardIcon />
        </IconButton>
      </div>
    </footer>
  )
}

function VoiceControls({ screen }: { screen: RoomScreenValue }) {
  const t = { ...text.value.room, ...text.value.reader }
  const { microphone } = screen
  const [more, setMore] = useState(false)
  const muted = microphone.muted.value
  if (microphone.source.value.kind === 'file') return <PlaybackControls screen={screen} />
  return (
    <>
      <button
        type="button"
        class={muted ? 'mic-button muted' : 'mic-button'}
        aria-pressed={muted}
        title={`${muted ? t.unmute : t.mute} (M)`}
        onClick={() => screen.toggleMute()}
      >
        {muted ? <MicOffIcon size={22} /> : <MicIcon size={22} />}
        <span>{muted ? t.unmute : t.mute}</span>
      </button>
      {!muted && <LevelMeter level={microphone.level.value} verdict={microphone.verdict.value} />}
      <IconButton label={t.more} onPress={() => setMore(true)}>
        <MoreIcon />
      </IconButton>
      {more && (
        <Dialog title={t.changeDevice} onClose={() => setMore(false)}>
          <div class="fields">
            <DevicePicker screen={screen} />
            <LevelMeter level={microphone.level.value} verdict={microphone.verdict.value} />
            <button
              type="button"
              class="button"
              onClick={() => {
                setMore(false)
                void screen.stopSpeaking()
              }}
            >
              {t.leaveTitle}
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}

/** A recording speaks here: held and gone on with, how far it is, and out. */
function PlaybackControls({ screen }: { screen: RoomScreenValue }) {
  const t = { ...text.value.room, ...text.value.reader }
  const { microphone } = screen
  const playing = microphone.playing.value
  const held = playing?.held ?? false
  return (
    <>
      <button
        type="button"
        class={held ? 'mic-button muted' : 'mic-button'}
        disabled={!playing}
        aria-label={`${held ? t.playFile : t.holdFile}: ${playing?.playback.name ?? ''}`}
        onClick={() => microphone.togglePlayback()}
      >
        {held ? <PlayIcon size={22} /> : <PauseIcon size={22} />}
        <span>{held ? t.playFile : t.holdFile}</span>
      </button>
      {playing && (
        <span class="playing">
          <bdi class="playing-name">{playing.playback.name}</bdi>
          <span class="quiet mono">
            {clock(playing.position)}
            {playing.playback.duration > 0 && ` / ${clock(playing.playback.duration)}`}
          </span>
        </span>
      )}
      <button type="button" class="button small" onClick={() => void screen.stopSpeaking()}>
        {t.stopFile}
      </button>
    </>
  )
}

function SpeakToo({ screen }: { screen: RoomScreenValue }) {
  const t = { ...text.value.room, ...text.value.reader }
  return (
    <button type="button" class="button" onClick={() => screen.toLobby()}>
      <MicIcon size={18} />
      {t.speakToo}
    </button>
  )
}
