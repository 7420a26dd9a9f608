/** What needs an answer right now: ended, taken over, a lost device, a paused reading. */
import { useEffect, useState } from 'preact/hooks'
import { problemText } from '../i18n/problem.ts'
import { text } from '../i18n/text.ts'
import type { ServerInfo } from '../net/api-types.ts'
import { roomApi } from '../net/room-api.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import type { StateLine } from '../state/state-line.ts'
import { ProblemCard } from './problem-card.tsx'
import { secureAddress } from './secure-address.ts'

export function RoomBanner({ screen, line }: { screen: RoomScreenValue; line: StateLine }) {
  const t = text.value
  const { room, captions, microphone } = screen
  const [server, setServer] = useState<ServerInfo | null>(null)
  const mic = microphone.state.value
  const failed = screen.phase.value === 'speaking' && mic.kind === 'failed' ? mic.problem : null
  useEffect(() => {
    if (failed === 'insecure') roomApi.info().then(setServer, () => {})
  }, [failed])

  if (line.kind === 'ended') {
    const session = room.transcript.value.session
    return (
      <div class="banner" role="status">
        <strong>{t.room.ended}</strong>
        {session && (
          <a class="button" href={`/s/${session.id}`}>
            {t.room.seeTranscript}
          </a>
        )}
      </div>
    )
  }
  if (line.kind === 'queued')
    return (
      <div class="banner" role="status">
        <strong>{t.access.queued(line.place)}</strong>
        <button type="button" class="button" onClick={() => void screen.stopSpeaking()}>
          {t.join.watch}
        </button>
      </div>
    )
  if (line.kind === 'refused')
    return (
      <div class="banner warn" role="alert">
        <strong>
          {line.reason === 'taken-over'
            ? t.room.takenOver
            : line.reason === 'withdrawn'
              ? t.state.withdrawn
              : room.error.value
                ? problemText(room.error.value)
                : t.state.other}
        </strong>
        <div class="row">
          {line.reason === 'taken-over' && (
            <button type="button" class="button" onClick={() => screen.speak(false)}>
              {t.room.takeBack}
            </button>
          )}
          {line.reason !== 'withdrawn' && (
            <button type="button" class="button" onClick={() => screen.watch()}>
              {t.join.watch}
            </button>
          )}
        </div>
      </div>
    )
  if (failed)
    return (
      <div class="banner plain">
        <ProblemCard
          problem={failed}
          secureUrl={secureAddress(server)}
          onRetry={() => void microphone.start()}
        />
      </div>
    )
  const { offRecord } = room.transcript.value
  if (offRecord && line.kind === 'off-the-record')
    return (
      <div class="banner warn" role="status">
        <div>
          <strong>{t.state.offRecord}</strong>{' '}
          <span>{microphone.withheld.value ? t.tools.offHint : t.tools.offListening}</span>
        </div>
        {room.me.value?.role === 'host' && (
          <button type="button" class="button" onClick={() => screen.offTheRecord(false)}>
            {t.tools.backOn}
          </button>
        )}
      </div>
    )
  if (screen.silenced.value && screen.phase.value === 'speaking')
    return (
      <div class="banner warn" role="alert">
        <strong>{t.tools.youAreMuted}</strong>
        <button type="button" class="button" onClick={() => screen.toggleMute()}>
          {t.room.unmute}
        </button>
      </div>
    )
  if (screen.playedFile.value && screen.phase.value === 'watching')
    return (
      <div class="banner" role="status">
        <strong>{t.room.filePlayed(screen.playedFile.value)}</strong>
        <div class="row">
          <button type="button" class="button" onClick={() => screen.toLobby()}>
            {t.room.anotherFile}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              screen.playedFile.value = ''
            }}
          >
            {t.common.close}
          </button>
        </div>
      </div>
    )
  if (captions.paused.value || captions.behind.value > 1)
    return (
      <div class="banner" role="status">
        <strong>{captions.paused.value ? t.reader.paused : t.reader.behind(captions.behind.value)}</strong>
        <div class="row">
          {captions.paused.value && (
            <button type="button" class="button" onClick={() => captions.resume(false)}>
              {t.room.catchUp}
            </button>
          )}
          <button type="button" class="button primary" onClick={() => captions.resume(true)}>
            {t.reader.toLive}
          </button>
        </div>
      </div>
    )
  if (room.error.value && line.kind !== 'reconnecting')
    return (
      <div class="banner warn" role="alert">
        <span>{problemText(room.error.value)}</span>
        <button type="button" class="button" onClick={() => room.dismissError()}>
          {t.common.close}
        </button>
      </div>
    )
  return null
}
